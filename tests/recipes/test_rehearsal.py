"""Rehearsal and policy in a sandbox of their own; reports and new recipes from what was done."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from awsops.recipe.permissions import policy_for
from awsops.sandbox.seed import seed
from awsops.testing import Result, Sandbox

Awsops = Callable[..., Result]
TOKEN = "TEST-never-shown-EXAMPLE"
GIVEN = {"AWSOPS_PARAM_TOKEN": TOKEN}
SMALL = """
name: small
summary: Send one message and look.
params:
  queue: {default: orders}
  token: {secret: true, default: null}
steps:
  - {id: send, run: sqs send, with: {queue: "{{ params.queue }}", body: "{{ params.token }}"}}
  - {id: look, run: sqs ls, with: {pattern: "{{ params.queue }}"}, show: true}
  - {id: never, run: sqs purge, with: {queue: orders}, when: "`false`"}
checks:
  - {name: it is there, that: "steps.look.rows[0].visible > `0`", message: it is gone}
"""


@pytest.fixture
def small(tmp_path: Path, awsops_sandbox: Sandbox) -> str:
    seed(awsops_sandbox.info, messages=1)  # whatever other tests have left of it
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


# -- rehearsal -------------------------------------------------------------------------------


def test_a_rehearsal_touches_no_other_sandbox_and_says_what_it_came_to(
    small: str, awsops: Awsops
) -> None:
    before = awsops(["sqs", "ls", "orders", "-p", "demo-dev"]).rows
    result = awsops(["recipe", "rehearse", small, "-p", "demo-dev"], environ=GIVEN)
    assert result.exit_code == 0, result.stderr
    (row,) = result.rows
    assert (row["result"], row["steps"], row["changes"], row["faults"]) == ("passed", 3, 1, 0)
    assert awsops(["sqs", "ls", "orders", "-p", "demo-dev"]).rows == before
    assert awsops(["history", "ls"]).rows == []


def test_a_rehearsal_reads_files_of_the_current_folder_and_leaves_none_there(
    awsops: Awsops, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "copy.yaml"
    path.write_text(
        "name: copy\nsummary: s\nsteps:\n"
        "  - {id: put, run: sqs send, with: {queue: orders, body_file: letter.txt}}\n"
        "  - {id: get, run: sqs export, with: {queue: orders-dlq, file: out.ndjson}}\n"
    )
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "letter.txt").write_text("hello")
    monkeypatch.chdir(desk)
    result = awsops(["recipe", "rehearse", str(path), "-p", "demo-dev"])
    assert result.exit_code == 0, result.stderr
    assert [entry.name for entry in desk.iterdir()] == ["letter.txt"]


def test_a_rehearsal_meets_the_faults_that_are_asked_for(small: str, awsops: Awsops) -> None:
    words = ["recipe", "rehearse", small, "-p", "demo-dev", "--chaos", "error=1,seed=1"]
    result = awsops(words, environ=GIVEN)
    row = result.rows[0]
    assert (row["result"], row["faults"] > 0) == ("failed", True)
    assert result.exit_code == row["exit_code"] != 0


def test_a_rehearsal_begins_with_the_command_lines_of_a_file(
    small: str, awsops: Awsops, tmp_path: Path
) -> None:
    seed = tmp_path / "seed.txt"
    seed.write_text("# a message\nawsops sqs send orders hello -p demo-dev -y\n\n")
    words = ["recipe", "rehearse", small, "-p", "demo-dev", "--seed-from", str(seed)]
    assert awsops(words, environ=GIVEN).rows[0]["changes"] == 1
    seed.write_text("awsops sqs ls -p demo-dev\naws s3 rm s3://everything\n")
    refused = awsops(words, environ=GIVEN)
    assert (refused.exit_code, "seed.txt:2: 'aws' is no command line" in refused.stderr) == (
        2,
        True,
    )


def test_a_policy_names_the_resources_and_what_could_not_be_narrowed(
    small: str, awsops: Awsops
) -> None:
    result = awsops(["recipe", "policy", small, "-p", "demo-dev"], environ=GIVEN)
    assert result.exit_code == 0, result.stderr
    statements = json.loads(result.stdout)["Statement"]
    where = {action: s["Resource"] for s in statements for action in s["Action"]}
    assert where["sqs:SendMessage"] == "arn:aws:sqs:*:*:orders"
    assert where["sqs:ListQueues"] == "*"
    assert "not narrowed: sqs:ListQueues" in result.stderr


REACHED = """
name: reached
summary: Steps that a rehearsal does not reach.
steps:
  - {id: look, run: sqs ls, with: {pattern: orders}}
  - {id: hidden, run: sqs attrs, with: {queue: "{{ steps.look.rows[0].name }}"}, when: "`false`"}
  - {id: empty, run: ecr images, with: {repository: "{{ item }}"},
     for_each: "steps.look.rows[?`false`].name"}
  - {id: fails, run: sqs attrs, with: {queue: nope}}
  - {id: later, run: lambda status, with: {alias: "orders:live"}, when: steps.fails.count > `0`}
