"""stdout carries data only, in the format that its reader wants; nothing is shown twice."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awsops.testing import Result

if TYPE_CHECKING:
    from tests.conftest import Loopback

Cli = Callable[..., Result]
Start = Callable[..., subprocess.Popen[str]]

PATIENCE = 30.0


@pytest.fixture(autouse=True)
def rows(write_plugin: Callable[..., Path]) -> None:
    """`shop list`: two rows and a note; `shop flood` many; `shop secret` what must not be seen."""
    write_plugin(
        "shop",
        """
        from datetime import datetime, timezone, timedelta
        from pathlib import Path

        @dataclass(frozen=True, slots=True)
        class Item:
            name: str
            price: float
            since: datetime
            tags: tuple[str, ...]
            secret: Secret

        @command()
        def list(host: Host):
            when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
            yield Note("looking")
            yield Item("pear", 1.5, when, ("a", "b"), Secret("hunter2"))
            yield Item("apple", 2.0, when, (), Secret("hunter2"))

        @command()
        def flood(host: Host):
            for number in range(20_000):
                yield Row(f"row {number}")

        @command(exports_secrets=True)
        def export(host: Host):
            yield {"value": Secret("hunter2")}

        @command()
        def read(host: Host):
            yield {"read": host.env.read_stdin()}

        @command()
        def odd(host: Host):
            yield "a text is no row"
        """,
    )


# -- which format -------------------------------------------------------------------------


def test_off_a_terminal_rows_are_ndjson(cli: Cli) -> None:
    result = cli(["shop", "list"])
    assert [json.loads(line)["name"] for line in result.stdout.splitlines()] == ["pear", "apple"]


def test_on_a_terminal_rows_are_a_table(cli: Cli) -> None:
    lines = cli(["shop", "list"], tty=True).stdout.splitlines()
    assert "NAME" in lines[0].upper()
    assert any("pear" in line for line in lines)
    assert not lines[0].startswith("{")


def test_notes_and_plans_never_reach_stdout(cli: Cli) -> None:
    result = cli(["shop", "list"])
    assert "looking" in result.stderr
    assert "looking" not in result.stdout


def test_json_is_always_one_array(cli: Cli) -> None:
    assert len(json.loads(cli(["shop", "list", "-o", "json"]).stdout)) == 2
    assert json.loads(cli(["shop", "list", "-o", "json", "--query", "[?price>`9`]"]).stdout) == []


def test_times_are_utc_in_every_machine_format(cli: Cli) -> None:
    for format in ("json", "ndjson", "yaml", "csv", "text"):
        assert "2026-01-02T01:04:05Z" in cli(["shop", "list", "-o", format]).stdout


@pytest.mark.parametrize("format", ["table", "json", "ndjson", "yaml", "csv", "text"])
def test_a_secret_is_masked_in_every_format(format: str, cli: Cli) -> None:
    text = cli(["shop", "list", "-o", format]).stdout
    assert "****" in text
    assert "hunter2" not in text


def test_a_secret_is_shown_by_a_command_that_exports_it(cli: Cli) -> None:
    assert cli(["shop", "export"]).rows == [{"value": "hunter2"}]


def test_what_is_no_row_is_shown_as_a_value(cli: Cli) -> None:
    assert cli(["shop", "odd"]).rows == [{"value": "a text is no row"}]


# -- what of the rows ---------------------------------------------------------------------


def test_a_query_is_over_all_rows(cli: Cli) -> None:
    result = cli(["shop", "list", "--query", "sort_by(@, &price)[-1].name"])
    assert result.stdout == '"apple"\n'


@pytest.mark.parametrize("expression", ["[", "foo(", "no_such_function(@)"])
def test_a_query_that_is_none_is_usage(expression: str, cli: Cli) -> None:
    result = cli(["shop", "list", "--query", expression])
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_fields_choose_and_order_the_columns(cli: Cli) -> None:
    result = cli(["shop", "list", "--fields", "price, name", "-o", "csv"])
    assert result.stdout.splitlines() == ["price,name", "1.5,pear", "2.0,apple"]


@pytest.mark.parametrize("format", ["table", "json", "ndjson", "yaml", "csv", "text"])
def test_a_wrong_field_lists_the_right_ones(format: str, cli: Cli) -> None:
    result = cli(["shop", "list", "--fields", "nmae", "-o", format])
    assert result.exit_code == 2
    assert "nmae" in result.stderr
    assert all(name in result.stderr for name in ("name", "price", "since", "tags"))


# -- streams that are not what one expects ------------------------------------------------


def test_a_closed_pipe_exits_0_without_a_word(process: Start) -> None:
    running = process(["shop", "flood"])
    assert running.stdout is not None
    assert running.stdout.readline() == '{"name":"row 0"}\n'
    running.stdout.close()
    assert running.wait(PATIENCE) == 0
    assert running.stderr is not None
    assert running.stderr.read() == ""


@pytest.mark.parametrize("format", ["table", "json", "yaml", "csv"])
def test_head_ends_every_format_quietly(format: str, tmp_path: Path) -> None:
    import sys

    line = "from awsops.cli import entry_point; entry_point()"
    script = 'set -o pipefail; "$0" -c "$1" shop flood -o "$2" | head -1 >/dev/null'
    ran = subprocess.run(
        ["bash", "-c", script, sys.executable, line, format],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def closed(tmp_path: Path, argv: str, streams: str) -> subprocess.CompletedProcess[str]:
    import sys

    line = "from awsops.cli import entry_point; entry_point()"
    return subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {argv} {streams}', sys.executable, line],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_reason_to_fail(streams: str, tmp_path: Path) -> None:
    ran = closed(tmp_path, "shop list", streams)
    assert ran.returncode == 0
    assert "Traceback" not in ran.stderr
    assert bool(ran.stdout) is (">&-" not in streams.replace("2>&-", ""))


def test_a_command_that_reads_a_closed_stdin_reads_nothing(tmp_path: Path) -> None:
    assert closed(tmp_path, "shop read", "<&-").stdout == '{"read":""}\n'


def test_a_change_with_closed_stdin_asks_nobody(
    process: Start, write_plugin: Callable[..., Path], loopback: Loopback
) -> None:
    write_plugin(
        "change",
        """
        @command(mutates=True)
        def it(aws: Aws):
            yield Plan((Change("create", "queue"),))
            aws.client("sqs").create_queue(QueueName="queue")
        """,
    )
    running = process(["change", "it", "-p", "a"], loopback.accounts(["a"]))
    _, err = running.communicate(timeout=PATIENCE)
    # Who it would change is looked at, nothing is changed.
    asked = sorted(loopback.operations())
    assert (running.returncode, asked) == (2, ["GetCallerIdentity", "ListAccountAliases"])
    assert "--yes" in err


@pytest.mark.parametrize(
    ("environ", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_is_for_terminals_that_want_it(
    environ: dict[str, str], colored: bool, process: Start
) -> None:
    main, terminal = pty.openpty()
    try:
        running = process(
            ["shop", "list"], {"TERM": "xterm", **environ}, stdout=terminal, stderr=terminal
        )
        assert running.wait(PATIENCE) == 0
        written = os.read(main, 65536)
    finally:
        os.close(main)
        os.close(terminal)
    assert b"pear" in written
    assert (b"\x1b[" in written) is colored
