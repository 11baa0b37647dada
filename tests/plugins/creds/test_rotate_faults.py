"""`creds rotate` when something fails on the way: what exists, what works, how to go on."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from awsops.testing import FakeClock

OLD = "AKIATEST000000000001"
NEW = "AKIATESTNEW000000002"
Run = Callable[..., Any]
FINISH = "awsops creds rotate -p p --finish"


@dataclass
class Iam:
    """The keys of one user. `lost`: operations that are carried out and never answered; `down`:
    those that do not reach it; `refused`: the code of an answer, by operation."""

    keys: dict[str, str] = field(default_factory=lambda: {OLD: "Active"})
    lost: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    unknown_for: int = 0  # times that the new key is not known yet

    def answer(self, call: Any, usual: Callable[[Any], Any]) -> tuple[int, str] | None:
        if call.operation in self.down:
            return None
        if call.operation in self.refused:
            code = self.refused[call.operation]
            return 403, (
                f"<ErrorResponse><Error><Code>{code}</Code><Message>{code} it was</Message>"
                "</Error></ErrorResponse>"
            )
        if call.operation == "GetCallerIdentity" and call.access_key == NEW:
            if self.unknown_for:
                self.unknown_for -= 1
                return 403, "<R><Error><Code>InvalidClientTokenId</Code></Error></R>"
            return usual(_as_old(call))
        text = self.carry_out(call.operation, call.params)
        if text is None:
            return usual(call)
        name = call.operation
        body = f"<{name}Response><{name}Result>{text}</{name}Result></{name}Response>"
        return None if name in self.lost else (200, body)

    def carry_out(self, operation: str, params: Any) -> str | None:
        made = "<CreateDate>2026-01-01T00:00:00Z</CreateDate><UserName>me</UserName>"
        if operation == "ListAccessKeys":
            members = "".join(
                f"<member><AccessKeyId>{key}</AccessKeyId><Status>{state}</Status>{made}</member>"
                for key, state in self.keys.items()
            )
            listed = f"<AccessKeyMetadata>{members}</AccessKeyMetadata>"
            return f"<IsTruncated>false</IsTruncated>{listed}"
        if operation == "CreateAccessKey":
            self.keys[NEW] = "Active"
            return (
                f"<AccessKey><AccessKeyId>{NEW}</AccessKeyId><Status>Active</Status>{made}"
                "<SecretAccessKey>not/a/secret/EXAMPLE</SecretAccessKey></AccessKey>"
            )
        if operation == "UpdateAccessKey":
            self.keys[params["AccessKeyId"]] = params["Status"]
        elif operation == "DeleteAccessKey":
            self.keys.pop(params["AccessKeyId"], None)
        elif operation == "GetAccessKeyLastUsed":
            return "<AccessKeyLastUsed><ServiceName>N/A</ServiceName></AccessKeyLastUsed>"
        else:
            return None
        return ""


def _as_old(call: Any) -> Any:
    from dataclasses import replace

    return replace(call, access_key=OLD)


@pytest.fixture
def iam() -> Iam:
    return Iam()


@pytest.fixture
def rotate(iam: Iam, loopback: Any, cli: Run) -> Run:
    """`rotate(*argv)` for a profile whose keys stand in a credentials file of its own."""
    environ = loopback.accounts(["p"])
    loopback.answer = lambda call: iam.answer(call, loopback.usual)

    def run(*argv: str) -> Any:
        clock = FakeClock(1_800_000_000.0)
        return cli(["creds", "rotate", "-p", "p", "-y", *argv], environ, clock=clock)

    return run


def in_file(loopback: Any) -> str:
    text = (Path(loopback.folder) / "credentials").read_text()
    found = re.search(r"aws_access_key_id = (\w+)", text)
    assert found is not None
    return found[1]


def test_a_key_that_aws_never_knows_is_deleted_and_the_message_says_so_once(
    rotate: Run, iam: Iam, loopback: Any
) -> None:
    iam.unknown_for = 1_000
    result = rotate()
    assert result.exit_code == 4
    assert "the new key ...0002 was deleted again" in result.stderr
    assert "works as before" in result.stderr
    assert "could not be deleted" not in result.stderr
    assert (iam.keys, in_file(loopback)) == ({OLD: "Active"}, OLD)


def test_a_key_that_aws_knows_a_little_later_is_waited_for(rotate: Run, iam: Iam) -> None:
    iam.unknown_for = 3
    assert rotate().exit_code == 0
    assert iam.keys == {OLD: "Inactive", NEW: "Active"}


def test_a_network_that_goes_while_the_key_is_tested_takes_it_back(
    rotate: Run, iam: Iam, loopback: Any
) -> None:
    usual = iam.answer
    gone = False

    def answer(call: Any, other: Callable[[Any], Any]) -> Any:
        nonlocal gone
        gone = gone or call.operation == "CreateAccessKey"
        if gone and call.operation == "GetCallerIdentity":
            return None
        return usual(call, other)

    iam.answer = answer  # type: ignore[method-assign]
    result = rotate()
    assert result.exit_code == 1
    assert "was deleted again" in result.stderr
    assert (iam.keys, in_file(loopback)) == ({OLD: "Active"}, OLD)


@pytest.mark.parametrize("how", ["down", "refused"])
def test_a_key_that_cannot_be_taken_back_is_named_whole(
    rotate: Run, iam: Iam, how: str, loopback: Any
) -> None:
    iam.unknown_for = 1_000
    if how == "down":
        iam.down = {"DeleteAccessKey"}
    else:
        iam.refused = {"DeleteAccessKey": "AccessDenied"}
    result = rotate()
    assert result.exit_code == 4
    assert f"the new key {NEW}, whose secret nobody holds, could not be deleted" in result.stderr
    assert "works as before" in result.stderr
    assert f"delete the new one: {FINISH} --delete-old" in result.stderr
    assert in_file(loopback) == OLD


def test_the_stray_key_is_ended_by_the_command_that_is_named(rotate: Run, iam: Iam) -> None:
    iam.keys = {OLD: "Active", NEW: "Active"}
    result = rotate("--finish", "--delete-old")
    assert result.exit_code == 0, result.stderr
    assert iam.keys == {OLD: "Active"}
    assert "never used" in result.stderr


@pytest.mark.parametrize("how", ["down", "lost"])
def test_a_creation_without_an_answer_tells_what_it_came_to(
    rotate: Run, iam: Iam, how: str, loopback: Any
) -> None:
    setattr(iam, how, {"CreateAccessKey"})
    result = rotate()
    assert result.exit_code == 1
    said = {
        "down": "no new key was made",
        "lost": "a key ...0002 was made meanwhile, and its secret was lost on the way",
    }
    assert said[how] in result.stderr
    assert "the old key ...0001 in" in result.stderr
    assert f"{FINISH} --delete-old" in result.stderr
    assert in_file(loopback) == OLD


@pytest.mark.parametrize(
    ("how", "operation", "state"),
    [
        ("down", "UpdateAccessKey", "is still active"),
        ("refused", "UpdateAccessKey", "is still active"),
        ("down", "DeleteAccessKey", "is inactive and not deleted"),
        ("refused", "DeleteAccessKey", "is inactive and not deleted"),
    ],
)
def test_an_old_key_that_cannot_be_ended_is_told_with_its_state(
    rotate: Run, iam: Iam, how: str, operation: str, state: str, loopback: Any
) -> None:
    if how == "down":
        iam.down = {operation}
    else:
        iam.refused = {operation: "AccessDenied"}
    result = rotate("--delete-old")
    assert result.exit_code == (1 if how == "down" else 4)
    assert "is in use and works, and the other one, ...0001, " + state in result.stderr
    assert f"go on with: {FINISH} --delete-old" in result.stderr
    assert in_file(loopback) == NEW
    iam.down, iam.refused = set(), {}


def test_an_end_whose_answer_was_lost_is_an_end(rotate: Run, iam: Iam) -> None:
    def answer(call: Any, usual: Callable[[Any], Any]) -> Any:
        if call.operation == "DeleteAccessKey" and OLD not in iam.keys:
            return 404, "<R><Error><Code>NoSuchEntity</Code></Error></R>"
        found = Iam.answer(iam, call, usual)
        return None if call.operation == "DeleteAccessKey" and found else found

    iam.answer = answer  # type: ignore[method-assign]
    assert rotate("--delete-old").exit_code == 0
    assert iam.keys == {NEW: "Active"}


def test_another_profile_with_the_same_key_is_warned_of(
    rotate: Run, iam: Iam, loopback: Any
) -> None:
    path = Path(loopback.folder) / "credentials"
    path.write_text(f"{path.read_text()}\n[twin]\n" + path.read_text().partition("\n")[2])
    result = rotate()
    assert "the profile twin holds the old key too: it stops working" in result.stderr


def test_without_another_key_there_is_nothing_to_finish(rotate: Run, iam: Iam) -> None:
    result = rotate("--finish")
    assert result.exit_code == 0
    assert "has no other key than ...0001" in result.stderr
    assert iam.keys == {OLD: "Active"}


@pytest.fixture
def struck(
    iam: Iam, loopback: Any, process: Callable[..., subprocess.Popen[str]]
) -> Callable[..., tuple[int, str]]:
    """`struck(operation, signal)`: a rotation that gets the signal when it makes this call with, or
    after, the new key; its exit code and what it said."""

    def run(
        operation: str, number: int, *options: str, carried_out: bool = False
    ) -> tuple[int, str]:
        environ = loopback.accounts(["p"])
        running: list[subprocess.Popen[str]] = []
        started = threading.Event()
        heard: list[str] = []

        def answer(call: Any) -> Any:
            made = NEW in iam.keys or operation == "CreateAccessKey"
            if call.operation == operation and made:
                if carried_out:
                    iam.carry_out(operation, call.params)
                assert started.wait(60)
                running[0].send_signal(number)
                if number == signal.SIGINT:  # it has to have been noticed before the answer comes
                    while not heard or "interrupted: " not in heard[-1]:
                        heard.append(running[0].stderr.readline())  # type: ignore[union-attr]
                        assert heard[-1], heard
                    return 403, "<R><Error><Code>InvalidClientTokenId</Code></Error></R>"
                return None
            return iam.answer(call, loopback.usual)

        loopback.answer = answer
        running.append(process(["creds", "rotate", "-p", "p", "-y", *options], environ))
        started.set()
        code = running[0].wait(60)
        return code, "".join(heard) + running[0].stderr.read()  # type: ignore[union-attr]

    return run


@pytest.mark.parametrize(
    ("operation", "carried_out", "kept", "left"),
    [
        ("CreateAccessKey", False, OLD, {OLD: "Active"}),
        ("CreateAccessKey", True, OLD, {OLD: "Active", NEW: "Active"}),
        ("GetCallerIdentity", False, OLD, {OLD: "Active", NEW: "Active"}),
        ("UpdateAccessKey", False, NEW, {OLD: "Active", NEW: "Active"}),
        ("UpdateAccessKey", True, NEW, {OLD: "Inactive", NEW: "Active"}),
        ("DeleteAccessKey", False, NEW, {OLD: "Inactive", NEW: "Active"}),
        ("DeleteAccessKey", True, NEW, {NEW: "Active"}),
    ],
)
def test_after_a_kill_the_key_in_the_file_works_and_finish_ends_the_other(
    struck: Any,
    rotate: Run,
    iam: Iam,
    loopback: Any,
    operation: str,
    carried_out: bool,
    kept: str,
    left: dict[str, str],
) -> None:
    code, said = struck(operation, signal.SIGKILL, "--delete-old", carried_out=carried_out)
    assert code == -signal.SIGKILL, said
    loopback.answer = lambda call: iam.answer(call, loopback.usual)
    assert (iam.keys, in_file(loopback)) == (left, kept)
    if len(left) > 1:  # nobody is led to another key, and what ends the stray one is named
        again = rotate()
        assert (again.exit_code, iam.keys) == (2, left)
        assert f"{FINISH} --delete-old" in again.stderr
    result = rotate("--finish", "--delete-old")
    assert result.exit_code == 0, result.stderr
    assert (iam.keys, in_file(loopback)) == ({kept: "Active"}, kept)


def test_ctrl_c_while_aws_learns_of_the_key_takes_it_back(
    struck: Any, iam: Iam, loopback: Any
) -> None:
    code, said = struck("GetCallerIdentity", signal.SIGINT)
    assert code == 130
    assert "the new key ...0002 was deleted again" in said
    assert (iam.keys, in_file(loopback)) == ({OLD: "Active"}, OLD)


def test_ctrl_c_before_the_old_key_is_ended_tells_how_to_go_on(
    struck: Any, iam: Iam, loopback: Any
) -> None:
    code, said = struck("UpdateAccessKey", signal.SIGINT)
    assert code == 130
    assert "the other one, ...0001, is still active" in said
    assert f"go on with: {FINISH}" in said
    assert in_file(loopback) == NEW