"""


def test_a_policy_holds_what_steps_call_that_the_rehearsal_did_not_reach(
    awsops: Awsops, tmp_path: Path
) -> None:
    path = tmp_path / "reached.yaml"
    path.write_text(REACHED)
    result = awsops(["recipe", "policy", str(path), "-p", "demo-dev"])
    document = json.JSONDecoder().raw_decode(result.stdout)[0]
    actions = {action: s["Resource"] for s in document["Statement"] for action in s["Action"]}
    assert actions["lambda:GetAlias"] == "arn:aws:lambda:*:*:function:orders"
    assert "arn:aws:sqs:*:*:orders" in actions["sqs:GetQueueAttributes"]
    assert "rehearsed on their own, without their conditions: hidden, later" in result.stderr
    missing = "may be missing: it could not be rehearsed"
    assert f"what step empty calls {missing} (its for_each was empty)" in result.stderr
    assert f"what step fails calls {missing} (no queue named nope" in result.stderr
    assert (result.exit_code, "the rehearsal failed" in result.stderr) == (1, True)


@pytest.mark.parametrize("verb", ["policy", "rehearse"])
def test_a_parameter_that_is_missing_is_a_usage_error_before_any_rehearsal(
    verb: str, awsops: Awsops
) -> None:
    result = awsops(["recipe", verb, "reshard-hot-stream", "-p", "demo-dev"])
    assert (result.exit_code, "the parameter is missing: stream" in result.stderr) == (2, True)


def test_a_rehearsal_is_given_the_answers_of_a_person(small: str, awsops: Awsops) -> None:
    text = Path(small).read_text().replace("{default: orders}", "{help: Which}")
    Path(small).write_text(text)
    words = ["recipe", "rehearse", small, "-p", "demo-dev", "-o", "ndjson"]
    result = awsops(words, environ=GIVEN, tty=True, answers=["orders"])
    assert (result.exit_code, result.rows[0]["result"]) == (0, "passed")


@pytest.mark.parametrize(
    ("call", "params", "action", "resource"),
    [
        (
            "sqs:SendMessageBatch",
            {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"},
            "sqs:SendMessage",
            "arn:aws:sqs:*:*:jobs",
        ),
        (
            "kinesis:SplitShard",
            {"StreamARN": "arn:aws:kinesis:eu-west-1:111122223333:stream/s"},
            "kinesis:SplitShard",
            "arn:aws:kinesis:*:*:stream/s",
        ),
        (
            "logs:StartQuery",
            {"logGroupNames": ["/aws/lambda/f"]},
            "logs:StartQuery",
            "arn:aws:logs:*:*:log-group:/aws/lambda/f:*",
        ),
        (
            "lambda:Invoke",
            {"FunctionName": "f"},
            "lambda:InvokeFunction",
            "arn:aws:lambda:*:*:function:f",
        ),
        (
            "sts:AssumeRole",
            {"RoleArn": "arn:aws:iam::111122223333:role/ops"},
            "sts:AssumeRole",
            "arn:aws:iam::*:role/ops",
        ),
    ],
)
def test_a_calls_parameters_become_an_arn(
    call: str, params: dict[str, Any], action: str, resource: str
) -> None:
    (statement,) = policy_for([{"call": call, "params": params}]).document["Statement"]
    assert (statement["Action"], statement["Resource"]) == ([action], resource)


# -- reports ---------------------------------------------------------------------------------


def run_id(home: Path) -> str:
    (record,) = (home / ".local/state/awsops/recipe").glob("*.ndjson")
    return record.stem


class Page(HTMLParser):
    """Which elements were opened and not closed, and what leads outside."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.outside += [f"{k}={v}" for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_report_tells_steps_plans_confirmations_checks_changes_and_calls(
    small: str, awsops: Awsops, tmp_path: Path
) -> None:
    assert awsops(["recipe", "run", small, "-p", "demo-dev", "-y"]).exit_code == 2  # no body
    next((tmp_path / ".local/state/awsops/recipe").glob("*.ndjson")).unlink()
    assert awsops(["recipe", "run", small, "-p", "demo-dev", "-y"], environ=GIVEN).exit_code == 0
    text = awsops(["recipe", "report", run_id(tmp_path)]).stdout
    for expected in (
        "# small: done",
        "### send: done",
        "Plan for demo-dev/eu-west-1 (111111111111):",
        "Confirmed: --yes",
        "### never: skipped",
        "it is there",
        "send orders",
        "sqs:SendMessage",
        "`token`: (secret)",
    ):
        assert expected in text, expected


