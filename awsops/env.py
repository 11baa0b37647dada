"""Everything about the process that a test swaps: streams, terminal flags, prompts, clock, folders.

There is one Env a run, built by `cli.main` and handed down; nothing else reads `sys.stdin`, calls
`time.sleep` or looks at the home folder.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from awsops.events import Handover


# Terminals without the glyphs that charts are drawn with: the Linux console has 512 in all.
_NO_GLYPHS = frozenset(("dumb", "linux"))
_COERCED = frozenset(("C.UTF-8", "C.utf8", "UTF-8"))  # PEP 538's


class Prompter(Protocol):
    """Asks a person. Only ever called when `Env.interactive` is true."""

    def confirm(self, question: str, *, within: float | None = None, silence: bool = False) -> bool:
        """A yes/no question. `silence` is what an answer that is neither means, and no answer
        within so many seconds (None: it is waited for).
        """
        ...

    def text(self, question: str, *, secret: bool = False) -> str:
        """One line; not echoed when it is secret."""
        ...

    def select(self, question: str, choices: Sequence[str], details: Sequence[str] = ()) -> str:
        """One of the choices, searchable; `details` stand beside them."""
        ...


@dataclass(frozen=True)
class Folders:
    """Where this person's files live: the XDG folders, each with an AWSOPS_ override."""

    config: Path
    state: Path
    cache: Path

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Folders:
        home = Path(environ.get("HOME") or os.path.expanduser("~"))

        def folder(own: str, xdg: str, default: str) -> Path:
            if environ.get(own):
                return Path(environ[own])
            base = Path(environ.get(xdg) or "")
            # XDG Base Directory Specification: a relative one is invalid and to be ignored.
            return (base if base.is_absolute() else home / default) / "awsops"

        return cls(
            config=folder("AWSOPS_CONFIG_DIR", "XDG_CONFIG_HOME", ".config"),
            state=folder("AWSOPS_STATE_DIR", "XDG_STATE_HOME", ".local/state"),
            cache=folder("AWSOPS_CACHE_DIR", "XDG_CACHE_HOME", ".cache"),
        )


def reads_yes(said: str, silence: bool) -> bool:
    """Whether an answer is a yes; `silence` when it is neither yes nor no."""
    word = said.strip().lower()
    return word in ("y", "yes") if word in ("y", "yes", "n", "no") else silence


class TerminalPrompter:
    """Prompts on stderr, so that stdout carries data only; reads from the given stdin."""

    def __init__(
        self, stdin: TextIO, stderr: TextIO, cancelled: threading.Event | None = None
    ) -> None:
        self._stdin = stdin
        self._stderr = stderr
        self._cancelled = cancelled or threading.Event()

    def confirm(self, question: str, *, within: float | None = None, silence: bool = False) -> bool:
        from awsops.terminal import folded, forget_typed, line_comes

        forget_typed(self._stdin)  # nobody agrees to what was not shown yet
        asked = f"{question} {'[Y/n]' if silence else '[y/N]'}"
        self._stderr.write(f"{folded(asked, self._stderr)} ")
        self._stderr.flush()
        try:
            if within is not None and not line_comes(self._stdin, within):
                self._stderr.write("\n")
                return silence
            said = self._stdin.readline()
        except KeyboardInterrupt:
            self._stderr.write("\n")  # what is said next begins a line of its own
            raise
        return reads_yes(said, silence)

    def text(self, question: str, *, secret: bool = False) -> str:
        from awsops.terminal import ask_line, folded

        asked = f"{folded(question, self._stderr)}: "
        try:
            return ask_line(asked, self._stdin, self._stderr, self._cancelled, secret=secret)
        finally:
            if secret:  # nobody saw the Enter
                self._stderr.write("\n")

    def select(self, question: str, choices: Sequence[str], details: Sequence[str] = ()) -> str:
        from awsops.name_list import NameList, choose
        from awsops.terminal import forget_typed

        forget_typed(self._stdin)  # nobody chooses from a list that was not shown yet
        self._stderr.write("\r\x1b[K")  # the terminal has shown what was typed
        self._stderr.flush()
        return choose(question, NameList(choices, details), self._stderr)


