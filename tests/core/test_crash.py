"""An unforeseen exception: one line, the trace in a file, and no secret in either."""

from __future__ import annotations

import stat
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awsops.crash import scrub
from awsops.testing import Result

if TYPE_CHECKING:
    from tests.conftest import Loopback

# The shape of a secret access key; the sandbox's own say that they are none.
SECRET = "wJalrXUtnFEMIzK7MDENGxbPxRfiCYzEXAMPLExx"
TOKEN = "FwoGZXIvYXdzEBYaDEXAMPLETOKEN" * 4
BODIES = {
    "in a local variable": "secret = KEY; raise ZeroDivisionError",
    "in the message": "raise ValueError(KEY)",
    "in the middle of the message": "raise ValueError('cannot use ' + KEY + ' there')",
    "in a chained exception": """
        try:
            raise ValueError(KEY)
        except ValueError as error:
            raise RuntimeError("it failed") from error
        """,
    "in the exception that was being handled": """
        try:
            raise ValueError(KEY)
        except ValueError:
            raise RuntimeError("it failed")
        """,
    "in a note": """
        error = ValueError("it failed")
        error.add_note(KEY)
        raise error
        """,
    "in a group": "raise ExceptionGroup('several', [ValueError(KEY)])",
    "in a thread of the plugin's own": """
        def work():
            raise ValueError(KEY)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        """,
}


@pytest.fixture
def crash(
    write_plugin: Callable[..., Path],
    cli: Callable[..., Result],
    loopback: Loopback,
    tmp_path: Path,
) -> Callable[..., tuple[Result, Path]]:
    """Runs a command with this body; what was printed, and the file with the trace."""

    def run(body: str, key: str = SECRET) -> tuple[Result, Path]:
        # The value comes from a file: a literal would stand in the source lines of the trace.
        (tmp_path / "key").write_text(key)
        lines = "\n".join(f"        {line}" for line in body.splitlines())
        write_plugin(
            "bad",
            "@command()\ndef act(aws: Aws):\n"
            f"    KEY = __import__('pathlib').Path({str(tmp_path / 'key')!r}).read_text()\n"
            f"    if True:\n{lines}\n    yield Row('done')\n",
        )
        result = cli(["bad", "act", "-p", "a"], loopback.accounts(["a"]))
        [trace] = (tmp_path / ".local/state/awsops").glob("crash-*.log")
        return result, trace

    return run


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_secret_reaches_neither_the_screen_nor_the_trace(
    body: str, crash: Callable[..., tuple[Result, Path]]
) -> None:
    result, trace = crash(textwrap.dedent(body).strip())
    assert result.exit_code == 3
    assert SECRET not in result.stdout + result.stderr
    assert SECRET not in trace.read_text()
    assert "Error" in trace.read_text() or "Exception" in trace.read_text()


def test_the_keys_in_use_are_masked_whatever_they_look_like(
    crash: Callable[..., tuple[Result, Path]],
) -> None:
    body = "raise ValueError('with ' + aws._sessions.credentials(aws.target).secret_key)"
    result, trace = crash(body)
    assert "not/a/secret/a" not in result.stderr + result.stdout + trace.read_text()
    assert "ValueError: with ****" in result.stderr


def test_the_person_reads_one_line_and_where_the_trace_is(
    crash: Callable[..., tuple[Result, Path]],
) -> None:
    result, trace = crash("raise ZeroDivisionError('it cannot be')")
    first, second, *rest = result.stderr.splitlines()
    assert (
        first == "awsops: bad act [a/eu-west-1]: UnexpectedError: ZeroDivisionError: it cannot be"
    )
    assert str(trace) in second
    assert rest == []


def test_the_trace_is_for_its_owner_alone(crash: Callable[..., tuple[Result, Path]]) -> None:
    _, trace = crash("raise ZeroDivisionError")
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    assert stat.S_IMODE(trace.parent.stat().st_mode) == 0o700
    assert "in act" in trace.read_text()
    assert "ZeroDivisionError" in trace.read_text()


def test_an_exception_that_cannot_say_what_it_is_is_still_one_line(
    crash: Callable[..., tuple[Result, Path]],
) -> None:
    result, _ = crash("raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()")
    assert result.exit_code == 3
    assert "UnexpectedError: Odd" in result.stderr


def test_a_folder_that_cannot_be_written_is_said_and_the_line_still_comes(
    write_plugin: Callable[..., Path], cli: Callable[..., Result], tmp_path: Path
) -> None:
    write_plugin("bad", "@command()\ndef act(aws: Aws):\n    raise ZeroDivisionError\n    yield\n")
    (tmp_path / "file").write_text("")
    result = cli(["bad", "act"], {"AWSOPS_STATE_DIR": str(tmp_path / "file" / "state")})
    assert result.exit_code == 3
    assert "ZeroDivisionError" in result.stderr
    assert "could not be written" in result.stderr


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("aws_secret_access_key = abc", "aws_secret_access_key = ****"),
        ("password='hunter2'", "password='****'"),
        ('{"SessionToken": "x"}', '{"SessionToken": "****"}'),
        ("key AKIAIOSFODNN7EXAMPLE failed", "key **** failed"),
        (f"{SECRET}", "****"),
        (f"token {TOKEN}", "token ****"),
        ("the queue orders-dlq has 500 messages", "the queue orders-dlq has 500 messages"),
        ("arn:aws:sqs:eu-west-1:111111111111:orders", "arn:aws:sqs:eu-west-1:111111111111:orders"),
    ],
)
def test_what_looks_like_a_secret_is_masked_and_the_rest_stays(text: str, kept: str) -> None:
    assert scrub(text, []) == kept
