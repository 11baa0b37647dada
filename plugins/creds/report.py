"""The command `creds report`: every password and key of an account, and what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsops.api import Annotated, Aws, Option, PendingError, Progress, command
from awsops.service_errors import is_passing
from awsops.units import parse_duration

DAY = 86_400
# IAM makes a report at most every four hours and gives the last one until then (IAM user guide,
# "Get credential reports"); the making takes seconds.
PATIENCE = 120.0
POLL = 2.0
_NOTHING = ("", "N/A", "not_supported", "no_information")

StaleOption = Annotated[
    str, Option(help="A credential is stale when unused for so long.", metavar="DURATION")
]
FindingsOption = Annotated[bool, Option(help="Only what something is wrong with.")]


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential of one user. Ages are days; `last_used_days` None: never, or not known."""

    user: str
    kind: str
    active: bool
    mfa: bool
    age_days: int | None
    last_used_days: int | None
    finding: str | None


@command(calls=["iam:GenerateCredentialReport"])
def report(
    aws: Aws, stale: StaleOption = "90d", findings: FindingsOption = False
) -> Iterator[Credential | Progress]:
    """List the passwords and keys of an account, how old they are and which are stale."""
    iam = aws.client("iam")
    yield from _generate(aws, iam)
    content: bytes = iam.get_credential_report()["Content"]
    limit = parse_duration(stale) / DAY
    now = datetime.fromtimestamp(aws.clock(), UTC)
    for line in csv.DictReader(io.StringIO(content.decode("utf-8"))):
        for credential in credentials_of(line, now, limit):
            if credential.finding or not findings:
                yield credential


def credentials_of(
    line: Mapping[str, str], now: datetime, stale_days: float
) -> Iterator[Credential]:
    """The password and keys of one line of the report."""
    user, mfa = line["user"], line.get("mfa_active") == "true"
    root = user == "<root_account>"
    if line.get("password_enabled") == "true" or root:
        changed = line.get("password_last_changed", "")
        if changed in _NOTHING:  # as for the root user
            changed = line.get("user_creation_time", "")
        age, used = _days(changed, now), _days(line.get("password_last_used"), now)
        finding = "no MFA" if not mfa else _stale(age, used, stale_days)
        yield Credential(user, "password", True, mfa, age, used, finding)
    for number in ("1", "2"):
        active = line.get(f"access_key_{number}_active") == "true"
        age = _days(line.get(f"access_key_{number}_last_rotated"), now)
        if age is None and not active:
            continue
        used = _days(line.get(f"access_key_{number}_last_used_date"), now)
        finding = None
        if active:
            finding = "key of the root user" if root else _stale(age, used, stale_days)
        yield Credential(user, f"key {number}", active, mfa, age, used, finding)


def _generate(aws: Aws, iam: Any) -> Iterator[Progress]:
    until = aws.clock() + PATIENCE
    while not _is_made(iam, patient=aws.clock() < until):
        if aws.clock() > until or aws.cancelled.is_set():
            raise PendingError(
                "IAM is still making the credential report", hint="run it again in a minute"
            )
        yield Progress(0, None, "", "waiting for the credential report")
        aws.sleep(POLL)


def _is_made(iam: Any, *, patient: bool) -> bool:
    """Whether the report is there; a throttle only means: not yet."""
    try:
        return bool(iam.generate_credential_report()["State"] == "COMPLETE")
    except Exception as error:
        if patient and is_passing(error):
            return False
        raise


def _stale(age: int | None, used: int | None, limit: float) -> str | None:
    if used is None:
        return f"never used in {age} days" if age is not None and age > limit else None
    if used > limit:
        return f"unused for {used} days"
    if age is not None and age > limit:
        return f"not rotated for {age} days"
    return None


def _days(text: str | None, now: datetime) -> int | None:
    if text is None or text in _NOTHING:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return max(0, (now - moment.replace(tzinfo=moment.tzinfo or UTC)).days)
