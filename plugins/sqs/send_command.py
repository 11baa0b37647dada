"""`sqs send`: a message as an argument, a file or stdin, or a file of many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Note,
    Option,
    Plan,
    UsageError,
    command,
)
from awsops.given_files import read_given

from .arguments import (
    QueueArgument,
    find_queue,
)
from .queues import read_facts
from .sending import Draft, Sent, check_draft, read_attributes, read_delay, send_draft
from .sending_many import describe_many, read_drafts, send_many


@command(mutates=True)
def send(
    aws: Aws,
    queue: QueueArgument,
    body: Annotated[
        str | None, Argument(help="The body; without it and --body-file, all of stdin.")
    ] = None,
    body_file: Annotated[Path | None, Option(help="Read the body from a file, as it is.")] = None,
    attribute: Annotated[
        list[str],
        Option(
            help="name=value, name:Number=5 or name:Binary=BASE64; may be repeated.",
            metavar="NAME=VALUE",
        ),
    ] = [],  # noqa: B006 - the kernel hands over a list of its own
    group_id: Annotated[
        str | None, Option(help="Message group; FIFO queues need one.", metavar="ID")
    ] = None,
    dedup_id: Annotated[
        str | None, Option(help="Deduplication id, for FIFO queues.", metavar="ID")
    ] = None,
    delay: Annotated[
        str | None,
        Option(help="Hide it at first, 0s to 15m; not for FIFO queues.", metavar="DURATION"),
    ] = None,
    many: Annotated[
        Path | None,
        Option(
            help='Send each line of this file, like {"body": ..., "group_id": ...}; - is stdin.'
        ),
    ] = None,
) -> Iterator[Plan | Sent | Note]:
    """Send a message, attributes and all, or a file of them."""
    sqs = aws.client("sqs")
    if many is not None:
        if body or body_file or attribute or group_id or dedup_id or delay:
            raise UsageError("with --many, everything of a message stands in its line")
        facts = read_facts(sqs, find_queue(aws, queue))
        drafts = read_drafts(_read_file(aws, many), facts)
        yield describe_many(facts, drafts)
        yield from send_many(sqs, facts, drafts, sleep=aws.sleep, stopped=aws.cancelled.is_set)
        return
    draft = Draft(
        body=_read_body(aws, body, body_file),
        attributes=read_attributes(attribute),
        group_id=group_id,
        dedup_id=dedup_id,
        delay=read_delay(delay),
    )
    facts = read_facts(sqs, find_queue(aws, queue))
    check_draft(draft, facts)
    yield draft.plan(facts)
    yield send_draft(sqs, facts, draft)


def _read_file(aws: Aws, path: Path) -> str:
    if str(path) == "-":
        return aws.env.read_stdin()
    return read_given(path, "--many")


def _read_body(aws: Aws, body: str | None, body_file: Path | None) -> str:
    if body is not None and body_file is not None:
        raise UsageError("give the body as an argument or with --body-file, not both")
    if body is not None:
        return body
    if body_file is not None:
        return read_given(body_file, "--body-file")
    if aws.env.stdin_tty:
        raise UsageError("there is no body", hint="give it as an argument, --body-file or stdin")
    return aws.env.read_stdin()
