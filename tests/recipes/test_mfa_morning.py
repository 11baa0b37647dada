"""The shipped runbook mfa-morning: three accounts, three devices, one code each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awsops import testing
from awsops.sandbox import control
from awsops.testing import Result, Sandbox, ScriptedPrompter, run

RUN = ["recipe", "run", "mfa-morning", "-p", "demo-*", "-o", "ndjson"]


class Person(ScriptedPrompter):
    """Reads the serial in the question and types what that device shows."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def text(self, question: str, *, secret: bool = False) -> str:
        self.questions.append(question)
        return control.mfa_code(self._sandbox.info, question.rpartition(" ")[2])[0]


@pytest.fixture
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Codes are good once: a sandbox for each test."""
    with testing.own_sandbox(tmp_path_factory.mktemp("morning")) as sandbox:
        yield sandbox


def morning(sandbox: Sandbox, home: Path, person: Person) -> Result:
    return run(RUN, environ=sandbox.environ, home=home, tty=True, prompter=person)


# By this seed each of the calls is struck, and none as often as botocore would try it, however the
# accounts race one another.
@pytest.mark.parametrize("weather", ["", "throttle=0.1,error=0.05,seed=46"], ids=["good", "bad"])
def test_every_account_is_signed_in_with_one_code_each(
    sandbox: Sandbox, tmp_path: Path, weather: str
) -> None:
    control.set_chaos(sandbox.info, weather)
    person = Person(sandbox)
    result = morning(sandbox, tmp_path, person)
    assert result.exit_code == 0, result.stderr
    assert len(person.questions) == 3
    assert len(list(tmp_path.rglob("*.session"))) == 3
    assert bool(control.calls(sandbox.info).faults) == bool(weather)


def test_the_second_time_nobody_is_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    morning(sandbox, tmp_path, Person(sandbox))
    person = Person(sandbox)
    assert morning(sandbox, tmp_path, person).exit_code == 0
    assert person.questions == []
