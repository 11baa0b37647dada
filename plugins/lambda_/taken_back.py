"""What was taken back stays so: a rollback that is typed twice, by one person or by two, must lead
neither forward to the version that went wrong nor past the one that is well.

An alias does not tell where it comes from. The note written here does, by the alias's revision:
while nobody has changed the alias since, it is where a rollback put it. Where that was done
elsewhere, the record of a shift tells, or CloudTrail, which is some minutes late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awsops.api import Aws, AwsopsError, RecordError, RunRecord

from .names import AliasRef
from .routing import AliasState, Route

KEEP_SECONDS = 30 * 86_400.0


@contextmanager
def noted(
    aws: Aws, before: AliasState, target: Route, was: str = ""
) -> Iterator[Callable[[AliasState], None]]:
    """Note that an alias is taken back, from `was` if that is not where it is: on disk before the
    call; what is yielded is told how the alias stands after it.

    Forward is not back: an undone rollback leaves no note. Nor does a disk that is full, for which
    the way back does not wait.
    """
    record = (
        None if _newer(target.version, before.route.version) else _begin(aws, before, target, was)
    )

    def made(after: AliasState) -> None:
        if record is not None:
            with suppress(RecordError):
                record.rewrite((), {**record.header, "revision": after.revision})

    try:
        yield made
    finally:
        if record is not None:
            record.close(finished=False)


def _begin(aws: Aws, before: AliasState, target: Route, was: str) -> RunRecord | None:
    header = {
        "to": target.version,
        "was": was or str(before.route),
        "from": before.revision,
        "revision": None,
        "at": aws.clock(),
    }
    name = _name(aws, before.ref)
    try:
        return RunRecord.begin(_folder(aws), name, header, keep_seconds=KEEP_SECONDS)
    except AwsopsError:
        return None


def _newer(one: str, other: str) -> bool:
    """Versions are numbered upwards."""
    return one.isdigit() and other.isdigit() and int(one) > int(other)


def known_here(aws: Aws, state: AliasState) -> str | None:
    """How the alias was taken back to where it is now, or None when this machine did not do it or
    somebody has changed it since."""
    name = _name(aws, state.ref)
    if name not in RunRecord.known(_folder(aws)):
        return None
    note = RunRecord.peek(_folder(aws), name)
    # A note without its revision is of a process that was killed: had its call not been made, the
    # alias would still have the revision from before.
    ours = state.revision == note["revision"] or (
        note["revision"] is None and state.revision != note["from"]
    )
    if not ours or not state.route.same_as(Route(str(note["to"]))):
        return None
    at = datetime.fromtimestamp(round(float(note["at"])), UTC)
    return f"from {note['was']} at {at:%Y-%m-%dT%H:%M:%SZ}"


def by_trail(events: Sequence[Mapping[str, Any]], present: str) -> tuple[str | None, str | None]:
    """From CloudTrail's events of an alias, newest first: the version before the present one, or
    how it was taken back to it; neither when the events do not tell.

    A version before with a higher number is what was left behind.
    """
    for event in events:
        asked = event.get("requestParameters") or {}
        version = str(asked.get("functionVersion") or "")
        routing = asked.get("routingConfig") or {}
        weights = {v: w for v, w in (routing.get("additionalVersionWeights") or {}).items() if w}
        if version == present and weights:  # which it has no more
            return None, f"from {Route(version, weights)}"
        if not version or version == present:
            continue
        if _newer(version, present):
            return None, f"from version {version}"
        return version, None
    return None, None


def _folder(aws: Aws) -> Path:
    return aws.env.folders.state / "lambda-taken-back"


def _name(aws: Aws, ref: AliasRef) -> str:
    return f"{aws.identity().account}.{aws.region}.{ref.function}.{ref.alias}"
