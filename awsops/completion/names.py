"""What Tab knows of resources: names kept in files, so that a press of Tab waits for nobody.

The completion scripts start `awsops __names KIND =PREFIX =AT WORD...` where a name is wanted: the
words are all but the one that is being typed, which begins with PREFIX and stands before word AT
(behind them all without a number, or without AT, as scripts of earlier versions do).

The answer comes from the cache folder, at once; where the names are missing or old, a process is
started that asks AWS meanwhile (`refreshing.py`), and waited for a blink at most. Whatever goes
wrong, nothing is said: an error has no place on a prompt line.

This module is read while somebody waits: it imports next to nothing (dataclasses take 10 ms).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from awsops.completion.question import Question
from awsops.completion.typed_line import Kind, read_question

REFRESH_COMMAND = "__refresh-names"
SWITCH = "AWSOPS_COMPLETE_NAMES"  # 0: Tab never asks AWS

FRESH_SECONDS = 30.0  # younger names are not asked for again
USABLE_SECONDS = 86_400.0  # older ones are worse than none
# Tab may take 400 ms when nothing is known; Python's own start and the shell take their part of it.
COLD_SECONDS = 0.28
# A refresh that has not ended by then never will; also the pause after one that failed.
LOCK_SECONDS = 30.0
MOST_NAMES = 10_000
_POLL_SECONDS = 0.01


class Name(NamedTuple):
    """A name and what matters beside it."""

    value: str
    detail: str = ""


class NameCache:
    """The files of names in the cache folder, one a question."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder / "names"
        self._environ = environ

    def path(self, question: Question) -> Path:
        """The file of a question's names."""
        return self.folder / question.key(self._environ)

    def age(self, question: Question) -> float | None:
        """Seconds since its names were asked for; None when they never were."""
        try:
            return max(0.0, time.time() - self.path(question).stat().st_mtime)
        except OSError:
            return None

    def read(self, question: Question) -> list[Name]:
        """Its names; none when there are none, or only ones too old to be of use."""
        age = self.age(question)
        if age is None or age > USABLE_SECONDS:
            return []
        try:
            text = self.path(question).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        pairs = (line.partition("\t") for line in text.split("\n") if line)
        return [Name(value, detail) for value, _, detail in pairs]

    def write(self, question: Question, names: Iterable[Name]) -> None:
        """Keep names, whole or not at all; OSError when the folder cannot be written.

        Names come from accounts where anybody may have created things: one that would act on a
        terminal is left out.
        """
        from awsops.atomic_files import write_private  # nobody waits here

        lines: dict[str, str] = {}
        for name in names:
            if len(lines) >= MOST_NAMES:
                break
            if name.value and name.value.isprintable():
                lines.setdefault(name.value, _plain(name.detail))
        text = "".join(f"{value}\t{detail}\n" for value, detail in lines.items())
        write_private(self.path(question), text.encode(errors="replace"))

    def lock(self, question: Question) -> bool:
        """Whether it is for the caller to refresh them: nobody else does, or has just failed to."""
        from awsops.atomic_files import private_folder

        path = self.path(question).with_suffix(".lock")
        try:
            private_folder(self.folder)
            if path.exists() and time.time() - path.stat().st_mtime > LOCK_SECONDS:
                path.unlink()
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError:
            return False
        return True

    def unlock(self, question: Question) -> None:
        """The names are there. After a failure the lock is left: it keeps others from trying."""
        self.path(question).with_suffix(".lock").unlink(missing_ok=True)


