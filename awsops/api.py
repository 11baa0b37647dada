"""What plugin authors import, and nothing else.

A plugin is a module named after its noun; its docstring's first line is the noun's help:

    \"\"\"Look into SQS queues and redrive dead-letter queues.\"\"\"
    from awsops.api import Annotated, Argument, Aws, command

    @command()
    def ls(aws: Aws) -> Iterator[Queue]: ...

docs/plugins.md is the author's guide.
"""

from typing import Annotated

from awsops.active import Identity
from awsops.aws import Aws
from awsops.errors import (
    AwsopsError,
    CancelledError,
    CredentialsError,
    DefectError,
    ExitCode,
    NotFoundError,
    PartialError,
    PendingError,
    PluginLoadError,
    UsageError,
)
from awsops.events import Bars, Change, Document, Handover, Line, Note, Plan, Progress, Secret
from awsops.host import Host
from awsops.library import Said, run_command
from awsops.local_choices import complete_profiles, complete_regions
from awsops.plugin import Argument, Choice, Option, command
from awsops.records import RecordError, RunRecord
from awsops.running.tasks import Outcome
from awsops.targets import Target

__all__ = [
    "Annotated",
    "Argument",
    "Aws",
    "AwsopsError",
    "Bars",
    "CancelledError",
    "Change",
    "Choice",
    "CredentialsError",
    "DefectError",
    "Document",
    "ExitCode",
    "Handover",
    "Host",
    "Identity",
    "Line",
    "NotFoundError",
    "Note",
    "Option",
    "Outcome",
    "PartialError",
    "PendingError",
    "Plan",
    "PluginLoadError",
    "Progress",
    "RecordError",
    "RunRecord",
    "Said",
    "Secret",
    "Target",
    "UsageError",
    "command",
    "complete_profiles",
    "complete_regions",
    "run_command",
]
