"""The AWS files and every profile in them: can it sign, whose is it, does the clock agree."""

from __future__ import annotations

import fnmatch
import os
import queue
import stat
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from awsops.api import AwsopsError, Host, NotFoundError, Target
from awsops.botocore_errors import from_exception

from .findings import Finding, Status, error, ok, short, warning

# Profiles asked at a time, and how long the slowest may take: the doctor does not wait on and on.
WORKERS = 64
PATIENCE_SECONDS = 8.0
# A signature is good for five minutes either way (IAM user guide, "AWS Signature Version 4").
MOST_SKEW_SECONDS = 300
NOTED_SKEW_SECONDS = 30
_FALLBACK_REGION = "us-east-1"
_MOST_HOPS = 10


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of asking one profile who it is; `skew` is seconds that our clock is ahead."""

    finding: Finding
    skew: float | None = None
    reached: bool = False


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
            area, f"{short(path)} may be read by others ({mode:04o})", f"chmod 600 {path}"
        )
    return ok(area, f"{short(path)} ({mode:04o})")


def check_profiles(host: Host, patterns: Sequence[str], *, offline: bool) -> Iterator[Finding]:
    """Every profile that matches, then what all the answers together say of clock and network."""
    try:
        profiles = host.profiles()
    except Exception as problem:
        known = _known(problem)
        yield error("profiles", known.message, known.hint or "mend the AWS files")
        return
    chosen = {n: s for n, s in profiles.items() if _wanted(n, patterns)}
    if patterns and not chosen:
        raise NotFoundError(
            f"no profile matches {' or '.join(patterns)}",
            hint="awsops doctor looks at all of them",
        )
    if not profiles:
        yield warning("profiles", "there is none", "aws configure, or awsops sandbox start")
        return
    if offline:
        yield ok("profiles", f"{len(chosen)}, not tried: {', '.join(chosen)}")
        return
    asked = {name for name in chosen if not _asks_for_a_code(name, profiles)}
    visits = _visit_all(host, [name for name in chosen if name in asked], profiles)
    for name in chosen:
        if name not in asked:
            yield ok(f"profile {name}", "asks for an MFA code when it is used: not tried")
        else:
            yield visits[name].finding
    yield from _together(list(visits.values()))


def _wanted(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _asks_for_a_code(name: str, profiles: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a role in its chain needs MFA: the doctor asks nobody for anything."""
    for _ in range(_MOST_HOPS):
        settings = profiles.get(name, {})
        if settings.get("role_arn") and settings.get("mfa_serial"):
            return True
        source = settings.get("source_profile")
        if not source or source == name:
            return False
        name = source
    return False


def _visit_all(
    host: Host, names: Sequence[str], profiles: Mapping[str, Mapping[str, Any]]
) -> dict[str, Visit]:
    """All at once; one that does not answer in time is a finding of its own."""
    found = {name: Visit(_silent(name)) for name in names}
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[str, Visit]] = queue.SimpleQueue()
    for name in names:
        waiting.put(name)

    def work() -> None:
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return
            answers.put((name, _visit(host, name, profiles[name])))

    for number in range(min(WORKERS, len(names))):
        # Daemons: a call that hangs must not keep the process.
        threading.Thread(target=work, name=f"doctor-{number}", daemon=True).start()
    deadline = host.env.monotonic() + PATIENCE_SECONDS
    for _ in names:
        try:
            name, visit = answers.get(timeout=max(0.0, deadline - host.env.monotonic()))
        except queue.Empty:
            break
        found[name] = visit
    return found


def _silent(name: str) -> Finding:
    return warning(
        f"profile {name}",
        f"no answer within {PATIENCE_SECONDS:.0f} s",
        f"awsops creds whoami -p {name} -v",
    )


def _visit(host: Host, name: str, settings: Mapping[str, Any]) -> Visit:
    area = f"profile {name}"
    region = settings.get("region") or host.env.environ.get("AWS_REGION")
    target = Target(profile=name, region=str(region or _FALLBACK_REGION))
    try:
        answer = host.ask(target, lambda aws: aws.client("sts").get_caller_identity())
    except Exception as problem:
        known = _known(problem)
        reached = "Error" in (getattr(problem, "response", None) or {})
        step = known.hint or f"awsops creds whoami -p {name} -v"
        return Visit(error(area, known.message, step), _skew(host, problem), reached)
    who = f"{answer['Account']} {_who(answer['Arn'])}"
    skew = _skew_of(host, answer)
    if not region:
        told = warning(
            area, f"{who}, no region", f"aws configure set region REGION --profile {name}"
        )
        return Visit(told, skew, True)
    return Visit(ok(area, f"{who}, {region}"), skew, True)


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
    reached = [visit for visit in visits if visit.reached]
    if visits and not reached:
        yield error(
            "network",
            "AWS was not reached with any profile",
            "check the network, HTTPS_PROXY and AWS_ENDPOINT_URL",
        )
    elif reached:
        yield ok("network", f"AWS answered {len(reached)} of {len(visits)} profiles")
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