def offer(argv: Sequence[str], cache: NameCache, environ: Mapping[str, str]) -> list[Name]:
    """The names for `KIND =PREFIX =AT WORD...` that begin so; a refresh is started where they are
    old.

    Prefix and place carry a sign: Windows PowerShell drops an empty argument, and no word of a
    line that begins with one can stand where the place does.
    """
    started = time.monotonic()
    kind, prefix, *words = argv
    prefix = prefix.removeprefix("=")
    place = words.pop(0)[1:] if words and words[0][:1] == "=" else ""
    at = int(place) if place else None
    question = read_question(Kind.parse(kind), words, at, prefix)
    if question is None:
        return []
    age = cache.age(question)
    if (age is None or age > FRESH_SECONDS) and environ.get(SWITCH) != "0":
        if cache.lock(question):
            _start_refresh(question, environ)
        if age is None or age > USABLE_SECONDS:
            known = _wider(question, cache, prefix)
            if known:
                return known
            _wait(question, cache, started + COLD_SECONDS)
    return _beginning(cache.read(question), prefix)


def _wider(question: Question, cache: NameCache, prefix: str) -> list[Name]:
    """What is known of them from when all were asked for, while nobody knows them better."""
    if question == question.without_stem():
        return []
    known = _beginning(cache.read(question.without_stem()), prefix)
    return [] if [name.value for name in known] == [prefix] else known


def _wait(question: Question, cache: NameCache, until: float) -> None:
    while time.monotonic() < until:
        age = cache.age(question)
        if age is not None and age <= USABLE_SECONDS:
            return
        time.sleep(_POLL_SECONDS)


def _beginning(names: list[Name], prefix: str) -> list[Name]:
    return [name for name in names if name.value.startswith(prefix)]


def main(argv: Sequence[str]) -> int:
    """Print names, a line each with a tab before the detail; never fails, never complains."""
    try:
        found = offer(argv, NameCache(cache_folder(os.environ), os.environ), os.environ)
        sys.stdout.write("".join(f"{name.value}\t{name.detail}\n" for name in found))
        sys.stdout.flush()
    except Exception:  # there is nobody to tell: Tab completes nothing, that is all
        return 0
    return 0


def cache_folder(environ: Mapping[str, str]) -> Path:
    """`env.Folders.cache`, without what importing that costs."""
    if environ.get("AWSOPS_CACHE_DIR"):
        return Path(environ["AWSOPS_CACHE_DIR"])
    base = environ.get("XDG_CACHE_HOME")
    home = environ.get("HOME") or os.path.expanduser("~")
    return (Path(base) if base and os.path.isabs(base) else Path(home) / ".cache") / "awsops"


def _start_refresh(question: Question, environ: Mapping[str, str]) -> None:
    """Start the process that asks AWS: on its own, without a terminal, from no current folder."""
    import awsops

    options = [f"--profile={name}" for name in question.profile]
    options += [f"--region={name}" for name in question.region]
    options += [f"--role={question.role}"] if question.role else []
    options += [f"--endpoint-url={question.endpoint_url}"] if question.endpoint_url else []
    # A scope may be a name that looks like an option.
    options += ["--", *(f"{name}={value}" for name, value in question.scope)]
    # Where awsops is a single file, nothing but that file holds it.
    place = str(Path(awsops.__file__).parents[1])
    code = f"import sys; sys.path.append({place!r}); from awsops.cli import entry_point as e; e()"
    # -P: never a module of the current folder, this runs with credentials.
    command = [sys.executable, "-P", "-c", code, REFRESH_COMMAND, question.kind, *options]
    null = os.devnull
    if not hasattr(os, "posix_spawn"):
        import subprocess

        flags = getattr(subprocess, "DETACHED_PROCESS", 0)
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=flags,
        )
        return
    # The shell reads our stdout until it is closed: the child must not hold it.
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, null, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, null, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, null, os.O_WRONLY, 0),
    ]
    try:
        os.posix_spawn(command[0], command, dict(environ), file_actions=actions, setsid=True)
    except NotImplementedError:  # a libc without it: Ctrl-C then ends the refresh too
        os.posix_spawn(command[0], command, dict(environ), file_actions=actions, setpgroup=0)


def _plain(detail: str) -> str:
    return "".join(c if c.isprintable() else " " for c in detail).strip()[:80]
