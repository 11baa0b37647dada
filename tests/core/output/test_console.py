from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.errors import CredentialsError, UsageError
from awsops.events import Change, Plan, Progress
from awsops.output import Console, plan_rows
from tests.core.output.watched import Terminal, Watched

MakeEnv = Callable[..., Any]


@pytest.fixture
def watched(make_env: MakeEnv) -> Watched:
    return Watched(make_env(width=80, tty=True))


def stderr_of(env: Any) -> str:
    assert isinstance(env.stderr, io.StringIO)
    return env.stderr.getvalue()


# -- errors and notes -------------------------------------------------------------------------


def test_an_error_has_one_form_and_its_hint_a_line_of_its_own(make_env: MakeEnv) -> None:
    env = make_env()
    error = CredentialsError("not yours", hint="ask for it", code="AccessDenied")
    Console(env).error("sqs redrive", "prod/eu-west-1", error)
    assert stderr_of(env) == (
        "awsops: sqs redrive [prod/eu-west-1]: AccessDenied: not yours\nhint: ask for it\n"
    )


@pytest.mark.parametrize(
    ("noun_verb", "label", "text"),
    [
        ("sqs ls", None, "awsops: sqs ls: Usage: wrong\n"),
        ("", None, "awsops: Usage: wrong\n"),
        ("", "dev", "awsops: [dev]: Usage: wrong\n"),
    ],
)
def test_an_error_without_a_target_or_a_command_leaves_them_out(
    make_env: MakeEnv, noun_verb: str, label: str | None, text: str
) -> None:
    env = make_env()
    Console(env).error(noun_verb, label, UsageError("wrong"))
    assert stderr_of(env) == text


def test_the_lines_of_a_message_stay_as_they_are_so_that_a_caret_points_where_it_should(
    make_env: MakeEnv,
) -> None:
    env = make_env()
    Console(env).error("sqs ls", None, UsageError("--query: bad\n  a..b\n    ^"))
    assert stderr_of(env).split("\n")[1:3] == ["  a..b", "    ^"]


@pytest.mark.parametrize("verbose", [True, False])
def test_the_cause_of_an_error_is_told_when_asked_for(make_env: MakeEnv, verbose: bool) -> None:
    env = make_env()
    error = UsageError("wrong")
    error.__cause__ = KeyError("inside")
    Console(env, verbose=verbose).error("sqs ls", None, error)
    assert ("cause: KeyError: 'inside'" in stderr_of(env)) is verbose


