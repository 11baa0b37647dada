from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from awsops.errors import PartialError, UsageError
from awsops.events import Note, Plan, Progress
from awsops.output import FORMATS, default_format, open_renderer
from awsops.output.selection import check_fields, declared_fields

MakeEnv = Callable[..., Any]
QUEUES = (
    {"name": "orders", "visible": 12, "dlq": "orders-dlq"},
    {"name": "orders-dlq", "visible": 500, "dlq": None},
)


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    visible: int


@dataclass(frozen=True, slots=True)
class Skipped:
    name: str
    reason: str


def render(make_env: MakeEnv, format: str, rows: Any = QUEUES, **options: Any) -> str:
    env = make_env()
    renderer = open_renderer(format, env, **options)
    for row in rows:
        renderer.row(row, {})
    renderer.close()
    return str(env.stdout.getvalue())


def test_a_terminal_gets_a_table_and_a_pipe_gets_ndjson(make_env: MakeEnv) -> None:
    assert default_format(make_env(tty=True)) == "table"
    assert default_format(make_env(tty=False)) == "ndjson"


def test_an_unknown_format_names_the_right_ones(make_env: MakeEnv) -> None:
    with pytest.raises(UsageError, match="xml") as caught:
        open_renderer("xml", make_env())
    assert all(format in str(caught.value.hint) for format in FORMATS)


def test_fields_choose_and_order_the_columns(make_env: MakeEnv) -> None:
    text = render(make_env, "csv", fields=("visible", "name"))
    assert text == "visible,name\r\n12,orders\r\n500,orders-dlq\r\n"


def test_a_wrong_field_lists_the_right_ones_and_guesses(make_env: MakeEnv) -> None:
    with pytest.raises(UsageError, match="'Visable'") as caught:
        render(make_env, "ndjson", fields=("name", "Visable"))
    assert "did you mean 'visible'?" in str(caught.value.hint)
    assert "name, visible, dlq" in str(caught.value.hint)


def test_a_field_that_a_later_row_lacks_is_null(make_env: MakeEnv) -> None:
    rows = (Queue("a", 1), Skipped("b", "gone"))
    text = render(make_env, "ndjson", rows, fields=("name", "visible"))
    assert text.splitlines()[1] == '{"name":"b","visible":null}'


def test_the_columns_of_a_target_may_be_asked_for_when_there_is_one_target(
    make_env: MakeEnv,
) -> None:
    text = render(make_env, "csv", fields=("profile", "name"))
    assert text.splitlines()[1] == ",orders"


def test_the_prefix_comes_first_and_never_over_a_column_of_the_row(make_env: MakeEnv) -> None:
    env = make_env()
    renderer = open_renderer("ndjson", env)
    renderer.row({"name": "a", "region": "eu-west-1"}, {"profile": "dev", "region": "us-east-1"})
    assert env.stdout.getvalue() == '{"profile":"dev","name":"a","region":"eu-west-1"}\n'


def test_a_query_sees_the_list_of_all_rows_and_what_is_left_is_cut_to_its_fields(
    make_env: MakeEnv,
) -> None:
    text = render(make_env, "ndjson", query="[?visible > `100`]", fields=("name",))
    assert text == '{"name":"orders-dlq"}\n'


@pytest.mark.parametrize(
    ("format", "query", "text"),
    [
        ("json", "length(@)", "2\n"),
        ("json", "[9]", "null\n"),
        ("json", "[].name", '[\n  "orders",\n  "orders-dlq"\n]\n'),
        ("ndjson", "[].name", '"orders"\n"orders-dlq"\n'),
        ("ndjson", "sum([].visible)", "512\n"),
        ("yaml", "[0].name", "orders\n"),
        ("yaml", "{n: length(@)}", "n: 2\n"),
        ("csv", "[].[name, visible]", "value_1,value_2\r\norders,12\r\norders-dlq,500\r\n"),
        ("csv", "[9]", ""),
        ("text", "[].name", "orders\norders-dlq\n"),
        ("text", "[].[name, visible]", "orders\t12\norders-dlq\t500\n"),
        ("text", "[0].visible", "12\n"),
        ("text", "[9]", ""),
        ("table", "[].{N: name}", "N\norders\norders-dlq\n"),
        ("table", "length(@)", "VALUE\n    2\n"),
        ("table", "[9]", ""),
    ],
)
def test_a_query_result_of_any_kind_has_a_form(
    make_env: MakeEnv, format: str, query: str, text: str
) -> None:
    assert render(make_env, format, query=query) == text


