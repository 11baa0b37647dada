"""Where a key stands in an AWS config or credentials file: its line, as an editor counts."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_SECTION = re.compile(r"\[(?P<header>.+)\]")  # configparser.RawConfigParser.SECTCRE
_KEY = re.compile(r"(?P<key>[^\s:=][^:=]*?)\s*[:=]")


@dataclass(frozen=True, slots=True)
class IniFile:
    """A file as it is on disk. `sections` gives the line of each section, `keys` of each key.

    `problem` says why it cannot be used, or that others can read it; None when all is well.
    """

    path: Path
    exists: bool
    sections: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[tuple[str, str], int] = field(default_factory=dict)
    problem: str | None = None

    def place(self, section: str, *keys: str) -> str | None:
        """`path:line` of the first of `keys` that the section has, else of the section."""
        for key in keys:
            line = self.keys.get((section, key))
            if line is not None:
                return f"{self.path}:{line}"
        line = self.sections.get(section)
        return f"{self.path}:{line}" if line is not None else None


def read_ini(path: Path, *, secret: bool = False) -> IniFile:
    """Look at a file that botocore reads too. `secret`: it holds keys, so others must not read it.

    A section is named as it is written, without quotes: `profile p`, `default`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return IniFile(path, exists=False)
    except UnicodeDecodeError as error:
        bad = path.read_bytes()[: error.start].count(b"\n") + 1
        return IniFile(path, exists=True, problem=f"{path}:{bad} is not UTF-8 text")
    except OSError as error:
        return IniFile(path, exists=True, problem=f"{path} cannot be read: {error.strerror}")
    sections: dict[str, int] = {}
    keys: dict[tuple[str, str], int] = {}
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = _SECTION.match(line)
        if header:
            current = _name_of(header["header"])
            sections.setdefault(current, number)
        elif not line[:1].isspace() and (found := _KEY.match(line)):
            keys.setdefault((current, found["key"].lower()), number)
    return IniFile(path, True, sections, keys, _mode_problem(path) if secret else None)


def _name_of(header: str) -> str:
    try:
        return " ".join(shlex.split(header))
    except ValueError:  # an unclosed quote
        return header


def _mode_problem(path: Path) -> str | None:
    if os.name != "posix":
        return None
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return f"{path} can be read by others (mode {mode:04o}): chmod 600 {shlex.quote(str(path))}"
    return None