@pytest.mark.parametrize(
    ("tty", "environ", "color", "coloured"),
    [
        (True, {}, "auto", True),
        (True, {"NO_COLOR": "1"}, "auto", False),
        (True, {"TERM": "dumb"}, "auto", False),
        (False, {}, "auto", False),
        (False, {}, "always", True),
        (True, {}, "never", False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    make_env: MakeEnv, tty: bool, environ: dict[str, str], color: str, coloured: bool
) -> None:
    env = make_env(tty=tty, environ=environ)
    console = Console(env, color=color)
    console.error("sqs ls", None, UsageError("wrong"))
    console.note("careful", "warning")
    assert ("\x1b[" in stderr_of(env)) is coloured


def test_a_note_names_its_target_and_a_warning_says_that_it_is_one(make_env: MakeEnv) -> None:
    env = make_env()
    console = Console(env)
    console.note("read on")
    console.note("careful", "warning", "prod/eu-west-1")
    assert stderr_of(env) == "read on\nwarning: [prod/eu-west-1] careful\n"


class _Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_stderr_that_nobody_reads_stops_nothing(make_env: MakeEnv) -> None:
    env = make_env(tty=True)
    env.stderr = _Closed()
    console = Console(env)
    console.note("anybody there?")
    console.progress("a", Progress(1, 2))
    console.close()


# -- progress ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("tty", "environ"), [(False, {}), (True, {"TERM": "dumb"})])
def test_off_a_terminal_progress_shows_nothing(
    make_env: MakeEnv, tty: bool, environ: dict[str, str]
) -> None:
    env = make_env(tty=tty, environ=environ)
    console = Console(env)
    console.progress("prod/eu-west-1", Progress(1, 2, "messages"))
    console.finished("prod/eu-west-1")
    console.close()
    assert stderr_of(env) == ""


def test_every_running_target_has_a_line(watched: Watched) -> None:
    watched.progress("prod", 50)
    watched.progress("staging-2", 3, total=None, message="listing")
    assert watched.lines == [
        "prod       [##########----------]   50%  50/100 messages",
        "staging-2  3 messages  listing",
    ]


def test_a_target_that_ended_loses_its_line_and_close_leaves_the_screen_clean(
    watched: Watched,
) -> None:
    watched.progress("prod", 50)
    watched.progress("dev", 1)
    assert len(watched.lines) == 2
    watched.env.monotonic.now += 1
    watched.console.finished("prod")
    assert [line.split()[0] for line in watched.lines] == ["dev"]
    watched.console.close()
    assert watched.lines == []


def test_many_targets_take_few_lines_those_that_still_run_first(watched: Watched) -> None:
    for number in range(200):
        watched.progress(f"t{number}", 100 if number < 100 else 1)
    assert [line.split()[0] for line in watched.lines[:7]] == [f"t{n}" for n in range(100, 107)]
    assert watched.lines[7:] == ["and 193 more"]


def test_notes_and_errors_stand_above_the_live_lines(watched: Watched) -> None:
    watched.progress("prod", 50)
    watched.console.note("a long way", "warning", "prod")
    watched.progress("prod", 60)
    watched.console.error("sqs redrive", "dev", CredentialsError("no", code="AccessDenied"))
    *above, live = watched.lines
    assert above == ["warning: [prod] a long way", "awsops: sqs redrive [dev]: AccessDenied: no"]
    assert "60/100" in live
    watched.console.close()
    assert watched.lines == above


def test_rows_clear_the_way_and_the_next_progress_comes_back(watched: Watched) -> None:
    watched.progress("prod", 50)
    seen: list[list[str]] = []
    watched.console.in_turn(lambda: seen.append(watched.lines))
    assert seen == [[]]
    watched.terminal.feed('{"name":"a row on stdout"}\n')
    watched.progress("prod", 51)
    assert watched.lines[0] == '{"name":"a row on stdout"}'
    assert "51/100" in watched.lines[1]
    assert len(watched.lines) == 2


def test_nothing_is_drawn_or_written_while_a_person_is_asked(watched: Watched) -> None:
    watched.progress("prod", 50)
    with watched.console.undisturbed():
        assert watched.lines == []
        watched.terminal.feed("Apply this? [y/N] ")
        watched.progress("prod", 51)
        watched.env.monotonic.now += 1
        watched.console.refresh()
        watched.console.note("from another target")
        watched.console.in_turn(lambda: watched.env.stderr.write("a row\n"))
        assert watched.lines == ["Apply this? [y/N]"]
        watched.terminal.feed("y\n")
    watched.console.refresh()
    *above, live = watched.lines
    assert above == ["Apply this? [y/N] y", "from another target", "a row"]
    assert "51/100" in live


def test_what_came_during_a_question_is_shown_at_the_end_at_the_latest(watched: Watched) -> None:
    with watched.console.undisturbed():
        watched.console.note("from another target")
    assert watched.lines == []
    watched.console.close()
    assert watched.lines == ["from another target"]


def test_frames_between_two_tenths_of_a_second_are_left_out_but_never_lost(
    watched: Watched,
) -> None:
    watched.progress("prod", 1)
    assert "1/100" in watched.lines[0]
    watched.console.progress("prod", Progress(2, 100, "messages"))
    assert "1/100" in watched.lines[0]
    watched.env.monotonic.now += 1
    watched.console.refresh()
    assert "2/100" in watched.lines[0]


def test_a_new_message_is_shown_at_once(watched: Watched) -> None:
    watched.progress("prod", 1)
    watched.console.progress("prod", Progress(1, 100, "messages", "waiting for the alias"))
    assert watched.lines[0].endswith("waiting for the alias")


@pytest.mark.parametrize("width", [20, 40, 80, 300])
def test_a_live_line_never_reaches_the_last_column(make_env: MakeEnv, width: int) -> None:
    watched = Watched(make_env(width=width, tty=True))
    for number in range(3):
        watched.progress(
            f"a-profile-with-a-very-long-name-{number}/eu-west-1", 1, message="x" * 400
        )
    assert len(watched.lines) == 3
    assert all(len(line) < width for line in watched.lines)


def test_a_terminal_that_became_narrower_is_left_clean(make_env: MakeEnv) -> None:
    watched = Watched(make_env(width=80, tty=True))
    watched.console.note("above")
    watched.progress("prod", 50, message="x" * 60)
    watched.progress("dev", 50, message="x" * 60)
    # The terminal breaks its old lines at the new width, as if they had been written there.
    narrow = Terminal(30)
    for line in watched.lines:
        narrow.feed(line + "\n")
    watched.terminal, watched.env.fixed_width = narrow, 30
    watched.progress("dev", 51)
    assert [line.split()[0] for line in watched.lines] == ["above", "prod", "dev"]
    watched.console.close()
    assert watched.lines == ["above"]


def test_progress_without_a_target_has_a_line_without_a_label(watched: Watched) -> None:
    watched.progress("", 50)
    assert watched.lines[0].startswith("[###")


@pytest.mark.parametrize(("done", "total"), [(0, 0), (5, 0), (7, 5), (-1, 5)])
def test_odd_counts_are_shown_as_they_are(watched: Watched, done: int, total: int) -> None:
    watched.progress("prod", done, total=total)
    assert f"{done}/{total} messages" in watched.lines[0]


# -- plans ------------------------------------------------------------------------------------


def plan_text(env: Any, plans: Any) -> str:
    Console(env).plan(plans)
    return stderr_of(env)


def test_the_blast_radius_is_the_first_line(make_env: MakeEnv) -> None:
    plans = [
        (f"p{n}/{region}", f"{n:012}", Plan((Change("move", "q"),)))
        for n in range(3)
        for region in ("eu-west-1", "us-east-1")
    ]
    first = plan_text(make_env(), plans).split("\n")[0]
    assert first == "Plan: 6 changes in 3 accounts, 2 regions, 6 resources"


def test_a_target_with_nothing_to_do_is_no_part_of_the_blast_radius(make_env: MakeEnv) -> None:
    plans = [
        ("dev/eu-west-1", "1", Plan((Change("move", "q"),))),
        ("prod/us-east-1", "2", Plan(())),
    ]
    text = plan_text(make_env(), plans)
    assert text.startswith("Plan: 1 change in 1 account, 1 region, 1 resource\n")
    assert "nothing to do in prod/us-east-1" in text


def test_a_plan_without_changes_says_so_in_one_line(make_env: MakeEnv) -> None:
    plans = [("dev", "1", Plan(())), ("prod", "2", Plan(()))]
    assert plan_text(make_env(), plans) == "Plan: nothing to do in 2 targets\n"


def test_what_a_long_plan_does_not_list_is_counted(make_env: MakeEnv) -> None:
    changes = tuple(Change("delete", f"q{n}", irreversible=n > 900) for n in range(1000))
    text = plan_text(make_env(), [("dev", "1", Plan(changes))])
    listed = len(re.findall(r"^  [ !] delete  q", text, re.MULTILINE))
    assert f"and {1000 - listed} more: delete {1000 - listed}" in text
    assert "! 99 of these cannot be undone" in text
    assert "! 99 of them cannot be undone" in text


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 300])
def test_no_line_of_a_plan_is_wider_than_the_terminal(
    make_env: MakeEnv, plans: list[Any], width: int
) -> None:
    from awsops.output.cells import cell_width

    lines = plan_text(make_env(width=width), plans).split("\n")
    assert max(map(cell_width, lines)) <= width


