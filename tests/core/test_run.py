"""One command over many targets: streams, failures, plans, confirmations and exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from awsops.testing import FakeClock, Result, ScriptedPrompter

if TYPE_CHECKING:
    from tests.conftest import Answer, Call, Loopback

Cli = Callable[..., Result]
Write = Callable[..., Path]
Start = Callable[..., subprocess.Popen[str]]

# How long a test waits for what should happen at once: liveness, not speed.
PATIENCE = 30.0
THREE = ["one", "three", "two"]


@pytest.fixture
def three(loopback: Loopback) -> dict[str, str]:
    """An environment with the profiles one, three and two (accounts ...1, ...2, ...3)."""
    return loopback.accounts(THREE)


# -- reading ------------------------------------------------------------------------------


@pytest.fixture
def whom(write_plugin: Write) -> None:
    """`whom am`: who AWS says we are."""
    write_plugin(
        "whom",
        """
        @command()
        def am(aws: Aws):
            yield Row(aws.client("sts").get_caller_identity()["Account"])
        """,
    )


def test_one_target_gives_its_rows_alone(whom: None, cli: Cli, three: dict[str, str]) -> None:
    result = cli(["whom", "am", "-p", "two"], three)
    assert (result.exit_code, result.rows) == (0, [{"name": "000000000003"}])


def test_several_targets_put_profile_account_and_region_before_their_rows(
    whom: None, cli: Cli, three: dict[str, str]
) -> None:
    result = cli(["whom", "am", "-p", "one", "-p", "two", "-o", "json"], three)
    assert result.rows == [
        {"profile": p, "account": a, "region": "eu-west-1", "name": a}
        for p, a in (("one", "000000000001"), ("two", "000000000003"))
    ]


def test_whole_formats_keep_the_order_in_which_the_targets_were_named(
    whom: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    others = threading.Semaphore(0)

    def first_comes_last(call: Call) -> Answer:
        if call.account == "000000000001":
            assert others.acquire(timeout=PATIENCE)
            assert others.acquire(timeout=PATIENCE)
        else:
            others.release()
        return loopback.usual(call)

    loopback.answer = first_comes_last
    result = cli(["whom", "am", "-p", "*", "-o", "json"], three)
    assert [row["profile"] for row in result.rows] == THREE


def test_rows_stream_while_other_targets_still_work(
    whom: None, process: Start, three: dict[str, str], loopback: Loopback
) -> None:
    row_was_read = threading.Event()

    def slow_for_two(call: Call) -> Answer:
        if call.account == "000000000003":
            assert row_was_read.wait(PATIENCE)
        return loopback.usual(call)

    loopback.answer = slow_for_two
    running = process(["whom", "am", "-p", "one", "-p", "two"], three)
    assert running.stdout is not None
    first = json.loads(running.stdout.readline())
    assert running.poll() is None
    row_was_read.set()
    out, err = running.communicate(timeout=PATIENCE)
    assert (first["profile"], json.loads(out)["profile"]) == ("one", "two")
    assert (running.returncode, err) == (0, "")


def denied_to_two(loopback: Loopback) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        if call.account == "000000000003":
            return loopback.refusal(call, "AccessDenied", status=403)
        return loopback.usual(call)

    return answer


def test_a_failed_target_stops_no_other_and_the_exit_code_says_partial(
    whom: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    loopback.answer = denied_to_two(loopback)
    result = cli(["whom", "am", "-p", "*"], three)
    assert result.exit_code == 6
    assert {row["profile"] for row in result.rows if "profile" in row} == {"one", "three"}
    assert "whom am [two/eu-west-1]: AccessDenied: refused" in result.stderr
    assert "may not call GetCallerIdentity" in result.stderr


@pytest.mark.parametrize("format", ["ndjson", "json", "yaml"])
def test_json_formats_carry_the_error_of_each_target(
    format: str, whom: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    loopback.answer = denied_to_two(loopback)
    result = cli(["whom", "am", "-p", "*", "-o", format], three)
    if format == "yaml":
        assert "error:" in result.stdout
        assert "AccessDenied" in result.stdout
        return
    [error] = [row["error"] for row in result.rows if "error" in row]
    assert (error["code"], error["profile"]) == ("AccessDenied", "two")


@pytest.mark.parametrize("format", ["csv", "text", "table"])
def test_other_formats_carry_data_only(
    format: str, whom: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    loopback.answer = denied_to_two(loopback)
    result = cli(["whom", "am", "-p", "*", "-o", format], three)
    assert result.exit_code == 6
    assert "000000000001" in result.stdout
    assert "AccessDenied" not in result.stdout


def test_targets_that_all_fail_alike_give_that_exit_code(
    whom: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    loopback.answer = lambda call: loopback.refusal(call, "AccessDenied", status=403)
    assert cli(["whom", "am", "-p", "*"], three).exit_code == 4


def test_targets_that_fail_differently_give_exit_code_1(
    whom: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    loopback.answer = lambda call: loopback.refusal(
        call, "AccessDenied" if call.account.endswith("1") else "NoSuchThing"
    )
    assert cli(["whom", "am", "-p", "*"], three).exit_code == 1


def test_fail_fast_starts_no_further_target(
    whom: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    loopback.answer = lambda call: loopback.refusal(call, "AccessDenied", status=403)
    result = cli(["whom", "am", "-p", "*", "-j", "1", "--fail-fast"], three)
    assert (result.exit_code, len(loopback.calls)) == (4, 1)
    assert result.stderr.count("not started") == 2


def test_jobs_bounds_the_targets_at_work_at_a_time(
    whom: None, cli: Cli, loopback: Loopback
) -> None:
    lock, at_work, most = threading.Lock(), [0], [0]

    def counting(call: Call) -> Answer:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        time.sleep(0.02)
        with lock:
            at_work[0] -= 1
        return loopback.usual(call)

    loopback.answer = counting
    names = [f"p{number}" for number in range(12)]
    result = cli(["whom", "am", "-p", "p*", "-j", "3"], loopback.accounts(names))
    assert (result.exit_code, len(result.rows)) == (0, 12)
    assert 1 <= most[0] <= 3


# -- what a command may raise, and the code of each ---------------------------------------

ENDINGS = {
    "nothing": ("return; yield", 0),
    "a row": ("yield Row('a')", 0),
    "AwsopsError": ("raise AwsopsError('no'); yield", 1),
    "UsageError": ("raise UsageError('no'); yield", 2),
    "an unforeseen exception": ("yield Row('a'); raise ZeroDivisionError", 3),
    "SystemExit": ("yield Row('a'); raise SystemExit(0)", 3),
    "DefectError": ("raise DefectError('no'); yield", 3),
    "CredentialsError": ("raise CredentialsError('no'); yield", 4),
    "NotFoundError": ("raise NotFoundError('no'); yield", 5),
    "PartialError": ("yield Row('a'); raise PartialError('some')", 6),
    "PendingError": ("raise PendingError('not yet'); yield", 8),
    "a Plan of a command that reads": ("yield Plan(())", 3),
    "no generator at all": ("print(end='')", 3),
    "a list": ("return [Row('a')]", 3),
}


@pytest.mark.parametrize(("ending", "code"), ENDINGS.values(), ids=ENDINGS)
def test_what_a_command_raises_becomes_its_exit_code(
    ending: str, code: int, write_plugin: Write, cli: Cli, three: dict[str, str]
) -> None:
    write_plugin("end", f"@command()\ndef now(aws: Aws):\n    {ending}\n")
    result = cli(["end", "now", "-p", "one"], three)
    assert result.exit_code == code, result
    assert "Traceback" not in result.stderr


# -- plans --------------------------------------------------------------------------------

CHANGE = """
    @command(mutates=True)
    def make(aws: Aws, count: Annotated[int, Option(help="How many.")] = 1):
        changes = tuple(Change("create", f"queue-{n}") for n in range(count))
        yield Plan(changes)
        if not changes:
            yield Note("there is nothing to make")
            return
        for change in changes:
            aws.client("sqs").create_queue(QueueName=change.resource)
            yield change
            yield Row(change.resource)
    """


@pytest.fixture
def maker(write_plugin: Write) -> None:
    """`queue make`: plans and creates queues."""
    write_plugin("queue", CHANGE)


def made(loopback: Loopback) -> list[str]:
    """Which accounts a queue was created in, in no order."""
    return sorted(c.account[-1] for c in loopback.calls if c.operation == "CreateQueue")


def test_yes_at_the_prompt_carries_out_the_plan(
    maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["queue", "make", "-p", "two"], three, tty=True, answers=["yes"])
    assert (result.exit_code, made(loopback)) == (0, ["3"])
    assert "queue-0" in result.stdout
    assert "000000000003" in result.stderr


def test_no_at_the_prompt_changes_nothing_and_exits_1(
    maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["queue", "make", "-p", "two"], three, tty=True, answers=["no"])
    assert (result.exit_code, made(loopback)) == (1, [])
    assert "nothing was changed" in result.stderr


def test_the_plans_of_several_targets_are_asked_for_once(
    maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    prompter = ScriptedPrompter(["y"])
    result = cli(["queue", "make", "-p", "*"], three, tty=True, prompter=prompter)
    assert (result.exit_code, made(loopback)) == (0, ["1", "2", "3"])
    assert len(prompter.questions) == 1
    assert all(f"00000000000{n}" in prompter.questions[0] for n in (1, 2, 3))


def test_without_a_terminal_nothing_is_changed_and_the_option_is_named(
    maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["queue", "make", "-p", "two"], three)
    assert (result.exit_code, made(loopback)) == (2, [])
    assert "--yes" in result.stderr
    assert "queue-0" in result.stderr


@pytest.mark.parametrize("flag", ["--yes", "-y"])
def test_yes_on_the_command_line_asks_nobody(
    flag: str, maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["queue", "make", "-p", "*", flag], three, tty=True)
    assert (result.exit_code, made(loopback)) == (0, ["1", "2", "3"])


def test_a_dry_run_shows_the_plan_and_changes_nothing(
    maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["queue", "make", "-p", "*", "--dry-run", "-y"], three, tty=True)
    assert (result.exit_code, made(loopback)) == (0, [])
    assert "3 accounts" in result.stderr


@pytest.mark.parametrize(
    "options", [{}, {"tty": True, "answers": ["n"], "width": 200}], ids=["dry run", "declined"]
)
def test_a_command_whose_plan_is_not_carried_out_is_ended_and_may_fail_at_it(
    write_plugin: Write, cli: Cli, three: dict[str, str], options: dict[str, Any]
) -> None:
    write_plugin(
        "holder",
        """
        @command(mutates=True)
        def act(aws: Aws):
            try:
                yield Plan((Change("paint", "wall", why_no_undo="paint does not come off"),))
            finally:
                raise AwsopsError("the record could not be let go of")
        """,
    )
    result = cli(
        ["holder", "act", "-p", "one", *([] if options else ["--dry-run"])], three, **options
    )
    assert result.exit_code == 1
    assert "the record could not be let go of" in result.stderr


def test_a_dry_run_gives_the_planned_changes_as_rows(
    maker: None, cli: Cli, three: dict[str, str]
) -> None:
    result = cli(["queue", "make", "-p", "one", "--count", "2", "--dry-run"], three)
    assert [row["resource"] for row in result.rows] == ["queue-0", "queue-1"]


def test_an_empty_plan_asks_nobody_and_exits_0(
    maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    result = cli(["queue", "make", "-p", "*", "--count", "0"], three)
    assert (result.exit_code, made(loopback)) == (0, [])
    assert result.stderr.count("there is nothing to make") == 3


def test_a_target_that_cannot_plan_is_left_out_of_the_change(
    maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    loopback.answer = denied_to_two(loopback)
    result = cli(["queue", "make", "-p", "*", "--yes"], three)
    assert (result.exit_code, made(loopback)) == (6, ["1", "2"])


def test_with_fail_fast_one_target_that_cannot_plan_stops_the_change_everywhere(
    maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    loopback.answer = denied_to_two(loopback)
    result = cli(["queue", "make", "-p", "*", "--yes", "--fail-fast"], three)
    assert made(loopback) == []
    assert result.exit_code != 0


def test_with_fail_fast_a_change_that_fails_ends_the_plans_that_are_left(
    write_plugin: Write, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    write_plugin(
        "queue",
        """
        CLOSED = []

        @command(mutates=True)
        def make(aws: Aws):
            try:
                yield Plan((Change("create", "queue"),))
                aws.client("sqs").create_queue(QueueName="queue")
            finally:
                CLOSED.append(aws.target.profile)
        """,
    )
    loopback.answer = lambda call: (
        loopback.refusal(call, "AccessDenied")
        if call.operation == "CreateQueue"
        else loopback.usual(call)
    )
    result = cli(["queue", "make", "-p", "*", "--yes", "--fail-fast", "-j", "1"], three)
    assert (result.exit_code, len(made(loopback))) == (4, 1)
    assert sorted(sys.modules["awsops_dropins.queue"].CLOSED) == THREE


VIOLATIONS = {
    "a row before the plan": "yield Row('a'); yield Plan(())",
    "a change before the plan": "yield Change('a', 'b'); yield Plan(())",
    "no plan": "yield Note('hello')",
    "nothing": "return; yield",
    "a second plan": "yield Plan((Change('a', 'b'),)); yield Plan(())",
}


@pytest.mark.parametrize("body", VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_command_that_breaks_the_plans_contract_is_a_defect(
    body: str, write_plugin: Write, cli: Cli, three: dict[str, str]
) -> None:
    write_plugin("bad", f"@command(mutates=True)\ndef act(aws: Aws):\n    {body}\n")
    result = cli(["bad", "act", "-p", "one", "--yes"], three)
    assert result.exit_code == 3
    assert "bad act" in result.stderr
    assert "Plan" in result.stderr


def test_the_time_a_person_takes_to_answer_does_not_count_towards_the_timeout(
    maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    clock = FakeClock(1_800_000_000.0)

    class Slow(ScriptedPrompter):
        def confirm(self, question: str, **limits: Any) -> bool:
            clock.sleep(3600)
            return super().confirm(question, **limits)

    argv = ["queue", "make", "-p", "two", "--timeout", "60s"]
    result = cli(argv, three, tty=True, prompter=Slow(["y"]), clock=clock)
    assert (result.exit_code, made(loopback)) == (0, ["3"])


# -- output that fails --------------------------------------------------------------------


def test_a_wrong_field_is_told_after_the_change_was_carried_to_its_end(
    maker: None, cli: Cli, three: dict[str, str], loopback: Loopback
) -> None:
    argv = ["queue", "make", "-p", "one", "--count", "3", "--yes", "--fields", "nam"]
    result = cli(argv, three)
    assert (result.exit_code, made(loopback)) == (2, ["1", "1", "1"])
    assert "name" in result.stderr


def test_a_reader_that_leaves_does_not_stop_a_change_half_way(
    maker: None, process: Start, three: dict[str, str], loopback: Loopback
) -> None:
    running = process(["queue", "make", "-p", "one", "--count", "12", "--yes"], three)
    assert running.stdout is not None
    running.stdout.readline()
    running.stdout.close()
    assert running.wait(PATIENCE) == 0
    assert len(made(loopback)) == 12


def test_a_full_disk_is_an_error_and_no_defect(
    whom: None, process: Start, three: dict[str, str]
) -> None:
    with open("/dev/full", "w") as full:
        running = process(["whom", "am", "-p", "*"], three, stdout=full)
        _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1
    assert "No space left on device" in err
    assert "Traceback" not in err


# -- ending early -------------------------------------------------------------------------


WAITER = """
    @command()
    def tidy(aws: Aws):
        yield Row("begun")
        while not aws.cancelled.is_set():
            aws.sleep(60)
        yield Note("left tidy")

    @command()
    def stubborn(aws: Aws):
        yield Row("begun")
        time.sleep(600)
    """


@pytest.fixture
def waiter(write_plugin: Write) -> None:
    """`wait tidy` ends when it is told to, `wait stubborn` never does."""
    write_plugin("wait", WAITER)


def test_a_timeout_ends_the_run_with_8(waiter: None, cli: Cli, three: dict[str, str]) -> None:
    result = cli(["wait", "tidy", "-p", "one", "--timeout", "1s"], three)
    assert result.exit_code == 8
    assert "left tidy" in result.stderr
    assert "1 s are over: finishing what is in flight" in result.stderr


def begun(process: Start, verb: str, environ: dict[str, str]) -> subprocess.Popen[str]:
    running = process(["wait", verb, "-p", "one"], environ)
    assert running.stdout is not None
    assert "begun" in running.stdout.readline()
    return running


def test_the_first_interrupt_lets_the_command_leave_things_tidy(
    waiter: None, process: Start, three: dict[str, str]
) -> None:
    running = begun(process, "tidy", three)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "left tidy" in err
    assert "Traceback" not in err


def test_the_second_interrupt_quits_at_once(
    waiter: None, process: Start, three: dict[str, str]
) -> None:
    running = begun(process, "stubborn", three)
    running.send_signal(signal.SIGINT)
    assert running.stderr is not None
    assert "Ctrl-C again" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    err = running.stderr.read()
    assert running.wait(PATIENCE) == 130
    assert "did not stop within" not in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_command_that_does_not_stop_is_given_up_after_the_grace_time(
    waiter: None, process: Start, three: dict[str, str]
) -> None:
    running = begun(process, "stubborn", three)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "one/eu-west-1 did not stop within 5 s" in err


def test_a_call_in_flight_does_not_hold_up_the_second_interrupt(
    whom: None, process: Start, three: dict[str, str], loopback: Loopback
) -> None:
    arrived, end = threading.Event(), threading.Event()

    def hanging(call: Call) -> Answer:
        arrived.set()
        end.wait(PATIENCE)
        return None

    loopback.answer = hanging
    running = process(["whom", "am", "-p", "*"], three)
    assert arrived.wait(PATIENCE)
    running.send_signal(signal.SIGINT)
    assert running.stderr is not None
    running.stderr.readline()
    running.send_signal(signal.SIGINT)
    assert running.wait(PATIENCE) == 130
    end.set()


def test_no_further_target_begins_after_an_interrupt(
    waiter: None, process: Start, three: dict[str, str]
) -> None:
    running = process(["wait", "tidy", "-p", "*", "-j", "1"], three)
    assert running.stdout is not None
    running.stdout.readline()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert err.count("not started") == 2
    assert out.count("begun") == 0
