"""Log in to ECR everywhere, push images once and know that they are there."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.api import Annotated, Argument, Aws, command

from .borrowed_names import sweep
from .choices import complete_repositories
from .copying import copy as copy
from .image_commands import images_ as images_
from .image_commands import prune as prune
from .login_commands import login as login
from .login_commands import token as token
from .policies import lifecycle as lifecycle
from .policies import policy as policy
from .push_command import findings_ as findings_
from .push_command import push_ as push_
from .repositories import Repository, list_repositories


@command()
def ls(
    aws: Aws,
    pattern: Annotated[
        str, Argument(help="Names to show, as a glob.", complete=complete_repositories)
    ] = "*",
) -> Iterator[Repository]:
    """List the repositories of the registry."""
    sweep(aws.env)
    yield from list_repositories(aws.client("ecr"), pattern)
