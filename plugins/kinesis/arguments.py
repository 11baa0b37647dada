"""The arguments that several kinesis commands share."""

from __future__ import annotations

from awsops.api import Annotated, Argument, Aws, Option

from .choices import complete_runs
from .decisions import ENGINES
from .describing import Words
from .streams import complete_streams

StreamArgument = Annotated[str, Argument(help="Stream name or ARN.", complete=complete_streams)]
ResumeOption = Annotated[
    str | None,
    Option(help="Go on with an interrupted run.", complete=complete_runs, metavar="RUN"),
]
EngineOption = Annotated[
    str,
    Option(
        help="UpdateShardCount makes equal ranges, 10 calls in 24 h; auto takes it where it can "
        "and says why not.",
        choices=ENGINES,
    ),
]


def words_of(aws: Aws, stream: str) -> Words:
    """How command lines name a stream and this target."""
    import shlex

    return Words(shlex.quote(stream), shlex.join(aws.target_options()))