def test_a_plan_is_had_as_data_too(plans: list[Any]) -> None:
    rows = plan_rows(plans)
    assert len(rows) == 154
    assert rows[2] == {
        "target": "demo-prod/eu-west-1",
        "account": "111122223333",
        "action": "set",
        "resource": "arn:aws:sqs:eu-west-1:111122223333:注文-orders",
        "detail": "VisibilityTimeout of the queue",
        "before": "30",
        "after": "60",
        "irreversible": False,
        "undo": None,
        "why_no_undo": None,
    }


# -- beside a program that reads the rows and may write to the same terminal ----------------------


@pytest.fixture
def piped(watched: Watched) -> Iterator[Watched]:
    reader, writer = os.pipe()
    with os.fdopen(reader), os.fdopen(writer, "w") as watched.env.stdout:
        yield watched


def test_until_the_first_row_of_a_pipe_the_progress_is_live(piped: Watched) -> None:
    piped.progress("prod", 1)
    piped.progress("prod", 2)
    assert piped.lines == ["prod  [--------------------]    2%  2/100 messages"]


def test_from_the_first_row_of_a_pipe_on_nothing_is_drawn_in_place(piped: Watched) -> None:
    piped.progress("prod", 1)
    piped.console.rows_begin()
    assert piped.lines == []
    piped.terminal.feed("a row as jq shows it\n")
    for done in range(2, 40):
        piped.progress("prod", done)
    piped.console.close()
    first, *rest = piped.lines
    assert first == "a row as jq shows it"
    assert [line.split()[:2] for line in rest] == [
        ["prod", "11%"],
        ["prod", "21%"],
        ["prod", "31%"],
    ]


