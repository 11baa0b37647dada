"""`awsops recipe` through the front door: the shipped redrive-dlq on three sandbox accounts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.recipe.library import shipped_folder
from awsops.sandbox.seed import seed
from awsops.testing import Result, Sandbox

RUN = ["recipe", "run", "redrive-dlq", "-p", "demo-*"]
MESSAGES = 30
TEXT = (shipped_folder() / "redrive-dlq.yaml").read_text()

THIEF = """
@command(mutates=True)
def steal(aws: Aws, queue: Annotated[str, Argument(help="From where.")]) -> Iterator[Plan | Row]:
    '''Take one message out of a queue, in one account only.'''
    yield Plan((Change("steal", queue),))
    if aws.target.profile == "demo-prod":
        sqs = aws.client("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        yield Row(message["MessageId"])
"""


@pytest.fixture
def seeded(awsops_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The three accounts with 30 dead letters each."""
    seed(awsops_sandbox.info, messages=MESSAGES)
    return awsops_sandbox


@pytest.fixture
def depths(awsops: Callable[..., Result]) -> Callable[[str], list[int]]:
    """`depths("orders")`: visible messages in each of the three accounts."""

    def read(queue: str) -> list[int]:
        return [row["visible"] for row in awsops(["sqs", "ls", queue, "-p", "demo-*"]).rows]

    return read


@pytest.fixture
def with_thief(tmp_path: Path, write_plugin: Callable[..., Path]) -> Callable[[str, str], Path]:
    """`with_thief("redrive", "orders-dlq")` is redrive-dlq where somebody takes a message out of
    orders-dlq in demo-prod just before the step redrive.
    """

    def write(before: str, queue: str) -> Path:
        write_plugin("thief", "from collections.abc import Iterator\n" + THIEF)
        theft = f"  - {{id: theft, run: thief steal, with: {{queue: {queue}}}}}\n\n"
        path = tmp_path / "stolen.yaml"
        step = f"  - id: {before}\n"
        assert step in TEXT
        path.write_text(TEXT.replace(step, theft + step))
        return path

    return write


def test_all_dead_letters_of_three_accounts_go_back(
    awsops: Callable[..., Result], seeded: Sandbox, depths: Callable[[str], list[int]]
) -> None:
    result = awsops([*RUN, "-y", "--set", "consumers=stopped"])
    assert result.exit_code == 0, result.stderr
    assert [(row["profile"], row["moved"], row["failed"]) for row in result.rows] == [
        ("demo-dev", MESSAGES, 0),
        ("demo-staging", MESSAGES, 0),
        ("demo-prod", MESSAGES, 0),
    ]
    assert depths("orders-dlq") == [0, 0, 0]
    assert depths("orders") == [MESSAGES] * 3
    notes = result.stderr
    assert notes.count("Plan: 3 changes in 3 accounts") == 1
    order = ["step 1/3 before", "step 2/3 redrive: sqs redrive orders-dlq", "step 3/3 after"]
    order += ["steps 3 done; 9 checks passed", "next: awsops sqs ls"]
    assert [notes.index(text) for text in order] == sorted(notes.index(text) for text in order)


def test_the_changes_of_a_recipe_are_one_run_in_the_journal(
    awsops: Callable[..., Result], seeded: Sandbox, tmp_path: Path
) -> None:
    result = awsops(["recipe", "run", "redrive-dlq", "-p", "demo-dev", "-y", "--set", "max=3"])
    assert result.exit_code == 0
    (run,) = awsops(["history", "ls"]).rows
    assert run["run"] == result.rows[0]["run"]
    (journal,) = tmp_path.rglob("journal.sqlite3")
    with sqlite3.connect(journal) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    database.close()


def test_a_dry_run_shows_every_plan_and_changes_nothing(
    awsops: Callable[..., Result], seeded: Sandbox, depths: Callable[[str], list[int]]
) -> None:
    result = awsops([*RUN, "--dry-run", "-o", "csv"])
    assert result.exit_code == 0, result.stderr
    assert [line.count("orders-dlq") for line in result.stdout.splitlines()[1:]] == [1, 1, 1]
    assert "about 30 messages to orders" in result.stderr
    assert "judged in the real run: what left the queue was moved" in result.stderr
    assert "steps 2 done, 1 planned" in result.stderr
    assert depths("orders-dlq") == [MESSAGES] * 3


def test_a_plan_that_nobody_can_confirm_changes_nothing(
    awsops: Callable[..., Result], seeded: Sandbox, depths: Callable[[str], list[int]]
) -> None:
    result = awsops(RUN)
    assert result.exit_code == 2
    assert "step 2/3 redrive: the plan needs a confirmation" in result.stderr
    assert depths("orders-dlq") == [MESSAGES] * 3


def test_a_plan_that_is_declined_ends_the_run(
    awsops: Callable[..., Result], seeded: Sandbox, depths: Callable[[str], list[int]]
) -> None:
    result = awsops(RUN, tty=True, answers=["n"])
    assert result.exit_code == 1
    assert "not run: after" in result.stderr
    assert depths("orders-dlq") == [MESSAGES] * 3


def test_a_message_that_somebody_took_from_the_queue_fails_the_check_of_that_account(
    awsops: Callable[..., Result], seeded: Sandbox, with_thief: Callable[[str, str], Path]
) -> None:
    recipe = with_thief("redrive", "orders-dlq")
    result = awsops(["recipe", "run", str(recipe), "-p", "demo-*", "-y"])
    assert result.exit_code == 1
    assert [row["moved"] for row in result.rows if "moved" in row] == [30, 30, 29]
    (error,) = [row["error"] for row in result.rows if "error" in row]
    assert error["code"] == "CheckFailed"
    lines = error["message"].split("\n")
    assert lines[0].startswith("a check failed: [demo-prod/eu-west-1] messages left orders-dlq")
    assert lines[1].endswith(" = 29")
    assert lines[2].endswith(" = 30")


def test_a_message_that_is_lost_from_the_source_fails_the_check_when_nobody_consumes_it(
    awsops: Callable[..., Result], seeded: Sandbox, with_thief: Callable[[str, str], Path]
) -> None:
    recipe = str(with_thief("after", "orders"))
    stopped = awsops(["recipe", "run", recipe, "-p", "demo-*", "-y", "--set", "consumers=stopped"])
    assert stopped.exit_code == 1
    assert "[demo-prod/eu-west-1] there are fewer messages in all queues" in stopped.stderr
    seed(seeded.info, messages=MESSAGES)
    assert awsops(["recipe", "run", recipe, "-p", "demo-*", "-y"]).exit_code == 0


def test_an_unknown_queue_ends_the_run_with_not_found(
    awsops: Callable[..., Result], seeded: Sandbox
) -> None:
    result = awsops([*RUN, "-y", "--set", "dlq=nope"])
    assert result.exit_code == 5
    (error,) = [row["error"] for row in result.rows if row.get("error")]
    assert error["message"].startswith("step 2/3 redrive: ")
    assert error["message"].endswith("(and 2 more targets)")


def test_one_account_that_fails_makes_the_run_partial_and_ends_it(
    awsops: Callable[..., Result], seeded: Sandbox, tmp_path: Path, write_plugin: Any
) -> None:
    write_plugin(
        "picky",
        """
from awsops.api import NotFoundError
@command()
def look(aws: Aws):
    '''Fail in one account.'''
    if aws.target.profile == "demo-prod":
        raise NotFoundError("nothing there")
    yield Row("x")
""",
    )
    recipe = tmp_path / "picky.yaml"
    recipe.write_text(
        "name: picky\nsummary: s\nsteps:\n"
        "  - {id: a, run: picky look, show: true}\n  - {id: b, run: sqs ls}\n"
    )
    result = awsops(["recipe", "run", str(recipe), "-p", "demo-*"])
    assert result.exit_code == 6
    assert [row["profile"] for row in result.rows if "name" in row] == ["demo-dev", "demo-staging"]
    assert "not run: b" in result.stderr


def test_recipe_ls_lists_the_broken_ones_with_their_error(
    awsops: Callable[..., Result], tmp_path: Path
) -> None:
    folder = tmp_path / ".config" / "awsops" / "recipes"
    folder.mkdir(parents=True)
    (folder / "broken.yaml").write_text("name: broken\nsummary: {\n")
    (folder / "redrive-dlq.yaml").write_text(TEXT)
    result = awsops(["recipe", "ls"])
    assert result.exit_code == 0
    found = [(row["name"], row["origin"], row["status"]) for row in result.rows]
    assert found[:2] == [("broken", "config", "broken"), ("redrive-dlq", "config", "ok")]
    assert ("redrive-dlq", "shipped", "hidden") in found
    assert "not YAML" in result.rows[0]["error"]


def test_recipe_show_names_parameters_steps_and_checks(awsops: Callable[..., Result]) -> None:
    result = awsops(["recipe", "show", "redrive-dlq"])
    assert result.exit_code == 0
    parts = [(row["part"], row["name"]) for row in result.rows]
    assert ("param", "consumers") in parts
    assert [name for part, name in parts if part == "step"] == ["before", "redrive", "after"]
    assert awsops(["recipe", "show", "redrive-dlq", "--source"]).stdout == TEXT


def test_recipe_check_lists_every_mistake_and_ends_with_two(
    awsops: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(TEXT.replace("run: sqs ls", "run: sqs lss").replace('dlq: "{{', 'dql: "{{'))
    result = awsops(["recipe", "check", str(path)])
    assert result.exit_code == 2
    mistakes = [row for row in result.rows if "problem" in row]
    hints = [row["hint"] for row in mistakes]
    assert hints == ["did you mean ls?", "did you mean dlq?", "did you mean ls?"]
    assert awsops(["recipe", "check", "redrive-dlq"]).exit_code == 0
    run = awsops(["recipe", "run", str(path), "-p", "demo-dev", "-y"])
    assert run.exit_code == 2
    assert f"{path}:" in run.stderr
    assert "3 problems" in run.stderr


def test_recipe_run_takes_a_recipe_on_stdin(awsops: Callable[..., Result]) -> None:
    text = "name: t\nsummary: s\nsteps:\n  - {id: a, run: sqs ls, with: {pattern: orders-dlq}}\n"
    result = awsops(["recipe", "run", "-", "-p", "demo-dev"], stdin=text)
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["status"] == "done"
    assert result.rows[0]["rows"] == 1


def test_recipe_schema_is_a_json_schema(awsops: Callable[..., Result]) -> None:
    schema = json.loads(awsops(["recipe", "schema"]).stdout)
    assert schema["$schema"].endswith("2020-12/schema")


def test_a_secret_parameter_is_nowhere_in_what_a_run_leaves_behind(
    awsops: Callable[..., Result], tmp_path: Path, write_plugin: Any
) -> None:
    secret = "correct-horse-battery"
    write_plugin(
        "door",
        """
from collections.abc import Iterator
@command(mutates=True)
def open(aws: Aws, password: Annotated[str, Option(help="The word.")]) -> Iterator[Plan | Row]:
    '''Open the door.'''
    yield Plan((Change("open", "the door"),))
    yield Row(f"opened with {password}")
""",
    )
    recipe = tmp_path / "door.yaml"
    recipe.write_text(
        "name: door\nsummary: s\nparams: {word: {secret: true}}\nsteps:\n"
        "  - {id: a, run: door open, with: {password: '{{ params.word }}'}, show: true}\n"
    )
    result = awsops(
        ["recipe", "run", str(recipe), "-p", "demo-dev", "-y"],
        environ={"AWSOPS_PARAM_WORD": secret},
    )
    assert result.exit_code == 0, result.stderr
    assert result.rows == [{"name": "opened with ****"}]
    assert "door open --password ****" in result.stderr
    assert secret not in result.stderr
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left
    assert not [path for path in left if secret.encode() in path.read_bytes()]


# A command that says its password wherever it can, and fails or crashes if it is told to.
TELL_TALE = """
from collections.abc import Iterator
from awsops.errors import AwsopsError
@command(mutates=True)
def open(
    aws: Aws,
    password: Annotated[str, Option(help="The word.")],
    end: Annotated[str, Option(help="How.", choices=("well", "badly", "crash"))] = "well",
) -> Iterator[Plan | Note | Row]:
    '''Open the door.'''
    yield Note(f"knocking with {password}")
    way_back = f"awsops tell open --password {password}"
    yield Plan((Change("open", password, before=password, undo=way_back),), summary=password)
    if end == "crash":
        raise RuntimeError(password)
    if end == "badly":
        raise AwsopsError(f"{password} does not fit", hint=f"try another than {password}")
    yield Row("opened")
"""


@pytest.mark.parametrize("end", ["well", "badly", "crash"])
def test_what_a_step_says_of_a_secret_parameter_is_masked_and_not_kept(
    awsops: Callable[..., Result], tmp_path: Path, write_plugin: Any, end: str
) -> None:
    secret = "it's-a-horse"
    write_plugin("tell", TELL_TALE)
    recipe = tmp_path / "door.yaml"
    recipe.write_text(
        "name: door\nsummary: s\nparams: {word: {secret: true}}\nsteps:\n"
        "  - {id: a, run: tell open, with: {password: '{{ params.word }}', "
        f"end: {end}}}}}\n"
    )
    words = ["recipe", "run", str(recipe), "-p", "demo-dev", "-y", "-v"]
    result = awsops(words, environ={"AWSOPS_PARAM_WORD": secret})
    assert "knocking with ****" in result.stderr
    assert "horse" not in result.stderr + result.stdout
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in left if b"horse" in path.read_bytes()]


def test_a_way_back_that_holds_a_secret_is_not_kept_and_says_so(
    awsops: Callable[..., Result], tmp_path: Path, write_plugin: Any
) -> None:
    write_plugin("tell", TELL_TALE)
    recipe = tmp_path / "door.yaml"
    recipe.write_text(
        "name: door\nsummary: s\nparams: {word: {secret: true}}\nsteps:\n"
        "  - {id: a, run: tell open, with: {password: '{{ params.word }}'}}\n"
    )
    words = ["recipe", "run", str(recipe), "-p", "demo-dev", "-y"]
    assert awsops(words, environ={"AWSOPS_PARAM_WORD": "a-horse"}).exit_code == 0
    run = awsops(["history", "ls"]).rows[0]["run"]
    row = awsops(["history", "undo", run, "-y"]).rows[0]
    assert (row["status"], row["undo"]) == ("cannot", None)
    assert "secret parameter" in row["detail"]


def test_an_error_of_a_step_names_the_option_and_the_name_that_is_meant(
    awsops: Callable[..., Result], tmp_path: Path
) -> None:
    recipe = tmp_path / "look.yaml"
    recipe.write_text(
        "name: look\nsummary: s\nparams: {heat: {}}\nsteps:\n"
        "  - {id: a, run: kinesis shards, with: {stream: clikcs, heat: '{{ params.heat }}'}}\n"
    )
    assert awsops(["kinesis", "ls", "-p", "demo-dev"]).exit_code == 0  # now its names are known
    run = ["recipe", "run", str(recipe), "-p", "demo-dev", "--set"]
    wrong = awsops([*run, "heat=soon"])
    assert "InvalidUnit: --heat: 'soon' is not a duration" in wrong.stderr
    assert "hint: write it like 30s" in wrong.stderr
    unknown = awsops([*run, "heat=5m"])
    assert unknown.exit_code == 5
    assert "hint: did you mean clicks?" in unknown.stderr