def test_errors_stand_behind_the_rows_that_a_query_left(make_env: MakeEnv) -> None:
    env = make_env()
    renderer = open_renderer("json", env, query="[].name")
    renderer.row(QUEUES[0], {})
    renderer.error({"code": "AccessDenied"})
    renderer.close()
    assert sorted(map(str, json.loads(env.stdout.getvalue()))) == sorted(
        ["orders", "{'error': {'code': 'AccessDenied'}}"]
    )


@pytest.mark.parametrize(
    ("query", "reason", "caret"),
    [
        ("[?name == 'x'", "ends too early", 13),
        ("a..b", "got: dot", 2),
        ("[?a = b]", "Unknown token '='", 4),
        ("'注文' ]", "Unexpected token", 7),
        ("[].lenght(@)", "unknown function lenght(); did you mean length()?", 3),
        ("length(@, @)", "takes 1 argument(s), not 2", 0),
        ("merge()", "takes at least 1 argument(s), not 0", 0),
    ],
)
def test_a_bad_query_is_refused_before_any_row_with_a_caret_where_it_is_wrong(
    make_env: MakeEnv, query: str, reason: str, caret: int
) -> None:
    with pytest.raises(UsageError) as caught:
        open_renderer("json", make_env(), query=query)
    message, shown, pointer = caught.value.message.split("\n")
    assert reason in message
    assert shown == f"  {query}"
    assert pointer == f"  {' ' * caret}^"


@pytest.mark.parametrize("query", ["", "  "])
def test_an_empty_query_is_refused(make_env: MakeEnv, query: str) -> None:
    with pytest.raises(UsageError, match="--query is empty"):
        open_renderer("json", make_env(), query=query)


def test_a_query_that_does_not_suit_the_rows_is_a_usage_error(make_env: MakeEnv) -> None:
    with pytest.raises(UsageError, match="sum"):
        render(make_env, "json", query="sum([].name)")


def test_json_is_one_array_even_after_a_query_that_failed(make_env: MakeEnv) -> None:
    env = make_env()
    renderer = open_renderer("json", env, query="sum([].name)")
    renderer.row(QUEUES[0], {})
    renderer.error({"code": "AccessDenied"})
    with pytest.raises(UsageError):
        renderer.close()
    renderer.close()
    assert json.loads(env.stdout.getvalue()) == [{"error": {"code": "AccessDenied"}}]


def test_fields_after_a_query_that_left_no_objects_say_so(make_env: MakeEnv) -> None:
    with pytest.raises(UsageError, match="--fields needs rows"):
        render(make_env, "json", query="[].name", fields=("name",))


@pytest.mark.parametrize("format", ["csv", "text"])
def test_a_row_of_another_shape_keeps_to_the_columns_and_the_loss_is_told_at_the_end(
    make_env: MakeEnv, format: str
) -> None:
    env = make_env()
    renderer = open_renderer(format, env)
    renderer.row(Queue("a", 1), {})
    renderer.row(Skipped("b", "gone"), {})
    renderer.row(Queue("c", 3), {})
    with pytest.raises(PartialError, match="reason"):
        renderer.close()
    lines = env.stdout.getvalue().splitlines()[-3:]
    assert [line.replace("\t", ",") for line in lines] == ["a,1", "b,", "c,3"]


def test_a_table_gives_every_shape_a_table_of_its_own(make_env: MakeEnv) -> None:
    text = render(make_env, "table", (Queue("a", 1), Skipped("b", "gone"), Queue("c", 3)))
    assert text.split("\n\n")[0].split() == ["NAME", "VISIBLE", "a", "1", "c", "3"]
    assert text.split("\n\n")[1].split() == ["NAME", "REASON", "b", "gone"]


def _typed() -> Iterator[Plan | Progress | Note | Queue | Skipped]:
    yield from ()


def _one_kind() -> Iterator[Queue]:
    yield from ()


def _bare() -> Iterator[Any]:
    yield from ()


def _mapping() -> Iterator[Queue | dict[str, object]]:
    yield from ()


def _events() -> Iterator[Plan | Note]:
    yield from ()


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (_typed, ("name", "visible", "reason")),
        (_one_kind, ("name", "visible")),
        (_bare, None),
        (_mapping, None),
        (_events, None),
    ],
)
def test_a_command_declares_its_fields_by_its_annotation(
    function: Callable[..., Any], names: tuple[str, ...] | None
) -> None:
    assert declared_fields(function) == names


def test_fields_can_be_checked_before_anything_runs() -> None:
    check_fields(("name", "account"), ("name", "visible"))
    with pytest.raises(UsageError, match="no field 'nam'"):
        check_fields(("nam",), ("name", "visible"))
