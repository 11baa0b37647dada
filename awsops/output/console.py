"""Everything for the person, on stderr: notes, errors, plans and progress.

Used on the main thread only, but for `undisturbed`: a question is asked by whichever thread needs
the answer, and until it is there nothing else is written to the terminal. A stderr that nobody
reads any more is no reason to stop, so a broken pipe is passed over in silence here.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TextIO

from awsops.errors import AwsopsError
from awsops.output.cells import visible
from awsops.output.folding import fold
from awsops.output.sink import Sink
from awsops.output.style import knows_cube, styled

if TYPE_CHECKING:
    from awsops.env import Env
    from awsops.events import Progress
    from awsops.output.live import Live
    from awsops.output.plan import Planned

NARROWEST = 20  # columns; what is narrower scrolls
PLAIN = 10.0  # seconds between two lines of progress that are not drawn in place


class Console:
    """The stderr of one run.

    `color` is `auto`, `always` or `never`. `verbose` adds to an error what caused it.
    """

    def __init__(self, env: Env, *, color: str = "auto", verbose: bool = False) -> None:
        self._env = env
        self._sink = Sink(env.stderr)
        self._color = env.color(color, stderr=True)
        self._cube = knows_cube(env.environ)
        self._verbose = verbose
        self._can_live = env.stderr_tty and env.environ.get("TERM") != "dumb"
        self._ascii = env.ascii_only(env.stderr)
        self._live: Live | None = None
        self.said = False  # anything at all but progress
        self._rows_began = False
        self._ctrl_c = False
        self._plain_at: float | None = None  # when a line of progress was last written plainly
        self._lock = threading.RLock()
        self._asking = 0
        self._kept: deque[Callable[[], None]] = deque()

    def note(
        self, text: str, level: Literal["info", "warning"] = "info", prefix: str | None = None
    ) -> None:
        """A sentence, `prefix` (a target's label) in brackets before it."""
        start = "warning: " if level == "warning" else ""
        target = f"[{visible(prefix)}] " if prefix else ""
        lines = self._folded(f"{start}{target}{_shown(text)}")
        if start:
            lines[0] = lines[0].replace(start, self._style(start, "yellow"), 1)
        self._show(lines)

    def error(self, noun_verb: str, target_label: str | None, error: AwsopsError) -> None:
        """`awsops: sqs redrive [prod/eu-west-1]: AccessDenied: ...` and a line with the hint."""
        target = f"[{visible(target_label)}]" if target_label else ""
        where = " ".join(part for part in (visible(noun_verb), target) if part)
        start = "awsops: " + (f"{where}: " if where else "")
        code = f"{visible(error.code)}: "
        lines = self._folded(f"{start}{code}{_shown(error.message)}")
        if lines[0].startswith(start + code):
            red = self._style(visible(error.code), "bold red")
            lines[0] = f"{start}{red}: {lines[0][len(start + code) :]}"
        if error.hint:
            lines += self._folded(f"hint: {_shown(error.hint)}")
        if self._verbose and error.__cause__ is not None:
            cause = error.__cause__
            lines += self._folded(f"cause: {type(cause).__name__}: {_shown(str(cause))}")
        self._show(lines)

    def plan(
        self, plans: Sequence[Planned], *, title: str = "Plan", protected: Sequence[str] = ()
    ) -> None:
        """What is about to be done, all targets together, the blast radius first.

        Each of `plans` is a target's label, its account, and its plan; `protected` names the
        accounts among them that ask for more than a yes. On a terminal the lines
        are wrapped to its width; in a log they are not, so that a search finds whole names.
        """
        from awsops.output.plan import plan_lines

        known = self._env.stderr_tty or self._env.fixed_width is not None
        width = max(self._size()[0], 20) if known else None
        lines = plan_lines(plans, title=title, width=width, style=self._style, protected=protected)
        self._show(list(lines))

    def progress(self, target_label: str, progress: Progress) -> None:
        """How far a target is: a live line on a terminal, a plain one now and then on a terminal
        that cannot draw, nothing elsewhere.
        """
        if not self._env.stderr_tty:
            return
        if not self._can_live and self._plain_at is None:
            self._plain_at = self._env.monotonic()
        if self._live is None:
            from awsops.output.live import Live

            self._live = Live(ascii_only=self._ascii, brief=_is_pipe(self._env.stdout))
        next_at = progress.next_at
        if next_at is not None:  # what is drawn is timed by a clock that nobody puts back
            next_at += self._env.monotonic() - self._env.clock()
        self._live.update(target_label, progress, next_at=next_at)
        self.refresh()

    def finished(self, target_label: str) -> None:
        """The target has ended: its live line goes."""
        if self._live is not None:
            self._live.finish(target_label)
            self.refresh()

    def refresh(self) -> None:
        """Draw the live lines if they have changed and the last frame is long enough ago.

        To be called now and then while waiting, so that what came between two frames is seen.
        """
        with self._lock:
            if self._asking:
                return
            self._catch_up()
            if self._live is None:
                return
            now = self._env.monotonic()
            if self._plain_at is not None:
                self._say_plainly(now)
            elif self._live.due(now):
                self._write(self._live.frame(now, *self._size()))

    def rows_begin(self) -> None:
        """The first row goes to stdout. Where another program reads it, that may write to this
        terminal from now on, at any moment and any place: nothing is drawn in place any more, and
        how far it is stands on a line of its own now and then.
        """
        if self._rows_began:
            return
        self._rows_began = True
        if self._can_live and _is_pipe(self._env.stdout):
            with self._lock:
                self._erase()
                self._plain_at = self._env.monotonic()

    def _say_plainly(self, now: float) -> None:
        if self._live is not None and self._plain_at is not None and now - self._plain_at >= PLAIN:
            self._plain_at = now
            self._write("".join(f"{line}\n" for line in self._live.plain(now, self._size()[0])))

    def in_turn(self, write: Callable[[], None]) -> None:
        """Write something else to the terminal (rows on stdout), the live lines taken away first;
        the next progress or `refresh` brings them back. What comes while a person is asked waits
        for the answer.
        """
        with self._lock:
            if self._asking:
                self._kept.append(write)
                return
            self._catch_up()
            self._erase()
            write()

    @contextlib.contextmanager
    def undisturbed(self) -> Iterator[None]:
        """A person is asked, by any thread: the live lines are gone, and nothing is drawn or
        written here until this ends. The main thread then shows what came meanwhile.
        """
        with self._lock:
            self._erase()
            self._asking += 1
        try:
            yield
        finally:
            with self._lock:
                self._asking -= 1

    def close(self) -> None:
        """Leave the terminal clean. The console may still be used for notes and errors."""
        with self._lock:
            self._asking = 0  # whoever still asks will get no answer
            self._catch_up()
            self._erase()
            self._live = None

    def _catch_up(self) -> None:
        while self._kept:
            self._erase()
            self._kept.popleft()()

    def _erase(self) -> None:
        if self._live is not None:
            self._write(self._live.erase(self._size()[0]))

    def _show(self, lines: Sequence[str]) -> None:
        self.said = True
        text = "".join(line + "\n" for line in lines)
        with self._lock:
            if self._asking:
                self._kept.append(lambda: self._write(text))
                return
            self._catch_up()
            text = self._over_ctrl_c() + text
            if self._live is not None:
                width, height = self._size()
                erased = self._live.erase(width)
                text = erased + text
                if erased:
                    text += self._live.frame(self._env.monotonic(), width, height)
            self._write(text)

    def _over_ctrl_c(self) -> str:
        """The terminal has shown `^C` where the next line begins: that is written over, once."""
        if self._ctrl_c or not self._can_live or not self._env.cancelled.is_set():
            return ""
        self._ctrl_c = True
        return "\r\x1b[K"

    def _write(self, text: str) -> None:
        if not text:
            return
        try:
            self._sink.write(text)
            self._sink.flush()
        except (BrokenPipeError, AwsopsError):
            pass

    def _folded(self, text: str) -> list[str]:
        """On a terminal between words; in a log not at all, so that a search finds whole names."""
        if not self._env.stderr_tty:
            return text.split("\n")
        width = max(self._size()[0], NARROWEST)
        return [folded for line in text.split("\n") for folded in fold(line, width)]

    def _style(self, text: str, style: str) -> str:
        return styled(text, style, cube=self._cube) if self._color and style and text else text

    def height(self) -> int:
        """Lines of the terminal behind stderr."""
        return self._size()[1]

    def _size(self) -> tuple[int, int]:
        """Columns and lines of the terminal behind stderr: stdout may be a pipe."""
        try:
            size = os.get_terminal_size(self._env.stderr.fileno())
        except (OSError, ValueError):
            return self._env.width(), 24
        fixed = self._env.fixed_width is not None or self._env.environ.get("COLUMNS")
        width = self._env.width() if fixed or not size.columns else size.columns
        return width, size.lines or 24


def _shown(text: str) -> str:
    """A text of ours with its own line breaks, whatever else is in it made visible."""
    return "\n".join(visible(line) for line in text.split("\n"))


def _is_pipe(stream: TextIO) -> bool:
    """Whether another program reads it, which may write to the terminal that we draw on."""
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False
