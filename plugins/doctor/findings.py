"""A line of the doctor, and how a check makes one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Status = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `next` says what to type or do where it is not ok."""

    area: str
    status: Status
    finding: str
    next: str | None


def ok(area: str, finding: str) -> Finding:
    """Nothing is to be done."""
    return Finding(area, "ok", finding, None)


def warning(area: str, finding: str, next: str) -> Finding:
    """It works, and `next` says what would be better."""
    return Finding(area, "warning", finding, next)


def error(area: str, finding: str, next: str) -> Finding:
    """It does not work until somebody has done `next`."""
    return Finding(area, "error", finding, next)


def short(path: Path | str) -> str:
    """A path as people write it: `~` for the home folder."""
    home = str(Path.home())
    text = str(path)
    return f"~{text.removeprefix(home)}" if text.startswith(home + "/") else text
