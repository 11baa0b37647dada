"""What stands below a progress line: columns, bars, wrapped texts, several parts of a target."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.events import Bars, Progress
from awsops.output.cells import cell_width
from awsops.output.details import bars, detail_lines
from tests.core.output.watched import Terminal, Watched

MakeEnv = Callable[..., Any]

RISING = Bars(tuple(float(n) for n in range(40)))
LINES = (("new", "60 calls", RISING), ("old", "1234 calls", RISING))


@pytest.fixture
def watched(make_env: MakeEnv) -> Watched:
    return Watched(make_env(width=80, tty=True))


def show(watched: Watched, part: str = "", **given: Any) -> None:
    watched.env.monotonic.now += 1
    watched.console.progress("prod", Progress(1, 10, "%", part=part, **given))


# -- bars and columns ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "drawn"),
    [((0, 1, 2, 4), "▁▂▄█"), ((0, 0), "▁▁"), ((1, None, 1), "█ █"), ((), "")],
)
def test_a_series_has_a_bar_for_each_value(values: tuple[float, ...], drawn: str) -> None:
    assert bars(Bars(values), 10) == drawn


def test_a_series_is_measured_by_the_top_that_it_shares_with_others() -> None:
    assert bars(Bars((1.0, 2.0), top=8.0), 10) == "▁▂"


def test_the_newest_values_are_the_ones_that_are_drawn() -> None:
    assert bars(Bars((9.0, 0.0, 1.0)), 2) == "▁█"


def test_a_terminal_without_unicode_gets_ascii() -> None:
    line = detail_lines([("new", RISING)], 79, ascii_only=True)[0]
    assert line.isascii()
    assert line.endswith("#")


def test_cells_stand_in_columns_numbers_at_the_right() -> None:
    new, old = detail_lines(LINES, 79)
    assert new.startswith("  new    60 calls  ")
    assert old.startswith("  old  1234 calls  ")


def test_bars_take_what_is_left_and_no_more_than_can_be_told_apart() -> None:
    lengths = [len(detail_lines(LINES, width)[0].split()[-1]) for width in (30, 40, 200)]
    assert lengths == [11, 21, 30]


def test_where_there_is_no_room_the_figures_stay_and_the_bars_go() -> None:
    assert detail_lines(LINES, 20) == ["  new    60 calls", "  old  1234 calls"]


def test_a_text_is_wrapped() -> None:
    lines = detail_lines([("gates: one is ok; another one is ok",)], 22)
    assert lines == ["  gates: one is ok;", "  another one is ok"]


CELLS = st.one_of(
    st.text(max_size=30),
    st.lists(st.one_of(st.none(), st.floats(0, 1e9)), max_size=50).map(lambda v: Bars(tuple(v))),
)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=5), st.integers(20, 250))
def test_no_line_is_wider_than_it_may_be(details: list[list[str | Bars]], width: int) -> None:
    assert all(cell_width(line) <= width for line in detail_lines(details, width))


# -- on a terminal ---------------------------------------------------------------------------


def test_each_part_of_a_target_has_a_block_until_it_has_ended(watched: Watched) -> None:
    show(watched, "orders", details=(("gates: ok",),))
    show(watched, "payments", details=(("gates: alarm",),))
    assert [line.split()[0] for line in watched.lines] == ["prod", "gates:", "prod", "gates:"]
    show(watched, "orders", ended=True)
    watched.console.refresh()
    assert [line.strip() for line in watched.lines[1:]] == ["gates: alarm"]
    watched.console.finished("prod")
    watched.console.close()
    assert watched.lines == []


def test_a_percentage_is_not_told_twice_and_not_rounded_to_nothing(watched: Watched) -> None:
    watched.console.progress("prod", Progress(5, 1000, "%", "to version 3"))
    assert watched.lines == ["prod  [--------------------]  0.5%  to version 3"]


def test_a_countdown_goes_on_between_two_events(watched: Watched) -> None:
    show(watched, message="step 1", next_at=watched.env.clock() + 91)
    assert watched.lines[0].endswith("next in 1m30s, step 1")
    watched.env.monotonic.now += 31
    watched.console.refresh()
    assert watched.lines[0].endswith("next in 59s, step 1")


def test_the_bar_gives_way_to_the_words(watched: Watched) -> None:
    show(watched, message="x" * 40)
    assert "[##------------------]" in watched.lines[0]
    show(watched, message="x" * 50)
    assert "[#---------]" in watched.lines[0]
    show(watched, message="x" * 60)
    assert "[" not in watched.lines[0]
    assert watched.lines[0].endswith("x" * 60)
    show(watched, message="x" * 90)
    assert "[#---------]" in watched.lines[0]


def test_where_a_program_reads_the_rows_that_may_write_here_too_a_part_has_one_line(
    watched: Watched,
) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader), os.fdopen(writer, "w") as watched.env.stdout:
        show(watched, "orders", details=LINES)
        assert len(watched.lines) == 1


def test_notes_stand_above_a_block(watched: Watched) -> None:
    show(watched, "orders", details=LINES)
    watched.console.note("published version 3")
    show(watched, "orders", details=LINES, message="now")
    assert watched.lines[0] == "published version 3"
    assert len(watched.lines) == 4


def test_on_a_low_screen_every_part_keeps_its_first_line(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched.console, "_size", lambda: (80, 8))
    for number in range(4):
        show(watched, f"part-{number}", details=LINES)
    heads = [line for line in watched.lines if line.startswith("prod")]
    assert (len(heads), len(watched.lines)) == (4, 6)


def test_a_block_on_a_terminal_that_became_narrower_is_left_clean(make_env: MakeEnv) -> None:
    watched = Watched(make_env(width=80, tty=True))
    show(watched, "orders", details=LINES)
    narrow = Terminal(30)
    for line in watched.lines:
        narrow.feed(line + "\n")
    watched.terminal, watched.env.fixed_width = narrow, 30
    show(watched, "orders", details=LINES, message="now")
    assert len(watched.lines) == 3
    watched.console.close()
    assert watched.lines == []