def test_the_page_is_whole_and_needs_nothing_beside_it(
    small: str, awsops: Awsops, tmp_path: Path
) -> None:
    awsops(["recipe", "run", small, "-p", "demo-dev", "-y"], environ=GIVEN)
    page = tmp_path / "report.html"
    result = awsops(["recipe", "report", run_id(tmp_path), "--html", str(page)])
    assert (result.exit_code, result.stdout) == (0, "")
    parser = Page()
    parser.feed(page.read_text())
    assert (parser.open, parser.outside) == ([], [])
    assert 'name="viewport"' in page.read_text()


def test_what_is_in_rows_and_errors_cannot_write_html(
    awsops: Awsops, tmp_path: Path, write_plugin: Callable[..., Path]
) -> None:
    write_plugin(
        "evil",
        """
        @command()
        def say(aws: Aws):
            yield Row("<script>alert(1)</script>\\x1b[2J\\u202e")
        """,
    )
    path = tmp_path / "evil.yaml"
    path.write_text("name: evil\nsummary: '<b>'\nsteps: [{id: a, run: evil say}]\n")
    assert awsops(["recipe", "run", str(path), "-p", "demo-dev"]).exit_code == 0
    page = tmp_path / "report.html"
    awsops(["recipe", "report", run_id(tmp_path), "--html", str(page)])
    text = page.read_text()
    assert "&lt;script&gt;" in text
    assert not re.search("<script|<b>'|\x1b|\u202e", text)


def test_a_secret_parameter_is_in_no_file_and_on_no_screen(
    small: str, awsops: Awsops, tmp_path: Path
) -> None:
    result = awsops(["recipe", "run", small, "-p", "demo-dev", "-y", "-v"], environ=GIVEN)
    assert result.exit_code == 0, result.stderr
    run = run_id(tmp_path)
    said = [result, awsops(["recipe", "report", run]), awsops(["history", "show", run])]
    assert not [each for each in said if TOKEN in each.stdout + each.stderr]
    files = [path for path in (tmp_path / ".local").rglob("*") if path.is_file()]
    assert len(files) > 2
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_a_run_that_is_not_recorded_has_no_report(awsops: Awsops) -> None:
    assert awsops(["recipe", "report", "2030"]).exit_code == 5


# -- new -------------------------------------------------------------------------------------


