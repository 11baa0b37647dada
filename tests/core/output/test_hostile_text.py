"""Whatever stands in a message or a log line: machine formats give it back, terminals show it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from awsops.env import Env, Folders
from awsops.output import Console, open_renderer
from awsops.output.cells import cell_width, visible, wrap
from awsops.testing import ScriptedPrompter

# A busy machine is no reason to fail.
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Lone surrogates come from file names that are not UTF-8. In pairs they are not two characters but
# one, to JSON as to everybody else.
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40).filter(
    lambda text: not PAIR.search(text)
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT
VALUES = st.recursive(
    SCALARS.filter(lambda v: v not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(st.dictionaries(ANY_TEXT, VALUES, min_size=1, max_size=4), max_size=4)
LINES = st.lists(st.tuples(ANY_TEXT, ANY_TEXT), min_size=1, max_size=4)
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# Each of these is read as something else, or badly, by one YAML or JSON reader or another.
NASTY = [
    *("yes", "no", "null", "~", "1e5", "0x1F", "0o14", "089123456789", "12:30:45", "1_000", ".5"),
    *("2024-05-01", "=", "<<", "- a", "a: b", "# c", "&a", "*a", "!a", "%a", "@a", "`a", "", " "),
    *(" x", "x ", "\n", "\n\n", "a\n", "\na", "  a\nb", "a\n b\n", "\t", "a\tb\nc", "\r", "\r\n"),
    *("'", '"', "\\", "\\n", "\x00", "\x1b[2J", "\x7f", "\x85", "\x9b31m", "\u2028", "\ufeff"),
    *("\u202e", "\ud800", "🚚", "👨‍👩‍👧", "注文", "é", "---", "...", "{}", "[]", "NaN", ",", ";"),
]


def string_env(width: int = 80, *, tty: bool = False) -> Env:
    here = Path()
    return Env(
        io.StringIO(),
        io.StringIO(newline=""),
        io.StringIO(),
        {"NO_COLOR": "1"},
        False,
        tty,
        tty,
        Folders(here, here, here),
        ScriptedPrompter(),
        fixed_width=width,
    )


def render(format: str, rows: list[Any], *, width: int = 80, tty: bool = False) -> str:
    env = string_env(width, tty=tty)
    renderer = open_renderer(format, env)
    for row in rows:
        renderer.row(row, {})
    renderer.close()
    assert isinstance(env.stdout, io.StringIO)
    return env.stdout.getvalue()


@relaxed
@given(ROWS)
@example([{text: text} for text in NASTY])
def test_ndjson_gives_back_every_value_a_line_a_row(rows: list[dict[str, object]]) -> None:
    text = render("ndjson", rows)
    assert [json.loads(line) for line in text.splitlines()] == rows
    assert not CONTROL.search(text)


@relaxed
@given(ROWS)
@example([{text: text} for text in NASTY])
def test_json_gives_back_every_value_in_one_array(rows: list[dict[str, object]]) -> None:
    text = render("json", rows)
    assert json.loads(text) == rows
    assert not CONTROL.search(text)


@relaxed
@given(ROWS)
@example([{text: text} for text in NASTY])
def test_yaml_gives_back_every_value_in_one_list(rows: list[dict[str, object]]) -> None:
    text = render("yaml", rows)
    assert yaml.safe_load(text) == rows
    assert not CONTROL.search(text.replace("\t", ""))


@relaxed
@given(LINES)
@example([(text, text) for text in NASTY])
def test_csv_gives_back_every_string(lines: list[tuple[str, str]]) -> None:
    text = render("csv", [{"a": a, "b": b} for a, b in lines])
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert read == [["a", "b"], *([a, b] for a, b in lines)]


@relaxed
@given(st.lists(ANY_TEXT, min_size=1, max_size=4))
@example(NASTY)
def test_csv_of_one_column_has_a_line_for_every_row(values: list[str]) -> None:
    text = render("csv", [{"a": value} for value in values])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a"], *([v] for v in values)]


@relaxed
@given(LINES)
@example([(text, text) for text in NASTY])
def test_text_gives_back_every_string_a_line_a_row(lines: list[tuple[str, str]]) -> None:
    text = render("text", [{"a": a, "b": b} for a, b in lines])
    read = [tuple(map(_unescape, line.split("\t"))) for line in text.removesuffix("\n").split("\n")]
    assert read == lines


def _unescape(text: str) -> str:
    short = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}

    def one(found: re.Match[str]) -> str:
        return short.get(found[1]) or chr(int(found[1][1:], 16))

    return re.sub(r"\\([ntr\\]|x[0-9a-f]{2}|u[0-9a-f]{4})", one, text)


@relaxed
@given(ROWS, st.integers(20, 300))
@example([{text: text} for text in NASTY], 40)
@example([{"注文" * 30: "🚚" * 100, "b": "x" * 400}], 40)
def test_a_table_never_commands_the_terminal(rows: list[dict[str, object]], width: int) -> None:
    assert not CONTROL.search(render("table", rows, width=width, tty=True))


@relaxed
@given(ROWS, st.integers(20, 300))
@example([{text: text} for text in NASTY], 40)
@example([{"注文" * 30: "🚚" * 100, "b": "x" * 400}], 40)
def test_no_line_of_a_table_is_wider_than_the_terminal(
    rows: list[dict[str, object]], width: int
) -> None:
    for line in render("table", rows, width=width).split("\n"):
        assert cell_width(line) <= width


@relaxed
@given(st.lists(st.tuples(st.text("ab:/-", min_size=1, max_size=200), st.integers()), max_size=3))
def test_a_table_loses_nothing_that_a_person_may_have_to_copy(rows: list[tuple[str, int]]) -> None:
    text = render("table", [{"arn": a, "size": n, "url": a[::-1]} for a, n in rows], width=40)
    joined = re.sub(r"\s", "", text)
    for arn, size in rows:
        assert arn in joined
        assert str(size) in joined
        assert arn[::-1] in joined


@relaxed
@given(ANY_TEXT, st.integers(2, 40))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    shown = visible(text)
    lines = wrap(shown, width)
    assert "".join(lines).replace(" ", "") == shown.replace(" ", "")
    assert all(cell_width(line) <= width for line in lines)


@relaxed
@given(ANY_TEXT)
@example("\x1b[2J")
def test_csv_and_text_on_a_terminal_never_command_it(value: str) -> None:
    for format in ("csv", "text"):
        text = render(format, [{value or "a": value}], tty=True)
        assert not CONTROL.search(text.replace("\r\n", "").replace("\t", ""))


def test_a_note_an_error_and_a_label_never_command_the_terminal() -> None:
    from awsops.errors import AwsopsError
    from awsops.events import Progress

    env = string_env(tty=True)
    console = Console(env)
    hostile = "\x9b2J\x1b]0;owned\x07"
    console.note(hostile, "warning", hostile)
    console.error(hostile, hostile, AwsopsError(hostile, hint=hostile, code=hostile))
    assert isinstance(env.stderr, io.StringIO)
    assert not CONTROL.search(env.stderr.getvalue())
    console.progress(hostile, Progress(1, 2, hostile, hostile))
    assert "\x9b" not in env.stderr.getvalue()
    assert "\x1b]" not in env.stderr.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("format", ["json", "ndjson", "yaml", "csv", "text", "table"])
def test_a_stream_of_any_encoding_takes_every_character(format: str, encoding: str) -> None:
    env = string_env()
    raw = io.BytesIO()
    env.stdout = io.TextIOWrapper(raw, encoding=encoding, newline="")
    renderer = open_renderer(format, env)
    renderer.row({"name": "é注文🚚\ud800"}, {})
    renderer.close()
    text = raw.getvalue().decode(encoding)
    if format in ("json", "ndjson", "yaml"):
        read = yaml.safe_load(text) if format == "yaml" else json.loads(text)
        assert read in ([{"name": "é注文🚚\ud800"}], {"name": "é注文🚚\ud800"})
    else:
        shown = "é注文🚚".encode(encoding, "backslashreplace").decode(encoding)
        assert shown + "\\ud800" in text
