"""`awsops logs tail` as a person sees it, and which engine it takes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from awsops_plugins.logs.engines import choose_engine
from awsops_plugins.logs.lines import spread_json
from awsops_plugins.logs.tailing import OVERLAP_MS, poll
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from awsops.api import NotFoundError, UsageError
from awsops.sandbox import control
from awsops.sandbox.accounts import ACCOUNTS
from awsops.testing import Result, Sandbox
from tests.plugins.logs_place import GROUP, START, LocalLogs, follower

Run = Callable[..., Result]
Process = Callable[..., Any]
TAIL = ["logs", "tail", "/demo/orders-api", "--since", "3h", "-p", "demo-dev"]
_SGR = re.compile(r"\x1b\[[0-9;]*m")


def test_an_event_from_a_clock_five_minutes_behind_is_seen() -> None:
    logs = LocalLogs()
    tail = follower(logs, START - 10, since_arrival=START * 1000)
    logs.put((START, "now"))
    seen = tail.look()
    logs.put((START - 300, "from a slow clock"))
    for _ in range(60):
        logs.sleep(1)
        seen += tail.look()
    assert [event.message for event in seen] == ["now", "from a slow clock"]


def test_what_was_there_before_the_time_asked_for_stays_out() -> None:
    logs = LocalLogs()
    logs.put((START - 100, "old"))
    logs.sleep(50)
    tail = follower(logs, START - 10, since_arrival=int(logs.now * 1000))
    assert tail.look() == []


def test_a_look_far_back_is_rare() -> None:
    logs = LocalLogs()
    tail = follower(logs, START - 10, since_arrival=START * 1000)
    sinces: list[int] = []
    real = logs.service.answer

    def answer(operation: str, params: Any, *rest: Any) -> Any:
        sinces.append(params["startTime"])
        return real(operation, params, *rest)

    logs.put((START, "x"))
    logs.service.answer = answer  # type: ignore[method-assign]
    for _ in range(60):
        logs.sleep(1)
        tail.look()
    deep = sum(since < START * 1000 - OVERLAP_MS for since in sinces)
    assert 2 <= deep <= 4


@pytest.mark.parametrize(
    ("count", "rate", "log_class", "engine", "reason"),
    [
        (1, 9.0, "STANDARD", "poll", "the group is looked at every 0.9 s"),
        (20, 9.0, "STANDARD", "poll", "10 groups at most"),
        (10, 4.5, "STANDARD", "live", "charged by the minute"),
        (10, 4.5, "INFREQUENT_ACCESS", "poll", "Standard class"),
    ],
)
def test_auto_chooses_and_says_why(
    count: int, rate: float, log_class: str, engine: str, reason: str
) -> None:
    groups = [{"logGroupName": f"/{n}", "logGroupClass": log_class} for n in range(count)]
    choice = choose_engine("auto", groups, follow=True, rate=rate)
    assert choice.engine == engine
    assert reason in choice.reason


def test_a_group_that_live_tail_cannot_follow_is_named() -> None:
    group = {"logGroupName": "/cold", "logGroupClass": "INFREQUENT_ACCESS"}
    with pytest.raises(UsageError, match="/cold is INFREQUENT_ACCESS"):
        choose_engine("live", [group], follow=True, rate=9.0)


def test_a_short_json_line_stays_one_line() -> None:
    spread = spread_json('{"a":1.50,"b":[true,null]}', 40, 80)
    assert _SGR.sub("", spread or "") == '{"a": 1.50, "b": [true, null]}'


def test_json_that_fits_below_stands_below_on_one_line() -> None:
    spread = spread_json('{"level":"ERROR","n":1}', 10, 40)
    assert _SGR.sub("", spread or "") == '\n  {"level": "ERROR", "n": 1}'


def test_a_long_json_line_has_a_line_for_each_member() -> None:
    spread = spread_json('{"level":"ERROR","path":"/checkout","tags":[],"n":{"a":1}}', 20, 40)
    assert _SGR.sub("", spread or "").splitlines() == [
        "",
        "  {",
        '    "level": "ERROR",',
        '    "path": "/checkout",',
        '    "tags": [],',
        '    "n": {',
        '      "a": 1',
        "    }",
        "  }",
    ]


@pytest.mark.parametrize("text", ["plain", "[INFO] started", "{not json}", '{"a": 1'])
def test_what_is_no_json_stays_as_it_is(text: str) -> None:
    assert spread_json(text, 10, 10) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=30, deadline=None)
@given(value=st.lists(_JSON, max_size=4) | st.dictionaries(st.text(), _JSON, max_size=4))
@pytest.mark.parametrize("room", [5, 10_000])
def test_spread_json_says_the_same(value: Any, room: int) -> None:
    import json

    text = json.dumps(value)
    assert json.loads(_SGR.sub("", spread_json(text, room, room) or "")) == value


def test_colours_are_for_terminals_that_want_them(awsops: Run) -> None:
    def coloured(*words: str, tty: bool = True, **environ: str) -> bool:
        return "\x1b[" in awsops([*TAIL, *words], tty=tty, environ=environ).stdout

    assert coloured()
    assert not coloured("--color", "never")
    assert not coloured(NO_COLOR="1")
    assert coloured("--color", "always", "--format", "{time}", tty=False)


def test_lines_of_several_accounts_say_whose_they_are_in_two_colours(awsops: Run) -> None:
    shown = awsops([*TAIL, "-p", "demo-prod"], tty=True, width=400).stdout
    labels = set(re.findall(r"^\x1b\[(\d+)m(demo-\w+)/[\w-]+\x1b", shown, re.MULTILINE))
    assert {name for _, name in labels} == {"demo-dev", "demo-prod"}
    assert len({colour for colour, _ in labels}) == 2


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_json_line_is_not_wider_than_the_screen_with_the_name_of_its_target_before_it(
    awsops: Run, width: int
) -> None:
    words = [*TAIL, "-p", "demo-prod", "--color", "never"]
    shown = awsops(words, tty=True, width=width).stdout.splitlines()
    assert any("/eu-west-1  2" in line for line in shown)
    assert [line for line in shown if "{" in line and len(line) > width] == []


def test_lines_of_one_profiles_roles_say_which_account_they_are_of(
    awsops: Run, tmp_path: Path
) -> None:
    accounts = ("222222222222", "333333333333")
    entry = "- {{profile: demo-dev, region: eu-west-1, role: ops, account: '{}'}}\n"
    (tmp_path / "targets.yaml").write_text("".join(map(entry.format, accounts)))
    words = [*TAIL[:-2], "--targets", str(tmp_path / "targets.yaml"), "--color", "never"]
    shown = awsops(words, tty=True, width=400)
    labels = set(re.findall(r"^demo-dev\S+", shown.stdout, re.MULTILINE))
    assert labels == {f"demo-dev+ops@{account}/eu-west-1" for account in accounts}


def test_a_pipe_gets_the_message_as_it_is(awsops: Run) -> None:
    rows = awsops(TAIL).rows
    assert rows
    assert all("\n" not in row["message"] and "\x1b" not in row["message"] for row in rows)


def test_a_tail_that_is_refused_says_where_to_go_on(awsops: Run, monkeypatch: Any) -> None:
    from awsops_plugins.logs import tail_command

    real = tail_command.poll

    def poll(*words: Any, **options: Any) -> Any:
        yield from real(*words, **{**options, "follow": False})
        raise UsageError("the credentials have expired")

    monkeypatch.setattr(tail_command, "poll", poll)
    result = awsops([*TAIL, "-f"])
    assert re.search(r"shown up to (\S+Z): --since \1 goes on from there", result.stderr)
    assert result.exit_code == 2


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_wrong_is_said_and_since_goes_by_the_services(
    awsops: Run, monkeypatch: Any, hours: int
) -> None:
    from awsops import aws

    monkeypatch.setattr(aws, "ahead_of_service", lambda answer, now: 3600.0 * hours)
    result = awsops([*TAIL[:3], "--since", "90m", "-p", "demo-dev"])
    first = min((row["time"] for row in result.rows), default="")
    asked = time.time() - 3600 * hours - 5400
    assert f"clock is 1h {'ahead of' if hours > 0 else 'behind'} AWS's" in result.stderr
    assert first >= time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(asked - 60))


def tailed_until(
    process: Process, argv: list[str], sandbox: Sandbox, enough: Callable[[list[Any]], bool]
) -> tuple[list[Any], str]:
    """The rows of a tail that is ended with Ctrl-C as soon as they are enough, and what it said."""
    running = process([*argv, "-p", "demo-dev"], sandbox.environ)
    rows: list[Any] = []
    while not enough(rows):
        line = running.stdout.readline()
        assert line, running.communicate()
        rows.append(json.loads(line))
    running.send_signal(signal.SIGINT)
    rest, said = running.stdout.read(), running.stderr.read()
    assert running.wait() == 130, said
    return rows + [json.loads(line) for line in rest.splitlines()], said


def test_a_session_that_ends_loses_and_repeats_nothing(
    process: Process, awsops_sandbox: Sandbox
) -> None:
    awsops_sandbox.renew()
    logs = boto(awsops_sandbox)
    sent: list[str] = []

    def put(text: str) -> None:
        at = int(control.now(awsops_sandbox.info) * 1000)
        logs.put_log_events(
            logGroupName="/demo/vpc-flow",
            logStreamName="live-test",
            logEvents=[{"timestamp": at, "message": text}],
        )
        sent.append(text)

    def feed() -> None:
        for number in range(30):
            if number == 12:
                control.advance(awsops_sandbox.info, 3 * 3600 + 1)  # the session is over
            put(f"event {number}")
            time.sleep(0.05)

    logs.create_log_stream(logGroupName="/demo/vpc-flow", logStreamName="live-test")
    put("before the session")
    feeder = threading.Thread(target=feed)

    def enough(rows: list[Any]) -> bool:
        if rows and feeder.ident is None:
            feeder.start()  # the first is there: the tail is under way
        return len(rows) > 30

    words = ["logs", "tail", "/demo/vpc-flow", "-f", "--engine", "live", "--since", "30s"]
    rows, said = tailed_until(process, [*words, "--grep", "event|before"], awsops_sandbox, enough)
    feeder.join()
    seen = [row["message"] for row in rows if row["stream"] == "live-test"]
    assert sorted(seen) == sorted(sent)
    assert "the Live Tail session ended; a new one goes on" in said


def test_auto_goes_over_to_polling_when_live_tail_samples_and_shows_them_all(
    process: Process, awsops_sandbox: Sandbox
) -> None:
    awsops_sandbox.renew()
    region = "eu-central-1"  # 5 calls a second there: 8 groups are too many to poll
    logs = boto(awsops_sandbox, region)
    for number in range(8):
        logs.create_log_group(logGroupName=f"/many/{number}")
        logs.create_log_stream(logGroupName=f"/many/{number}", logStreamName="s")
    sent: list[str] = []

    control.reset_calls(awsops_sandbox.info)

    def feed() -> None:
        while "logs.StartLiveTail" not in control.calls(awsops_sandbox.info).calls:
            time.sleep(0.05)
        for burst in range(3):
            at = int(control.now(awsops_sandbox.info) * 1000)
            texts = [f"burst {burst}, {number}" for number in range(800)]
            logs.put_log_events(
                logGroupName=f"/many/{burst}",
                logStreamName="s",
                logEvents=[{"timestamp": at, "message": text} for text in texts],
            )
            sent.extend(texts)
            time.sleep(0.5)

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    words = ["logs", "tail", "/many/*", "-f", "-r", region]
    rows, said = tailed_until(process, words, awsops_sandbox, lambda rows: len(rows) >= 3 * 800)
    feeder.join()
    assert "Live Tail, charged by the minute" in said
    assert "polling from here on, which shows them all" in said
    assert sorted(row["message"] for row in rows) == sorted(sent)


def boto(sandbox: Sandbox, region: str = "eu-west-1") -> Any:
    """A client of the first demo account."""
    account = ACCOUNTS[0]
    return botocore.session.Session(profile=None).create_client(
        "logs",
        region_name=region,
        endpoint_url=sandbox.endpoint,
        aws_access_key_id=account.access_key,
        aws_secret_access_key=account.secret,
        config=Config(proxies={}),
    )


def test_the_fields_of_events_are_those_that_their_rows_have(awsops: Run) -> None:
    shown = awsops([*TAIL, "--fields", "time,stream", "-o", "csv"])
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.splitlines()[0] == "time,stream"
    assert awsops([*TAIL, "--fields", "tiem"]).exit_code == 2


def test_on_a_terminal_the_chosen_fields_stand_in_the_line(awsops: Run) -> None:
    words = [*TAIL, "--color", "never"]
    shown = awsops([*words, "--fields", "stream,time"], tty=True)
    assert shown.exit_code == 0, shown.stderr
    assert re.fullmatch(r"(api  20\d\d-\d\d-\d\dT[\d:.]+Z\n)+", shown.stdout)
    wrong = awsops([*words, "--fields", "tiem"], tty=True)
    assert wrong.exit_code == 2
    assert "did you mean 'time'?" in wrong.stderr
    two = awsops([*words, "-p", "demo-prod", "--fields", "account"], tty=True).stdout.split("\n")
    assert {line.split()[1] for line in two if line} == {"111111111111", "333333333333"}
    counted = awsops([*words, "--query", "length(@)"], tty=True).stdout
    assert counted.split()[0] == "VALUE"


def test_it_says_what_it_follows_and_after_ctrl_c_from_where_to_go_on(
    process: Process, awsops_sandbox: Sandbox
) -> None:
    awsops_sandbox.renew()
    options = {"stdout": subprocess.DEVNULL}
    running = process([*TAIL, "-f", "--engine", "poll"], awsops_sandbox.environ, **options)
    assert "following /demo/orders-api from 20" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    assert " --since 20" in running.stderr.read()
    assert running.wait() == 130


class Serial(Executor):
    """Everything at once, in this thread."""

    def submit(self, fn: Any, /, *args: Any, **more: Any) -> Any:
        made: Future[Any] = Future()
        try:
            made.set_result(fn(*args, **more))
        except Exception as error:
            made.set_exception(error)
        return made


def _followed(*groups: LocalLogs, looks: int) -> Iterator[str]:
    """What a tail of them shows and says in so many rounds."""
    clock = groups[0]
    until = clock.now + looks
    followers = [follower(logs, START - 10, since_arrival=START * 1000) for logs in groups]
    for number, each in enumerate(followers):
        each.name = f"group {number}"
    for seen in poll(
        followers,
        rate=9.0,
        follow=True,
        pool=Serial(),
        sleep=clock.sleep,
        clock=lambda: clock.now,
        stopped=lambda: clock.now > until,
    ):
        yield seen if isinstance(seen, str) else seen.message


def test_a_group_that_is_deleted_and_made_again_does_not_end_a_tail_of_others() -> None:
    stays, goes = LocalLogs(), LocalLogs()
    stays.put((START, "stays"))
    goes.put((START, "goes"))
    tail = _followed(stays, goes, looks=30)
    assert sorted([next(tail), next(tail)]) == ["goes", "stays"]
    goes._call("DeleteLogGroup", {"logGroupName": GROUP})
    assert next(tail) == "log group group 1 was deleted; it is shown again once it is back"
    stays.put((stays.now, "still here"))
    assert next(tail) == "still here"
    goes._call("CreateLogGroup", {"logGroupName": GROUP})
    assert next(tail) == "log group group 1 is back"


def test_a_tail_whose_only_group_is_deleted_ends_and_names_it() -> None:
    logs = LocalLogs()
    logs.put((START, "last words"))
    tail = _followed(logs, looks=30)
    assert next(tail) == "last words"
    logs._call("DeleteLogGroup", {"logGroupName": GROUP})
    assert next(tail).startswith("log group group 0 was deleted")
    with pytest.raises(NotFoundError, match="deleted meanwhile: group 0"):
        next(tail)


@pytest.mark.parametrize("verb", ["tail", "query"])
def test_a_time_that_is_yet_to_come_is_refused_and_says_how_late_it_is(
    awsops: Run, verb: str
) -> None:
    words = {"tail": ["/demo/orders-api"], "query": ["fields @message", "-g", "/demo/orders-api"]}
    result = awsops(["logs", verb, *words[verb], "--since", "2099-01-01", "-p", "demo-dev"])
    assert result.exit_code == 2
    assert "--since 2099-01-01 is in the future: it is 20" in result.stderr
    assert "without a zone is UTC" in result.stderr
