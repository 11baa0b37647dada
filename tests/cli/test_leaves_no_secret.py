"""A day of all nouns leaves no secret behind: not in a file, not on the screen, not in an error.

What a command is asked to give out (credentials, a message's body) is given where it was asked for;
it is looked for everywhere else.
"""

from __future__ import annotations

import configparser
import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from awsops import testing
from awsops.sandbox import control
from awsops.testing import Result, Sandbox, run

DEV = ["-p", "demo-dev"]
BODY, ATTRIBUTE, PAYLOAD = "personal-body-of-ada", "personal-attribute-of-ada", "payload-of-ada"
RECORD, VARIABLE, PARAMETER = "record-of-ada", "value-of-the-environment", "parameter-of-the-recipe"
MARKED = (BODY, ATTRIBUTE, PAYLOAD, RECORD, VARIABLE, PARAMETER)
# Where secrets are kept on purpose, for their owner alone.
KEPT = ("sessions", "passing")

RECIPE = """
name: quiet
summary: Sends a secret.
params:
  words: {type: str, secret: true}
steps:
  - {id: send, run: sqs send, with: {queue: orders, body: "{{ params.words }}"}}
  - {id: fail, run: sqs send, with: {queue: nowhere, body: "{{ params.words }}"}}
"""


@dataclass
class Day:
    """What was typed and what came of it; `secrets` are all that must be found nowhere."""

    sandbox: Sandbox
    home: Path
    secrets: set[str] = field(default_factory=set)
    said: list[tuple[str, str]] = field(default_factory=list)

    def run(
        self, *words: str, asked_for: bool = False, stdin: str = "", fails: bool = False
    ) -> Result:
        """Run it; `asked_for`: its stdout is where a secret belongs."""
        environ = {**self.sandbox.environ, "AWSOPS_PARAM_WORDS": PARAMETER}
        result = run(list(words), environ=environ, home=self.home, stdin=stdin)
        assert result.exit_code != 3, result.stderr
        assert (result.exit_code != 0) == fails, f"{words}: {result.stderr}"
        shown = result.stderr if asked_for else result.stdout + result.stderr
        self.said.append((" ".join(words[:3]), shown))
        return result

    def leaks(self) -> Iterator[str]:
        for title, shown in self.said:
            yield from (f"screen of {title}: {s}" for s in self.secrets if s in shown)
        for path in self.home.rglob("*"):
            if path.is_file() and not set(path.parts).intersection(KEPT):
                content = path.read_bytes()
                names = [s for s in self.secrets if s.encode() in content]
                yield from (f"{path.relative_to(self.home)}: {s}" for s in names)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """All of it, once: what the tests below look at."""
    with testing.own_sandbox(tmp_path_factory.mktemp("day-sandbox")) as sandbox:
        sandbox.renew()
        made = Day(sandbox, tmp_path_factory.mktemp("day"), set(MARKED))
        keys = configparser.RawConfigParser()
        keys.read(sandbox.info.credentials_file)
        made.secrets |= {keys[name]["aws_secret_access_key"] for name in keys.sections()}
        _credentials(made)
        _messages(made, tmp_path_factory.mktemp("out"))
        _services(made)
        yield made


def _credentials(day: Day) -> None:
    serial = "arn:aws:iam::111111111111:mfa/demo"
    code, *_ = control.mfa_code(day.sandbox.info, serial)
    day.run("auth", "login", *DEV, "--code", code)
    day.run("auth", "status")
    for words in (["process"], ["export", "--shell", "bash"]):
        day.run("auth", *words, *DEV, asked_for=True)
    day.run("auth", "console", "-p", "ops-staging", asked_for=True)
    answer = day.run("auth", "process", *DEV, asked_for=True)
    given = json.loads(answer.stdout)
    day.secrets |= {given["SecretAccessKey"], given["SessionToken"]}
    day.run("auth", "assume", "ops-staging")
    day.run("creds", "whoami", "-p", "demo-*", "-v")
    day.run("creds", "chain", *DEV)
    day.run("creds", "report", *DEV)
    day.run("creds", "rotate", "-p", "demo-prod", "-y", "--delete-old", "-v")
    keys = configparser.RawConfigParser()
    keys.read(day.sandbox.info.credentials_file)
    day.secrets.add(keys["demo-prod"]["aws_secret_access_key"])
    token = day.run("ecr", "token", *DEV, asked_for=True)
    day.secrets.add(token.rows[0]["password"])
    day.run("ecr", "login", *DEV, "--check")
    day.run("doctor")


