"""Queries, buckets and runs that an argument may name."""

from __future__ import annotations

from collections.abc import Iterator

from awsops.api import Aws, Choice
from awsops.local_choices import resumable

from .saved import find_saved
from .stopping import going


def complete_running(aws: Aws) -> Iterator[Choice]:
    """The queries that run now, with their text."""
    for query in going(aws.client("logs")):
        yield Choice(query.query, " ".join(query.text.split()))


def complete_buckets(aws: Aws) -> Iterator[Choice]:
    """The buckets of the account; which region each is in is not asked."""
    for bucket in aws.client("s3").list_buckets().get("Buckets", ()):
        yield Choice(str(bucket["Name"]), f"made {bucket['CreationDate']:%Y-%m-%d}")


def complete_parameters(aws: Aws, text: str) -> Iterator[Choice]:
    """NAME= of each parameter of the saved query."""
    if text.startswith("@"):
        for name in find_saved(aws.client("logs"), text[1:]).params:
            yield Choice(f"{name}=")


def complete_exports(aws: Aws) -> Iterator[Choice]:
    """The exports of this account and region that can be gone on with."""
    ending = f"-{aws.identity().account}-{aws.region}"
    yield from resumable(aws.env.folders.state / "logs-export", ending)
