"""Many messages from a file of JSON lines, all of them checked before the first is sent."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from awsops.errors import AwsopsError, CancelledError, PartialError, UsageError
from awsops.events import Change, Note, Plan

from .batches import Outcome, run_batch
from .client import SqsClient
from .messages import BATCH
from .packing import SEND_BATCH_BYTES
from .planning import counted
from .queues import QueueFacts
from .sending import Draft, Sent, check_draft, read_delay

_FIELDS = ("body", "attributes", "group_id", "dedup_id", "delay")


def read_drafts(text: str, queue: QueueFacts) -> list[Draft]:
    """A draft a line, as `{"body": ..., "attributes": {...}, "group_id": ..., "dedup_id": ...,
    "delay": "30s"}`; a body that is not text is sent as JSON. UsageError names the line."""
    drafts = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            draft = _draft(json.loads(line))
            check_draft(draft, queue)
        except UsageError as error:
            raise UsageError(f"line {number}: {error.message}", hint=error.hint) from error
        except (ValueError, TypeError) as error:
            raise UsageError(f"line {number} is not a message: {error}") from error
        drafts.append(draft)
    return drafts


def describe_many(queue: QueueFacts, drafts: Sequence[Draft]) -> Plan:
    """The Plan: one change for all of them, with their size in bytes."""
    if not drafts:
        return Plan((), "there is nothing to send")
    size = sum(draft.size() for draft in drafts)
    return Plan(
        (
            Change(
                "send",
                queue.ref.name,
                f"{counted(len(drafts))}, {size:,} bytes",
                irreversible=True,
                why_no_undo="a consumer may take them at once",
            ),
        )
    )


def send_many(
    sqs: SqsClient,
    queue: QueueFacts,
    drafts: Sequence[Draft],
    *,
    sleep: Callable[[float], None],
    stopped: Callable[[], bool],
) -> Iterator[Sent | Note]:
    """Send them in order, in batches; a row for each that SQS accepted.

    A refusal ends it after its batch: PartialError (AwsopsError when none was accepted) says how
    many lines are left.
    """
    done = 0
    outcome = Outcome()
    for batch in _batches(drafts):
        if stopped():
            break
        outcome = Outcome()
        entries = [{"Id": str(n), **_entry(draft)} for n, draft in enumerate(batch)]
        try:
            run_batch(
                lambda rest: sqs.send_message_batch(QueueUrl=queue.ref.url, Entries=rest),
                entries,
                outcome,
                sleep=sleep,
                stopping=stopped,
            )
        finally:
            for number in sorted(outcome.done, key=int):
                answer = outcome.done[number]
                done += 1
                yield Sent(
                    message_id=str(answer["MessageId"]),
                    queue=queue.ref.name,
                    md5=str(answer["MD5OfMessageBody"]),
                    sequence_number=answer.get("SequenceNumber"),
                )
        if outcome.failed:
            break
    if stopped():
        raise CancelledError(f"stopped: {done:,} of {counted(len(drafts))} were sent")
    if done < len(drafts):
        why = "; ".join(sorted({str(failure) for failure in outcome.failed.values()}))
        kind = PartialError if done else AwsopsError
        raise kind(
            f"{done:,} of {counted(len(drafts))} were sent to {queue.ref.name}"
            + (f": {why}" if why else "")
        )


def _draft(line: Any) -> Draft:
    if not isinstance(line, dict) or "body" not in line:
        raise UsageError("it has no body", hint='a line is like {"body": "...", "group_id": "g"}')
    unknown = sorted(set(line) - set(_FIELDS))
    if unknown:
        raise UsageError(f"unknown: {', '.join(unknown)}", hint=f"known: {', '.join(_FIELDS)}")
    body = line["body"]
    if not isinstance(body, str):
        body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Draft(
        body=body,
        attributes={n: _attribute(n, v) for n, v in (line.get("attributes") or {}).items()},
        group_id=line.get("group_id"),
        dedup_id=line.get("dedup_id"),
        delay=read_delay(line.get("delay")),
    )


def _attribute(name: str, value: Any) -> dict[str, Any]:
    """Text, a number, or `{"type": "Binary", "value": BASE64}`."""
    kind = "String"
    if isinstance(value, dict):
        kind, value = str(value.get("type", "String")), value.get("value")
    if isinstance(value, bool) or value is None or value == "":
        raise UsageError(f"attribute {name} is neither text nor a number")
    if kind.partition(".")[0] == "Binary":
        try:
            return {"DataType": kind, "BinaryValue": base64.b64decode(str(value), validate=True)}
        except binascii.Error as error:
            raise UsageError(f"attribute {name} is not base64: {error}") from error
    if isinstance(value, int | float) and kind == "String":
        kind = "Number"
    return {"DataType": kind, "StringValue": str(value)}


def _batches(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    batch: list[Draft] = []
    groups: set[str] = set()
    room = SEND_BATCH_BYTES
    for draft in drafts:
        # Two of a group in one batch: the first may fail and the second be accepted before it.
        behind = draft.group_id in groups
        if batch and (len(batch) == BATCH or draft.size() > room or behind):
            yield batch
            batch, groups, room = [], set(), SEND_BATCH_BYTES
        batch.append(draft)
        groups.update([draft.group_id] if draft.group_id else [])
        room -= draft.size()
    if batch:
        yield batch


def _entry(draft: Draft) -> dict[str, Any]:
    entry: dict[str, Any] = {"MessageBody": draft.body}
    if draft.attributes:
        entry["MessageAttributes"] = draft.attributes
    if draft.group_id:
        entry["MessageGroupId"] = draft.group_id
    if draft.dedup_id:
        entry["MessageDeduplicationId"] = draft.dedup_id
    if draft.delay is not None:
        entry["DelaySeconds"] = draft.delay
    return entry