def _messages(day: Day, folder: Path) -> None:
    given = ["--attribute", f"who={ATTRIBUTE}"]
    day.run("sqs", "send", "orders", BODY, *given, *DEV, "-y")
    day.run("sqs", "send", "orders-dlq", BODY, *given, *DEV, "-y", "-v")
    day.run("sqs", "send", "nowhere", BODY, *given, *DEV, "-y", fails=True)
    day.run("sqs", "send", "orders", *DEV, "-y", stdin=BODY)
    lines = folder / "many.ndjson"
    lines.write_text(f'{{"body": "{BODY}"}}\n' * 3)
    day.run("sqs", "send", "orders", "--many", str(lines), *DEV, "-y")
    day.run("sqs", "peek", "orders-dlq", *DEV, asked_for=True)
    day.run("sqs", "redrive", "orders-dlq", "--match", "ada", *DEV, "-y")
    day.run("sqs", "redrive", "orders-dlq", "--max", "5", *DEV, "-y")
    day.run("sqs", "export", "orders", str(folder / "copy.ndjson"), "--raise-receive-count", *DEV)
    day.run("sqs", "drain", "orders", str(folder / "drained.ndjson"), *DEV, "-y")
    recipe = folder / "quiet.yaml"
    recipe.write_text(RECIPE)
    day.run("recipe", "run", str(recipe), *DEV, "-y", fails=True)
    started = str(day.run("history", "ls", "-n", "1").rows[0]["run"])
    day.run("recipe", "report", started)
    day.run("recipe", "resume", started, "-y", fails=True)


def _services(day: Day) -> None:
    _set_variable(day.sandbox)
    day.run("lambda", "config", "orders", *DEV)
    day.run("lambda", "invoke", "orders", f'{{"who": "{PAYLOAD}"}}', *DEV, "-y", asked_for=True)
    day.run("lambda", "invoke", "nowhere", f'{{"who": "{PAYLOAD}"}}', *DEV, "-y", fails=True)
    day.run("lambda", "publish", "orders", *DEV, "-y")
    day.run("lambda", "stop", "orders", *DEV, "-y")
    day.run("kinesis", "put", "clicks", "--key", "k", *DEV, "-y", stdin=f"{RECORD}\n")
    day.run("kinesis", "put", "nowhere", "--key", "k", *DEV, "-y", stdin=f"{RECORD}\n", fails=True)
    day.run("kinesis", "ls", *DEV)
    day.run("logs", "groups", *DEV)
    day.run("logs", "retention", "/demo/vpc-flow", "--days", "90", *DEV, "-y")
    day.run("history", "ls")
    for row in day.run("history", "ls").rows:
        day.run("history", "show", row["run"])
        day.run("history", "show", row["run"], "--changes")
    day.run("history", "export")


def _set_variable(sandbox: Sandbox) -> None:
    import botocore.session

    session = botocore.session.Session(profile="demo-dev")
    session.set_config_variable("config_file", str(sandbox.info.config_file))
    session.set_config_variable("credentials_file", str(sandbox.info.credentials_file))
    client = session.create_client("lambda", "eu-west-1", endpoint_url=sandbox.endpoint)
    variables = {"Variables": {"DATABASE_PASSWORD": VARIABLE}}
    client.update_function_configuration(FunctionName="orders", Environment=variables)
    client.close()


def test_a_day_has_met_secrets_of_every_kind(day: Day) -> None:
    assert len(day.secrets) >= len(MARKED) + 7
    assert all(len(secret) > 10 for secret in day.secrets)


def test_no_secret_is_left_in_a_file_or_on_the_screen(day: Day) -> None:
    assert sorted(set(day.leaks())) == []


def test_what_the_day_left_is_readable_by_its_owner_alone(day: Day) -> None:
    left = [path for path in day.home.rglob("*") if path.is_file() or path.is_dir()]
    others = {path.relative_to(day.home): oct(path.stat().st_mode) for path in left}
    folders = (".cache/awsops", ".local/state/awsops")
    ours = {str(p): m for p, m in others.items() if str(p).startswith(folders)}
    assert {p: m for p, m in ours.items() if stat.S_IMODE(int(m, 8)) & 0o077} == {}


def test_the_journal_still_holds(day: Day, runs: Callable[..., Result]) -> None:
    assert runs("history", "verify").rows[0]["status"] == "ok"


@pytest.fixture
def runs(day: Day) -> Callable[..., Result]:
    return day.run
