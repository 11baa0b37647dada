"""The machine: Python, packages, awsops' own folders and files, the terminal, completion."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from awsops.api import AwsopsError, Host
from awsops.secret_folders import left_behind

from .findings import Finding, error, ok, short, warning

# What a run with two hundred targets writes stays far below this.
LEAST_FREE_BYTES = 100_000_000
CRASH_DAYS = 7
_DAY = 86_400.0
_PACKAGES = ("botocore", "boto3", "typer", "rich", "tenacity", "questionary", "jmespath", "PyYAML")
_TOLD = 3  # the versions that matter in a report of a defect


def check_programs() -> Iterator[Finding]:
    """Python and what awsops is made of."""
    from importlib.metadata import PackageNotFoundError, version

    from awsops import __version__

    here = ".".join(map(str, sys.version_info[:3]))
    yield ok("python", f"{here}, {short(sys.executable)}")
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


def check_config(host: Host) -> Iterator[Finding]:
    """config.toml."""
    config = host.config
    for text in config.warnings:
        yield warning("config", text, "awsops config edit")
    if not config.path.exists():
        yield ok("config", f"{short(config.path)} does not exist: the defaults hold")
    elif not config.warnings:
        groups = f"{len(config.groups)} groups of profiles"
        yield ok("config", f"{short(config.path)}: {groups}, {len(config.protected)} protected")


def check_folders(host: Host) -> Iterator[Finding]:
    """Whether what must be kept can be kept."""
    folders = host.env.folders
    for area, folder in (("state", folders.state), ("cache", folders.cache)):
        there = next(p for p in (folder, *folder.parents) if p.exists())
        if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
            yield error(area, f"{there} cannot be written", f"chmod u+rwx {there}, or chown it")
            continue
        free = shutil.disk_usage(there).free
        if free < LEAST_FREE_BYTES:
            megabytes = free // 1_000_000
            yield warning(area, f"{there} has {megabytes} MB left", "make room: runs keep records")
        else:
            yield ok(area, f"{short(folder)} can be written")
    yield from _secrets(folders.state)
    yield from _crashes(host, folders.state)


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
    except AwsopsError as problem:
        yield error("journal", problem.message, problem.hint or "awsops history verify")
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
        yield ok(
            "journal",
            short(journal.path) if runs else f"{short(journal.path)}: nothing changed yet",
        )


def check_plugins(host: Host) -> Iterator[Finding]:
    """Every plugin, loaded."""
    listing = host.sources.listing()
    broken = [listed for listed in listing if listed.error]
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
        yield ok("terminal", "stdout is none: rows are ndjson")
    elif encoding != "utf8":
        yield warning(
            "terminal", f"its encoding is {encoding}: lines are drawn in ASCII", "LANG=C.UTF-8"
        )
    else:
        yield ok("terminal", f"{env.environ.get('TERM') or 'no TERM'}, {env.width()} columns")
