"""The AWS files and every profile in them: can it sign, whose is it, does the clock agree."""

from __future__ import annotations

import fnmatch
import os
import queue
import shlex
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal

from awsops.api import Aws, AwsopsError, Host, NotFoundError, Target
from awsops.botocore_errors import from_exception
from awsops.service_errors import is_unanswered
from awsops.sign_in_hint import name_profile
from awsops.suggesting import did_you_mean

from .findings import Finding, Status, error, ok, short, warning
from .reaching import Doors

# Profiles asked at a time, and how long the slowest may take: the doctor does not wait on and on.
WORKERS = 64
PATIENCE_SECONDS = 8.0
# Once one has answered the network is there: the others get so long, or so many times as long as
# the slowest that has answered.
LEAST_PATIENCE_SECONDS, TIMES_THE_SLOWEST = 2.0, 5
# While none has, hosts that take connections and then say nothing get so long after the last of
# them did: TLS and a call take four round trips.
QUIET_SECONDS, QUIET_ROUND_TRIPS = 2.0, 6
LOOK_SECONDS = 0.2  # how often it is looked whether one more has taken a connection
# What starts a program or asks a portal first takes a time of its own.
_TAKES_LONG = ("credential_process", "sso_session", "sso_start_url", "login_session")
# To be signed in again is nothing that is wrong with the profile.
_SIGNED_OUT = (
    "SSOTokenLoad",
    "UnauthorizedSSOToken",
    "TokenRetrieval",
    "Expired",
    "RequestExpired",
)
# A signature is good for five minutes either way (IAM user guide, "AWS Signature Version 4").
MOST_SKEW_SECONDS = 300
NOTED_SKEW_SECONDS = 30
_FALLBACK_REGION = "us-east-1"
_MOST_HOPS = 10


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of asking one profile who it is; `skew` is seconds that our clock is ahead.

    `network` is None where nothing was sent: its credentials did not come so far.
    """

    finding: Finding
    skew: float | None = None
    network: Literal["answered", "unreached"] | None = None


def check_files(environ: Mapping[str, str]) -> Iterator[Finding]:
    """The two files, and who else may read the secrets in them."""
    for area, variable, default in (
        ("aws config", "AWS_CONFIG_FILE", "~/.aws/config"),
        ("aws credentials", "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ):
        path = Path(os.path.expanduser(environ.get(variable) or default))
        yield _file(area, path, secret=variable != "AWS_CONFIG_FILE")


def _file(area: str, path: Path, *, secret: bool) -> Finding:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return ok(area, f"{short(path)} does not exist")
    except OSError as problem:
        return error(
            area, f"{short(path)}: {problem.strerror}", f"check the mode and owner of {path}"
        )
    if not os.access(path, os.R_OK):
        return error(area, f"{short(path)} cannot be read", f"check the mode and owner of {path}")
    if secret and os.name == "posix" and mode & 0o077:
        return warning(
            area,
            f"{short(path)} may be read by others ({mode:04o})",
            f"chmod 600 {shlex.quote(str(path))}",
        )
    return ok(area, f"{short(path)} ({mode:04o})")


def check_profiles(
    host: Host, patterns: Sequence[str], *, offline: bool
) -> Callable[[], Iterator[Finding]]:
    """Begin to ask every profile that matches; what is returned waits for the answers.

    NotFoundError when none matches.
    """
    try:
        profiles = host.profiles()
    except Exception as problem:
        known = _known(problem)
        broken = error("profiles", known.message, known.hint or "mend the AWS files")
        return lambda: iter((broken,))
    chosen = {n: s for n, s in profiles.items() if _wanted(n, patterns)}
    if patterns and not chosen:
        raise NotFoundError(
            f"no profile matches {' or '.join(patterns)}",
            hint=did_you_mean(patterns[0], profiles) or "awsops doctor looks at all of them",
        )
    if not profiles:
        nobody = warning("profiles", "there is none", "aws configure, or awsops sandbox start")
        return lambda: iter((nobody,))
    if offline:
        listed = ok("profiles", f"{len(chosen)}, not tried: {', '.join(chosen)}")
        return lambda: iter((listed,))
    asked = [name for name in chosen if not _asks_for_a_code(name, profiles)]
    collect = _visit_all(host, asked, profiles)
    return lambda: _told(chosen, collect())


def _told(chosen: Iterable[str], visits: Mapping[str, Visit]) -> Iterator[Finding]:
    """A line for each profile, then what all the answers together say of clock and network."""
    for name in chosen:
        if name in visits:
            yield visits[name].finding
        else:
            yield ok(f"profile {name}", "asks for an MFA code when it is used: not tried")
    yield from _together(list(visits.values()))


def _wanted(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _asks_for_a_code(name: str, profiles: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a role in its chain needs MFA: the doctor asks nobody for anything."""
    chain = (profiles.get(at, {}) for at in _chain(name, profiles))
    return any(settings.get("role_arn") and settings.get("mfa_serial") for settings in chain)


def _visit_all(
    host: Host, names: Sequence[str], profiles: Mapping[str, Mapping[str, Any]]
) -> Callable[[], dict[str, Visit]]:
    """All at once; what is returned waits for them. One that does not answer in time is a finding
    of its own.
    """
    doors = Doors(host.env.environ, host.env.monotonic)
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[str, Visit, float]] = queue.SimpleQueue()
    for name in names:
        waiting.put(name)

    def work() -> None:
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return
            visit = _visit(host, name, profiles, doors)
            answers.put((name, visit, host.env.monotonic()))

    for number in range(min(WORKERS, len(names))):
        # Daemons: a call that hangs must not keep the process.
        threading.Thread(target=work, name=f"doctor-{number}", daemon=True).start()
    began = host.env.monotonic()
    return lambda: _collected(host, names, profiles, answers, doors, began)


