"""Whose fault it is: a plugin that prints, is slow to load or raises what nobody foresaw.

A plugin of somebody else runs in this process. What it does wrong must not look like awsops' own
output or awsops' own defect: it is named, with its file and line where there is one.
"""

from __future__ import annotations

import contextlib
import io
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.errors import DefectError
from awsops.plugin import SPEC_ATTRIBUTE

if TYPE_CHECKING:
    from awsops.command_line.binding import Invocation
    from awsops.events import Note

# Whoever types the noun waits for it, and so does Tab.
SLOW_SECONDS = 1.5
_OWN = ("awsops.", "awsops_plugins.")
_MOST_SHOWN = 60


class _Loudly(io.TextIOBase):
    """Stands for stdout while somebody else's code runs: what it prints is no data."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._said = False

    def write(self, text: str) -> int:
        if text.strip() and not self._said:
            self._said = True
            self._say(text.strip().splitlines()[0][:_MOST_SHOWN])
        return len(text)


@contextlib.contextmanager
def watched_load(who: str, complain: Callable[[str], object]) -> Iterator[None]:
    """While a plugin is loaded: nothing that it prints is data, and how long it takes is told."""
    began = time.monotonic()
    with silenced(lambda text: complain(f"{who} prints while it is loaded: {text!r}")):
        yield
    took = time.monotonic() - began
    if took > SLOW_SECONDS:
        complain(
            f"{who} took {took:.1f} s to load: what it imports at the top belongs into the "
            "functions that use it"
        )


@contextlib.contextmanager
def silenced(say: Callable[[str], object]) -> Iterator[None]:
    """What is printed meanwhile is told once, and does not reach stdout."""
    with contextlib.redirect_stdout(_Loudly(say)):
        yield


@contextlib.contextmanager
def prints_told(invocation: Invocation, note: Callable[[None, Note], object]) -> Iterator[None]:
    """What a plugin of somebody else prints is no data: it is told, and kept from stdout."""
    if invocation.spec.function.__module__.startswith("awsops_plugins."):
        yield
        return
    from awsops.events import Note

    printed: list[str] = []
    with silenced(printed.append):
        yield
    for text in printed:
        said = f"{invocation.title} prints, and stdout is for rows alone: {text!r}"
        note(None, Note(said, "warning"))


def broken(command: str, what: str) -> DefectError:
    """The error for a command that does not keep to the one Plan that comes first."""
    return DefectError(
        f"{command} {what}", hint="this is a defect of the plugin: one Plan comes, and comes first"
    )


def whose(error: BaseException) -> str:
    """`awsops`, `the plugin mine (/x/mine.py:12)`, or of both where ours was called by theirs."""
    ours = theirs = None
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        names = frame.f_globals
        module = str(names.get("__name__", ""))
        if module.startswith(_OWN):
            ours = ours or module
        elif theirs is None and _is_plugin(module, names):
            place = f"{frame.f_code.co_filename}:{line}"
            theirs = f"the plugin {_noun(module)} ({place})"
            break
    if theirs is None:
        return "awsops"
    return f"awsops or of {theirs}" if ours is not None else theirs


def _is_plugin(module: str, names: dict[str, Any]) -> bool:
    return module.startswith("awsops_dropins.") or any(
        hasattr(value, SPEC_ATTRIBUTE) for value in list(names.values()) if callable(value)
    )


def _noun(module: str) -> str:
    return module.removeprefix("awsops_dropins.").replace("_", "-")


def line_of(error: BaseException, file: Path | None) -> str:
    """`mine.py:7`: where in a plugin's file loading it failed; empty where that is not known."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{Path(error.filename).name}:{error.lineno}"
    lines = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if file is not None and frame.f_code.co_filename == str(file)
    ]
    return f"{file.name}:{lines[-1]}" if file is not None and lines else ""