def test_that_plain_progress_tells_of_the_one_furthest_behind_and_counts_the_others(
    piped: Watched,
) -> None:
    piped.console.rows_begin()
    piped.progress("dev", 100)
    piped.progress("prod", 5, message="m" * 200)
    piped.env.monotonic.now += 10
    piped.console.refresh()
    (line,) = piped.lines
    assert line.startswith("prod    5%  5/100 messages  mmm")
    assert line.endswith("...  (and 1 more)")
    assert len(line) < 80


def test_rows_that_go_to_a_file_leave_the_live_lines_as_they_are(
    watched: Watched, tmp_path: Path
) -> None:
    with (tmp_path / "rows").open("w") as watched.env.stdout:
        watched.console.rows_begin()
        watched.progress("prod", 1)
        watched.progress("prod", 2)
        assert watched.lines == ["prod  [--------------------]    2%  2/100 messages"]


# -- after Ctrl-C ---------------------------------------------------------------------------------


@pytest.mark.parametrize("live", [True, False])
def test_what_the_terminal_shows_of_ctrl_c_is_written_over(watched: Watched, live: bool) -> None:
    if live:
        watched.progress("prod", 1)
        assert len(watched.lines) == 1
    watched.terminal.feed("^C")
    watched.env.cancelled.set()
    watched.console.note("finishing what is in flight", "warning")
    watched.console.note("done")
    assert watched.lines[:2] == ["warning: finishing what is in flight", "done"]


def test_a_terminal_that_cannot_draw_is_told_how_far_it_is_in_plain_lines(
    make_env: MakeEnv,
) -> None:
    env = make_env(width=80, tty=True)
    env.environ = {"TERM": "dumb"}
    console = Console(env)
    for done in range(25):
        console.progress("prod", Progress(done, 100, "messages"))
        env.monotonic.now += 1
    console.finished("prod")
    console.close()
    lines = stderr_of(env).splitlines()
    assert lines == ["prod   10%  10/100 messages", "prod   20%  20/100 messages"]
