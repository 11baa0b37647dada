"""How a table gives way when the terminal is narrow: no cell is lost, no word is broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from awsops.output.layout import lay_out

Rows = Sequence[Mapping[str, object]]


def table(rows: Rows, width: int) -> list[str]:
    return list(lay_out(rows, width, lambda text, role: text))


SETTINGS = [
    {"key": "defaults.output", "value": "table on a terminal, else ndjson", "source": "default"},
    {"key": "defaults.jobs", "value": "64", "source": "default"},
    {"key": "defaults.region", "value": "eu-west-1", "source": "environment AWS_REGION"},
    {"key": "file", "value": "/home/somebody/.config/awsops/config.toml", "source": "default"},
    {"key": "defaults.color", "value": "auto", "source": "default"},
]


def test_a_few_long_cells_among_short_ones_stand_below_their_rows() -> None:
    assert table(SETTINGS, 60) == [
        "KEY              VALUE      SOURCE",
        "defaults.output             default",
        "    value  table on a terminal, else ndjson",
        "defaults.jobs    64         default",
        "defaults.region  eu-west-1  environment AWS_REGION",
        "file                        default",
        "    value  /home/somebody/.config/awsops/config.toml",
        "defaults.color   auto       default",
    ]


FUNCTION = {
    "name": "check-orders",
    "runtime": "python3.12",
    "deprecated": False,
    "deprecated_at": "2028-10-31",
    "memory_mb": 512,
    "timeout_seconds": 30,
    "code_bytes": 48213,
    "changed_at": "2026-11-20T13:30:48Z",
    "state": "Active",
}


def test_many_short_columns_are_a_table_still_with_the_widest_below() -> None:
    lines = table([FUNCTION, {**FUNCTION, "name": "orders"}], 80)
    assert lines[1].split()[:2] == ["NAME", "RUNTIME"]
    assert [line.split()[0] for line in lines[2:]] == [
        *("check-orders", "deprecated_at", "changed_at"),
        *("orders", "deprecated_at", "changed_at"),
    ]


FINDINGS = [
    {
        "area": "profile demo-staging",
        "status": "ok",
        "finding": "~/.config/awsops/config.toml does not exist: the defaults hold",
        "next": None,
    },
    {
        "area": "completion",
        "status": "warning",
        "finding": "not installed for bash",
        "next": "awsops completion install",
    },
]


def test_the_longest_prose_is_wrapped_in_its_column_and_other_prose_stands_below() -> None:
    assert table(FINDINGS, 80) == [
        "AREA                  STATUS   FINDING",
        "profile demo-staging  ok       ~/.config/awsops/config.toml does not exist: the",
        "                               defaults hold",
        "completion            warning  not installed for bash",
        "    next  awsops completion install",
    ]


def test_what_names_the_row_stays_first_however_narrow_the_screen_is() -> None:
    assert table(FINDINGS, 60)[1].startswith("profile demo-staging  ok")


def test_a_column_of_prose_with_a_word_longer_than_it_is_not_wrapped() -> None:
    path = "/srv/a-folder-with-a-long-name/and-a-file-in-it.toml"
    rows = [{"area": "x" * 20, "finding": f"{path} does not exist", "next": "y" * 12}]
    assert any(path in line for line in table(rows, 80))


CELLS = st.one_of(
    st.none(),
    st.integers(0, 10**9),
    st.sampled_from(["-", "standard", "demo-dev", "2026-11-20T13:30:48Z", "a few words here"]),
    st.text("abcdefgh ", min_size=1, max_size=70).map(lambda text: f"v{text.strip()}"),
)
NAMES = ["name", "type", "in_flight", "max_receive_count", "url", "note", "state", "arn"]


@given(
    rows=st.integers(1, 8).flatmap(
        lambda n: st.lists(
            st.tuples(*[CELLS] * n).map(lambda cells: dict(zip(NAMES, cells, strict=False))),
            min_size=1,
            max_size=5,
        )
    ),
    width=st.sampled_from([60, 80, 120, 200]),
)
def test_whatever_the_rows_are_nothing_is_lost_and_no_line_is_too_long(
    rows: list[dict[str, object]], width: int
) -> None:
    lines = table(rows, width)
    assert [line for line in lines if len(line) > width] == []
    shown = "".join("".join(lines).split())
    for row in rows:
        for value in row.values():
            for word in str("" if value is None else value).split():
                assert word in shown
