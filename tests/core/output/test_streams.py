"""Real processes: what is imported, when rows appear, and a reader that goes away."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import textwrap
from pathlib import Path

import pytest

ROWS = """
from awsops.api import Host, command

@command()
def ls(host: Host):
    for number in range({count}):
        yield {{"number": number, "text": "x" * 100}}
"""
SOURCE = '"""Many rows."""\n' + ROWS


def environment(folder: Path, count: int) -> dict[str, str]:
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "many.py").write_text(SOURCE.format(count=count))
    return {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "AWSOPS_PLUGIN_PATH": str(plugins),
        "PYTHONWARNINGS": "error",
    }


def awsops(*arguments: str) -> list[str]:
    start = "import sys; from awsops.cli import entry_point; sys.exit(entry_point())"
    return [sys.executable, "-c", start, *arguments]


@pytest.mark.parametrize("format", ["table", "json", "ndjson", "yaml", "csv", "text"])
def test_a_reader_that_goes_away_is_no_error_and_leaves_no_traceback(
    tmp_path: Path, format: str
) -> None:
    rows = 5_000  # far more than a pipe holds
    with subprocess.Popen(
        awsops("many", "ls", "-o", format),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path, rows),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        stderr = process.stderr.read().decode()
    assert stderr == ""
    assert process.returncode == 0


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with full.open("w") as stdout:
        done = subprocess.run(
            awsops("many", "ls", "-o", "ndjson"),
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment(tmp_path, 10),
            check=False,
        )
    assert done.returncode == 1
    assert b"OutputFailed: the output could not be written: No space left" in done.stderr
    assert b"Traceback" not in done.stderr


WAITING = """
import sys
from awsops.api import Aws, Host, command

def rows():
    yield {"a": "first"}
    sys.stdin.readline()
    yield {"a": "second"}

@command()
def local(host: Host):
    yield from rows()

@command(needs_credentials=False)
def target(aws: Aws):
    yield from rows()
"""


@pytest.mark.parametrize("verb", ["local", "target"])
@pytest.mark.parametrize("format", ["ndjson", "csv", "text"])
def test_a_row_is_read_before_the_next_one_is_made(tmp_path: Path, format: str, verb: str) -> None:
    environ = environment(tmp_path, 0) | {"AWS_REGION": "eu-west-1"}
    (tmp_path / "plugins" / "slow.py").write_text(f'"""Rows that wait."""\n{WAITING}')
    with subprocess.Popen(
        awsops("slow", verb, "-o", format),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environ,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        while b"first" not in (line := process.stdout.readline()):
            assert line, "the program ended"
        process.stdin.write(b"\n")
        process.stdin.close()
        assert b"second" in process.stdout.read()


HEAVY = ("rich", "yaml", "jmespath", "csv", "decimal", "difflib", "botocore")


@pytest.mark.parametrize(
    ("format", "allowed"),
    [("ndjson", set()), ("json", set()), ("text", set()), ("csv", {"csv"}), ("table", set())],
)
def test_a_format_imports_nothing_that_it_does_not_need(format: str, allowed: set[str]) -> None:
    code = f"""
        import sys
        from awsops.env import Env
        from awsops.errors import UsageError
        from awsops.output import Console, open_renderer
        env = Env.from_process()
        renderer = open_renderer({format!r}, env)
        renderer.row({{"name": "orders", "visible": 1}}, {{}})
        renderer.close()
        Console(env).error("sqs ls", None, UsageError("no"))
        sys.stderr.write("imported " + " ".join(m for m in {HEAVY!r} if m in sys.modules))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    first, *imported = done.stderr.splitlines()[-1].split()
    assert first == "imported"
    assert set(imported) <= allowed


def test_on_a_real_terminal_rows_are_a_table(tmp_path: Path) -> None:
    main, other = pty.openpty()
    try:
        done = subprocess.run(
            awsops("many", "ls"),
            stdin=other,
            stdout=other,
            stderr=subprocess.PIPE,
            env=environment(tmp_path, 1) | {"COLUMNS": "50", "NO_COLOR": "1"},
            check=False,
        )
        shown = os.read(main, 10_000).decode().replace("\r\n", "\n")
    finally:
        os.close(main)
        os.close(other)
    assert done.returncode == 0, done.stderr
    assert shown.split("\n")[0] == "number  0"
    assert max(map(len, shown.split("\n"))) <= 50


def test_live_lines_fit_the_terminal_behind_stderr_when_stdout_is_a_pipe(tmp_path: Path) -> None:
    code = """
        from awsops.env import Env
        from awsops.events import Progress
        from awsops.output import Console
        console = Console(Env.from_process())
        console.progress("prod/eu-west-1", Progress(1, 2, "messages", "word " * 50))
        console.close()
    """
    main, other = pty.openpty()
    try:
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdout=subprocess.PIPE,
            stderr=other,
            env={"HOME": str(tmp_path), "TERM": "xterm"},
            check=True,
        )
        shown = os.read(main, 10_000).decode()
    finally:
        os.close(main)
        os.close(other)
    line, _, rest = shown.partition("\x1b[K")
    assert line.startswith("prod/eu-west-1   50%  1/2 messages  word")
    assert len(line) == 49
    assert rest.endswith("\x1b[1A\r\x1b[J")