def _collected(
    host: Host,
    names: Sequence[str],
    profiles: Mapping[str, Mapping[str, Any]],
    answers: queue.SimpleQueue[tuple[str, Visit, float]],
    doors: Doors,
    began: float,
) -> dict[str, Visit]:
    found: dict[str, Visit] = {}
    patience = None
    slow = {name for name in names if _takes_long(name, profiles)}
    while len(found) < len(names):
        until = began + (patience or PATIENCE_SECONDS)
        if slow - found.keys():
            until = began + PATIENCE_SECONDS
        elif patience is None:
            until = min(until, _quiet_until(doors, until))
        left = until - host.env.monotonic()
        if left <= 0:
            break
        try:
            name, visit, at = answers.get(timeout=min(left, LOOK_SECONDS))
        except queue.Empty:
            continue
        found[name] = visit
        if visit.network == "answered":
            least = max(LEAST_PATIENCE_SECONDS, TIMES_THE_SLOWEST * (at - began))
            patience = min(PATIENCE_SECONDS, least)
    waited = host.env.monotonic() - began
    return {name: found.get(name) or _silent(name, waited) for name in names}


def _quiet_until(doors: Doors, otherwise: float) -> float:
    if doors.opened_at is None:
        return otherwise
    return doors.opened_at + QUIET_SECONDS + QUIET_ROUND_TRIPS * doors.round_trip


def _takes_long(name: str, profiles: Mapping[str, Mapping[str, Any]]) -> bool:
    return any(key in profiles.get(at, {}) for at in _chain(name, profiles) for key in _TAKES_LONG)


def _chain(name: str, profiles: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A profile and those that it takes its credentials from, one after the other."""
    for _ in range(_MOST_HOPS):
        yield name
        source = profiles.get(name, {}).get("source_profile")
        if not source or source == name:
            return
        name = source


def _silent(name: str, waited: float) -> Visit:
    found = warning(
        f"profile {name}",
        f"no answer within {waited:.0f} s",
        f"awsops creds whoami -p {shlex.quote(name)} -v",
    )
    return Visit(found, network="unreached")


def _visit(host: Host, name: str, profiles: Mapping[str, Mapping[str, Any]], doors: Doors) -> Visit:
    area = f"profile {name}"
    region = profiles[name].get("region") or host.env.environ.get("AWS_REGION")
    target = Target(profile=name, region=str(region or _FALLBACK_REGION))
    try:
        answer = host.ask(target, lambda aws: _identity(aws, doors))
    except Exception as problem:
        return _failed(host, target, profiles, problem)
    who = f"{answer['Account']} {_who(answer['Arn'])}"
    skew = _skew_of(host, answer)
    if not region:
        quoted = shlex.quote(name)
        told = warning(
            area, f"{who}, no region", f"aws configure set region REGION --profile {quoted}"
        )
        return Visit(told, skew, "answered")
    return Visit(ok(area, f"{who}, {region}"), skew, "answered")


def _identity(aws: Aws, doors: Doors) -> Mapping[str, Any]:
    aws.credential_info()  # where there are none, no network is to blame
    sts = aws.client("sts")
    doors.knock(sts.meta.endpoint_url)
    answer: Mapping[str, Any] = sts.get_caller_identity()
    return answer


def _failed(
    host: Host, target: Target, profiles: Mapping[str, Mapping[str, Any]], problem: Exception
) -> Visit:
    known = name_profile(_known(problem), target, lambda name: profiles.get(name or "", {}))
    step = known.hint or f"awsops creds whoami -p {shlex.quote(target.name)} -v"
    make = warning if known.code.startswith(_SIGNED_OUT) else error
    network: Literal["answered", "unreached"] | None = None
    if "Error" in (getattr(problem, "response", None) or {}):
        network = "answered"
    elif known.code == "Unreached" or is_unanswered(problem):
        network = "unreached"
    found = make(f"profile {target.name}", known.message, step)
    return Visit(found, _skew(host, problem), network)


def _who(arn: str) -> str:
    """`user/nora`, or `role ops` for a session of it: the account stands beside it."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    return f"role {name.partition('/')[0]}" if kind == "assumed-role" else f"{kind}/{name}"


def _known(problem: Exception) -> AwsopsError:
    known = from_exception(problem)
    return known or AwsopsError(f"{type(problem).__name__}: {problem}")


def _skew(host: Host, problem: Exception) -> float | None:
    return _skew_of(host, getattr(problem, "response", None) or {})


def _skew_of(host: Host, answer: Mapping[str, Any]) -> float | None:
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return host.env.clock() - parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return None


def _together(visits: Sequence[Visit]) -> Iterator[Finding]:
    asked = [visit for visit in visits if visit.network is not None]
    reached = [visit for visit in asked if visit.network == "answered"]
    if asked and not reached:
        yield error(
            "network",
            "AWS was not reached with any profile",
            "check the network, HTTPS_PROXY and AWS_ENDPOINT_URL",
        )
    elif reached:
        yield ok("network", f"AWS answered {len(reached)} of {len(asked)} profiles")
    skews = sorted(abs(visit.skew) for visit in visits if visit.skew is not None)
    if skews:
        yield _clock(skews[len(skews) // 2])


def _clock(skew: float) -> Finding:
    status: Status = "ok"
    if skew > MOST_SKEW_SECONDS:
        status = "error"
    elif skew > NOTED_SKEW_SECONDS:
        status = "warning"
    step = (
        None if status == "ok" else "set it by NTP: AWS refuses signatures that are 5 minutes off"
    )
    return Finding("clock", status, f"{skew:.0f} s apart from AWS's", step)