@dataclass
class Env:
    """The process as the kernel sees it. Clock values are seconds since the epoch.

    `left_over` is what an earlier `auth export` had set and a named profile made us forget;
    `real_time` False (tests) makes every wait go through `sleep` instead of the wall clock;
    `paging` lets what is longer than the screen go through a pager.
    """

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str]
    stdin_tty: bool
    stdout_tty: bool
    stderr_tty: bool
    folders: Folders
    prompter: Prompter
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    fixed_width: int | None = None
    real_time: bool = True
    paging: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)
    left_over: Mapping[str, str] = field(default_factory=dict)
    #: What an MFA device shows, where nobody needs to be asked for it (a rehearsal).
    mfa_code: Callable[[str], str] | None = None
    become: Callable[[Handover], int] = field(default_factory=lambda: _become)
    _stdin_text: str | None = field(default=None, repr=False)
    _stdin_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def from_process(cls) -> Env:
        """The real thing; a closed stream (`awsops ... >&-`) becomes the null device."""
        stdin = sys.stdin if sys.stdin is not None else open(os.devnull)  # noqa: SIM115
        stdout = sys.stdout if sys.stdout is not None else open(os.devnull, "w")  # noqa: SIM115
        stderr = sys.stderr if sys.stderr is not None else open(os.devnull, "w")  # noqa: SIM115
        cancelled = threading.Event()
        return cls(
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            environ=os.environ,
            stdin_tty=_isatty(stdin),
            stdout_tty=_isatty(stdout),
            stderr_tty=_isatty(stderr),
            folders=Folders.from_environ(os.environ),
            prompter=TerminalPrompter(stdin, stderr, cancelled),
            cancelled=cancelled,
            paging=True,
        )

    @property
    def interactive(self) -> bool:
        """Whether a question may be asked: both the answer and the question need a terminal."""
        return self.stdin_tty and self.stderr_tty

    def read_stdin(self) -> str:
        """All of stdin, as UTF-8 text. Read once: each of several targets gets the same."""
        with self._stdin_lock:
            if self._stdin_text is None:
                self._stdin_text = self.stdin.read()
            return self._stdin_text

    def width(self) -> int:
        """Columns of the terminal now (it may have been resized); 80 when there is none."""
        if self.fixed_width is not None:
            return self.fixed_width
        columns = self.environ.get("COLUMNS", "")
        if columns.isdigit() and int(columns) > 0:
            return int(columns)
        return shutil.get_terminal_size((80, 24)).columns

    def ascii_only(self, stream: TextIO) -> bool:
        """Whether what is drawn on a stream does without blocks and dots: its encoding lacks them,
        its terminal has no such glyphs, or the person's locale is the plain C one, which Python
        itself takes for UTF-8 (PEP 538 and 540).
        """
        encoding = (stream.encoding or "utf-8").lower().replace("-", "")
        if not encoding.startswith("utf") or self.environ.get("TERM") in _NO_GLYPHS:
            return True
        return _locale_named(self.environ) in ("C", "POSIX")

    def color(self, choice: str, *, stderr: bool = False) -> bool:
        """Whether to colour a stream, for `--color auto|always|never`, NO_COLOR and TERM=dumb."""
        if choice != "auto":
            return choice == "always"
        if self.environ.get("NO_COLOR") or self.environ.get("TERM") == "dumb":
            return False
        return self.stderr_tty if stderr else self.stdout_tty


def _become(program: Handover) -> int:  # noqa: RET503
    """This process becomes the program; where a system cannot, it waits for its exit code."""
    import signal

    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    if os.name != "posix":
        import subprocess

        argv = [program.path, *program.argv[1:]]
        return subprocess.run(argv, env=dict(program.environ), check=False).returncode
    # Python ignores it, and what is ignored stays so in the program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execve(program.path, program.argv, program.environ)


def _locale_named(environ: Mapping[str, str]) -> str:
    """The locale of texts that the person chose; Python may have put another LC_CTYPE over it."""
    given = environ.get("LC_ALL")
    if given:
        return given
    ctype, lang = environ.get("LC_CTYPE", ""), environ.get("LANG", "")
    return lang if lang and ctype in _COERCED else ctype or lang


def _isatty(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