def test_what_was_done_becomes_a_recipe_that_does_it(awsops: Awsops, tmp_path: Path) -> None:
    words = ["sqs", "send", "orders", "hello", "-p", "demo-dev", "-y"]
    assert awsops([*words, "--delay", "5s"]).exit_code == 0
    run = awsops(["history", "ls"]).rows[0]["run"]
    made = awsops(["recipe", "new", "again", run])
    assert made.exit_code == 0, made.stderr
    assert "run: sqs send" in made.stdout
    assert "delay: 5s" in made.stdout or 'delay: "5s"' in made.stdout
    path = tmp_path / "again.yaml"
    path.write_text(made.stdout)
    checked = awsops(["recipe", "check", str(path)])
    assert checked.exit_code == 0, checked.stdout
    assert "hello" not in made.stdout  # a body is not journalled: it becomes a parameter
    again = ["recipe", "run", str(path), "-p", "demo-dev", "-y", "--set", "body1=hello"]
    assert awsops(again).exit_code == 0


def test_a_run_of_a_recipe_is_no_step(small: str, awsops: Awsops, tmp_path: Path) -> None:
    awsops(["recipe", "run", small, "-p", "demo-dev", "-y"], environ=GIVEN)
    result = awsops(["recipe", "new", "again", run_id(tmp_path)])
    assert (result.exit_code, "cannot be a step" in result.stderr) == (2, True)


# -- a full disk -----------------------------------------------------------------------------


def test_a_full_disk_stops_a_run_before_its_next_change(
    process: Callable[..., subprocess.Popen[str]], awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    """No file of the process may grow beyond 100 KB: the journal or the record meets that."""
    import resource

    many = tmp_path / "many.yaml"
    steps = "\n".join(
        f"  - {{id: s{n}, run: sqs send, with: {{queue: orders, body: b{n}}}}}" for n in range(40)
    )
    many.write_text(f"name: many\nsummary: s\nsteps:\n{steps}\n")

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    words = ["recipe", "run", str(many), "-p", "demo-dev", "-y"]
    # A module's cache that is cut short at the limit would break every process after this one.
    environ = {**awsops_sandbox.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    running = process(words, environ, preexec_fn=bounded)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1, said
    assert "cannot be" in said or "could not be" in said
    record = next((tmp_path / ".local/state/awsops/recipe").glob("*.ndjson"))
    entries = [json.loads(line) for line in record.read_text().splitlines()[1:]]
    done = {e["step"] for e in entries if e["kind"] == "call" and not e["result"]["exit_code"]}
    resumed = process(["recipe", "resume", record.stem, "-y"], awsops_sandbox.environ)
    _, said = resumed.communicate(timeout=60)
    assert 0 < len(done) < 40
    in_doubt = "was cut off after" in said
    assert resumed.returncode == 0 or in_doubt, shlex.join(words) + said


def test_a_rehearsal_reads_the_codes_of_the_sandboxs_devices_itself(awsops: Awsops) -> None:
    result = awsops(["recipe", "rehearse", "mfa-morning", "-p", "demo-*"])
    assert result.exit_code == 0, result.stderr
    assert [row["result"] for row in result.rows] == ["passed"]


def test_a_rehearsal_tells_as_it_goes_and_leaves_nothing_when_it_is_ended(
    process: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    (tmp_path / "long.yaml").write_text(
        "name: long\nsummary: Wait.\nsteps:\n"
        '  - {id: wait, run: logs tail, with: {group: ["*"], follow: true, engine: poll}}\n'
    )
    (tmp_path / "temporary").mkdir()
    words = ["recipe", "rehearse", "long.yaml", "-p", "demo-dev"]
    running = process(words, {"TMPDIR": str(tmp_path / "temporary")})
    assert running.stderr is not None
    while "step 1/1 wait" not in (line := running.stderr.readline()):
        assert line, "it ended before its step began"
    running.terminate()
    assert running.wait() == 130
    assert list((tmp_path / "temporary").iterdir()) == []
