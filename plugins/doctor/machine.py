"""The machine: Python, packages, awsops' own folders and files, the terminal, completion."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from awsops.api import AwsopsError, Host, UsageError
from awsops.config import Config
from awsops.secret_folders import left_behind

from .findings import Finding, error, ok, short, warning

# What a run with two hundred targets writes stays far below this.
LEAST_FREE_BYTES = 100_000_000
CRASH_DAYS = 7
LEAST_PYTHON = (3, 11)  # pyproject.toml, requires-python
# The last month with security fixes: devguide.python.org/versions.
_PYTHON_ENDS = {(3, 11): "2027-10", (3, 12): "2028-10", (3, 13): "2029-10", (3, 14): "2030-10"}
_PROBE_BYTES = 4096
# All of a journal is read to verify it, at some 40 MB a second.
MOST_VERIFIED_BYTES = 4_000_000
_DAY = 86_400.0
_PACKAGES = ("botocore", "boto3", "typer", "rich", "tenacity", "questionary", "jmespath", "PyYAML")
_TOLD = 3  # the versions that matter in a report of a defect


def check_programs(host: Host) -> Iterator[Finding]:
    """Python and what awsops is made of."""
    from importlib.metadata import PackageNotFoundError, version

    from awsops import __version__

    yield judge_python(sys.version_info[:3], host.env.clock())
    found, missing = [f"awsops {__version__}"], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    yield ok("packages", ", ".join(found[:_TOLD]))
    if missing:
        yield error(
            "packages", f"not installed: {', '.join(missing)}", "install awsops again with pipx"
        )


def judge_python(running: tuple[int, int, int], now: float) -> Finding:
    """Whether a Python is new enough, and still mended; `now` is seconds since the epoch."""
    here = ".".join(map(str, running))
    if running[:2] < LEAST_PYTHON:
        least = ".".join(map(str, LEAST_PYTHON))
        return error("python", f"{here}: awsops needs {least}", "install awsops with a newer one")
    ends = _PYTHON_ENDS.get(running[:2])
    if ends is not None and datetime.fromtimestamp(now, UTC).strftime("%Y-%m") > ends:
        return warning(
            "python",
            f"{here} gets no security fixes since {ends}",
            "install awsops with a newer one",
        )
    return ok("python", f"{here}, {short(sys.executable)}")


def check_config(host: Host) -> Iterator[Finding]:
    """config.toml, and who else may write what awsops goes by."""
    config = host.config
    path = config.path
    try:
        Config.load(path)
    except UsageError as problem:
        stops = f"{problem.message}; it stops every other command"
        yield error("config", stops, "awsops config edit")
        return
    for text in config.warnings:
        yield warning("config", text, "awsops config edit")
    yield from _writable_by_others("config", path, "what is protected")
    if path.is_symlink() and not path.exists():
        yield warning(
            "config",
            f"{short(path)} leads to {path.resolve()}, which is not there",
            f"ls -l {path}",
        )
    elif not path.exists():
        yield ok("config", f"{short(path)} does not exist: the defaults hold")
    elif not config.warnings:
        number = len(config.groups)
        groups = f"{number} {'group' if number == 1 else 'groups'} of profiles"
        yield ok("config", f"{short(path)}: {groups}, {len(config.protected)} protected")


def _writable_by_others(area: str, path: Path, what: str) -> Iterator[Finding]:
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if os.name == "posix" and mode & 0o022 and not mode & stat.S_ISVTX:
        yield warning(
            area,
            f"{short(path)} can be changed by others ({stat.S_IMODE(mode):04o}), with it {what}",
            f"chmod go-w {shlex.quote(str(path))}",
        )


def check_folders(host: Host) -> Iterator[Finding]:
    """Whether what must be kept can be kept."""
    folders = host.env.folders
    for area, folder in (("state", folders.state), ("cache", folders.cache)):
        there = next(p for p in (folder, *folder.parents) if p.exists())
        if not there.is_dir():
            yield error(area, f"{there} is no folder", f"mv {there} {there}.away")
        elif problem := _cannot_write(there, probe=there == folder):
            yield error(
                area, f"{there} cannot be written: {problem}", f"ls -ld {there}; df {there}"
            )
        elif (free := shutil.disk_usage(there).free) < LEAST_FREE_BYTES:
            megabytes = free // 1_000_000
            yield warning(area, f"{there} has {megabytes} MB left", "make room: runs keep records")
        else:
            yield ok(area, f"{short(folder)} can be written")
    yield from _secrets(folders.state)
    yield from _crashes(host, folders.state)


def _cannot_write(folder: Path, *, probe: bool) -> str:
    """Why nothing can be kept in a folder; empty when it can. A full disk or one that may only be
    read is known for certain by writing: `probe`, to a folder of our own.
    """
    if not probe:
        return "" if os.access(folder, os.W_OK | os.X_OK) else "its mode or owner forbids it"
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            file.write(b"\0" * _PROBE_BYTES)
    except OSError as problem:
        return problem.strerror or str(problem)
    return ""


def check_sessions(host: Host) -> Iterator[Finding]:
    """The sessions that are kept, which are credentials."""
    from awsops.credentials.session_cache import SessionCache

    folder = host.env.folders.cache / "sessions"
    with contextlib.suppress(OSError):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            yield warning(
                "sessions",
                f"{short(folder)} is open to others ({mode:04o})",
                f"chmod 700 {shlex.quote(str(folder))}",
            )
        damaged = SessionCache(folder, host.env.clock).unreadable()
        if damaged:
            yield warning(
                "sessions",
                f"{len(damaged)} in {short(folder)} cannot be read, and are not used",
                f"rm {shlex.join(map(str, damaged[:_TOLD]))}",
            )


def _secrets(state: Path) -> Iterator[Finding]:
    left = left_behind(state)
    if left:
        those = "a push or copy" if len(left) == 1 else f"{len(left)} pushes or copies"
        yield warning(
            "secrets",
            f"{those} of images, killed, left a registry's login in {short(left[0].parent)}",
            "awsops ecr ls",
        )


def _crashes(host: Host, state: Path) -> Iterator[Finding]:
    since = host.env.clock() - CRASH_DAYS * _DAY
    recent = sorted(p for p in state.glob("crash-*.log") if p.stat().st_mtime > since)
    if recent:
        yield warning(
            "crashes",
            f"{len(recent)} in the last {CRASH_DAYS} days, the latest {recent[-1]}",
            "read it: the last line names the plugin",
        )


def check_journal(host: Host) -> Iterator[Finding]:
    """The record of changes, and runs in it that never ended."""
    journal = host.journal
    try:
        runs = journal.runs(20)
        small = journal.path.exists() and journal.path.stat().st_size <= MOST_VERIFIED_BYTES
        broken = journal.verify().problem if small else None
    except AwsopsError as problem:
        yield error("journal", problem.message, problem.hint or "awsops history verify")
        return
    where = short(journal.path)
    if broken:
        yield error(
            "journal", f"{where} is not what awsops wrote: {broken}", "awsops history verify"
        )
        return
    if forbidden := _forbidden(journal.path):
        yield error("journal", forbidden, f"ls -l {shlex.quote(str(journal.path))}")
        return
    lost = [run for run in runs if run.ended_at is None]
    # A run that is still going on has not ended either: only its own process knows.
    for run in lost[:3]:
        yield warning(
            "journal",
            f"{run.command} ({run.run_id}) has not ended: it is still running, or was killed",
            f"awsops history show {run.run_id}",
        )
    if not lost:
        yield ok("journal", where if runs else f"{where}: nothing changed yet")


def _forbidden(path: Path) -> str:
    """Why a change could not be written down; empty when it can. Nothing would run then."""
    for place in (path, path.parent):
        if place.exists() and not os.access(place, os.W_OK):
            return f"{place} cannot be written: nothing can be changed while it is so"
    return ""


def check_plugins(host: Host) -> Iterator[Finding]:
    """Every plugin, loaded."""
    for folder in host.sources.folders():
        yield from _writable_by_others("plugins", folder, "what runs with your credentials")
        for path in sorted(folder.glob("*.py")):
            yield from _writable_by_others("plugins", path, "what runs with your credentials")
    listing = host.sources.listing()
    broken = [listed for listed in listing if listed.error]
    for text in host.sources.complaints:
        yield warning("plugins", text, "awsops plugin check says how to mend it")
    for listed in broken:
        yield error("plugins", str(listed.error), f"mend {listed.found.origin}, or remove it")
    own = [listed.found.noun for listed in listing if listed.found.kind != "built-in"]
    named = f", of which not built in: {', '.join(own)}" if own else ""
    if not broken:
        yield ok("plugins", f"{len(listing)} nouns{named}")


def check_completion(host: Host) -> Iterator[Finding]:
    """Whether Tab knows today's commands."""
    from awsops.completion import render
    from awsops.completion.gathering import gather
    from awsops.completion.placing import detect_shell, place_for

    try:
        shell = detect_shell(host.env.environ)
    except AwsopsError as problem:
        yield ok("completion", f"{problem.message}: not looked at")
        return
    path = place_for(shell, host.env.environ).path
    try:
        script = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        yield warning("completion", f"not installed for {shell}", "awsops completion install")
        return
    if script == render(gather(host.sources)[0], shell):
        yield ok("completion", f"{shell}, {short(path)}")
    else:
        yield warning(
            "completion", f"{short(path)} knows older commands", "awsops completion install"
        )


def check_terminal(host: Host) -> Iterator[Finding]:
    """What can be shown."""
    env = host.env
    encoding = (getattr(env.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    if not env.stdout_tty:
        yield ok("terminal", "stdout is no terminal: rows are ndjson")
    elif encoding != "utf8":
        yield warning(
            "terminal", f"its encoding is {encoding}: lines are drawn in ASCII", "LANG=C.UTF-8"
        )
    else:
        yield ok("terminal", f"{env.environ.get('TERM') or 'no TERM'}, {env.width()} columns")
