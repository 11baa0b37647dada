"""Colours can be read on light and on dark terminals."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from awsops.output.style import knows_cube
from awsops.testing import Result

Rgb = tuple[int, int, int]
GROUNDS: dict[str, Rgb] = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "Solarized light": (0xFD, 0xF6, 0xE3),
    "Solarized dark": (0x00, 0x2B, 0x36),
    "Dracula": (0x28, 0x2A, 0x36),
    "One Dark": (0x28, 0x2C, 0x34),
}
READABLE = 3.0  # WCAG 2.2, 1.4.11 and 1.4.3 for large text
_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_CUBE = re.compile(r"38;5;(\d+)")
COMMANDS = {
    "a table with states": ["kinesis", "ls", "-p", "demo-dev"],
    "an error": ["sqs", "attrs", "orders-dlp", "-p", "demo-dev"],
    "a plan": ["sqs", "redrive", "orders-dlq", "-p", "demo-*", "--dry-run"],
    "lines of targets": ["logs", "tail", "/demo/orders-api", "--since", "1h", "-p", "demo-*"],
    "lines of groups": ["logs", "tail", "/demo/*", "--since", "1h", "-p", "demo-dev"],
    "a chart": [
        *("logs", "query", "stats count(*) as n by bin(10m), level", "-g", "/demo/orders-api"),
        *("--since", "3h", "-p", "demo-dev"),
    ],
    "the manual": ["help", "sqs"],
}


def colour(number: int) -> Rgb:
    """Of the 6x6x6 cube, which xterm laid down and all have kept."""
    red, green, blue = (number - 16) // 36, (number - 16) // 6 % 6, (number - 16) % 6
    levels = [0, 95, 135, 175, 215, 255]
    return levels[red], levels[green], levels[blue]


def luminance(rgb: Rgb) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    shares = [value / 255 for value in rgb]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_on_a_terminal_with_256_colours_every_colour_can_be_read(
    awsops: Callable[..., Result], command: list[str]
) -> None:
    result = awsops(command, tty=True, environ={"TERM": "xterm-256color"})
    codes = set(_SGR.findall(result.stdout + result.stderr))
    assert codes
    numbers = {int(number) for code in codes for number in _CUBE.findall(code)}
    for number in numbers:
        for name, ground in GROUNDS.items():
            assert contrast(colour(number), ground) >= READABLE, f"{number} on {name}"
    plain = {part for code in codes for part in _CUBE.sub("", code).split(";") if part}
    assert plain <= {"0", "1", "2", "3", "4"}  # no colour of a theme, no ground


def test_a_terminal_that_does_not_say_so_gets_no_256_colours(awsops: Callable[..., Result]) -> None:
    for command in COMMANDS.values():
        result = awsops(command, tty=True, environ={"TERM": "xterm"})
        assert not _CUBE.search(result.stdout + result.stderr)


@pytest.mark.parametrize(
    ("environ", "many"),
    [
        ({}, False),
        ({"TERM": "xterm"}, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-direct"}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, True),
        ({"WT_SESSION": "1"}, True),
    ],
    ids=str,
)
def test_which_terminals_know_256_colours(environ: dict[str, str], many: bool) -> None:
    assert knows_cube(environ) is many
