"""What Tab knows of resources: one account's names are not another's, and nobody waits for them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from awsops.choices import completers_of, kind_of
from awsops.completion.names import (
    FRESH_SECONDS,
    LOCK_SECONDS,
    USABLE_SECONDS,
    Name,
    NameCache,
)
from awsops.completion.question import Question
from awsops.completion.typed_line import Kind, read_question
from awsops.env import Env, Folders
from awsops.sources import Sources
from awsops.testing import Sandbox

Process = Callable[..., "Popen[str]"]
QUEUES = "sqs:complete_queues"
PATIENCE = 30  # seconds


@pytest.fixture
def cache(tmp_path: Path) -> NameCache:
    return NameCache(tmp_path / "cache", {"HOME": str(tmp_path)})


@pytest.fixture
def ask(process: Process) -> Callable[..., list[str]]:
    """`ask(environ, "-p", "x")` asks for queues as the completion scripts do."""

    def asked(environ: Mapping[str, str], *words: str, prefix: str = "") -> list[str]:
        started = process(["__names", QUEUES, f"={prefix}", *words], environ)
        out, err = started.communicate(timeout=PATIENCE)
        assert (started.returncode, err) == (0, "")
        return [line.split("\t")[0] for line in out.splitlines()]

    return asked


def _until(happened: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := happened()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_names_come_behind_the_persons_back(
    ask: Callable[..., list[str]], awsops_sandbox: Sandbox
) -> None:
    names = _until(lambda: ask(awsops_sandbox.environ))
    assert {"orders", "orders-dlq"} <= set(names)


def test_only_names_that_begin_so_are_offered(
    ask: Callable[..., list[str]], awsops_sandbox: Sandbox
) -> None:
    names = _until(lambda: ask(awsops_sandbox.environ, prefix="orders-"))
    assert {name.partition("-")[0] for name in names} == {"orders"}


def test_the_switch_keeps_tab_from_asking_aws(
    ask: Callable[..., list[str]], loopback: Any, tmp_path: Path
) -> None:
    environ = {**loopback.accounts(["one"]), "AWS_PROFILE": "one", "AWSOPS_COMPLETE_NAMES": "0"}
    assert ask(environ) == []
    assert not (tmp_path / ".cache").exists()


def test_a_profile_that_does_not_exist_is_no_reason_to_speak(
    ask: Callable[..., list[str]], loopback: Any
) -> None:
    assert ask(loopback.accounts(["one"]), "-p", "two") == []


def test_what_failed_is_not_tried_again_at_once(
    ask: Callable[..., list[str]], loopback: Any, tmp_path: Path
) -> None:
    loopback.answer = lambda call: loopback.refusal(call, "AccessDenied", status=403)
    environ = {**loopback.accounts(["one"]), "AWS_PROFILE": "one"}
    ask(environ)
    _until(lambda: loopback.calls)
    ask(environ)
    ask(environ)
    assert [call.operation for call in loopback.calls].count("ListQueues") == 1


def test_a_module_of_the_current_folder_is_not_imported(
    process: Process, awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    for name in ("awsops", "botocore", "json"):
        (tmp_path / f"{name}.py").write_text(
            f"open({str(tmp_path / 'imported')!r}, 'w').close()\nraise SystemExit\n"
        )
    kind = [QUEUES, f"--profile={awsops_sandbox.environ['AWS_PROFILE']}"]
    from awsops.completion.names import _start_refresh

    question = read_question(Kind.parse(kind[0]), kind[1:])
    assert question is not None
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        environ = {**awsops_sandbox.environ, "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        _start_refresh(question, environ)
        cache = NameCache(tmp_path / ".cache" / "awsops", environ)
        _until(lambda: cache.read(question))
    finally:
        os.chdir(before)
    assert not (tmp_path / "imported").exists()


def test_names_are_kept_with_what_matters_beside_them(cache: NameCache) -> None:
    question = Question(QUEUES)
    cache.write(question, [Name("orders", "3 messages"), Name("bills")])
    assert cache.read(question) == [Name("orders", "3 messages"), Name("bills", "")]


def test_nobody_else_may_read_them(cache: NameCache) -> None:
    cache.write(Question(QUEUES), [Name("orders")])
    assert cache.path(Question(QUEUES)).stat().st_mode & 0o077 == 0
    assert cache.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\nb", "a\tb", "a\u202eb", ""])
def test_a_name_that_would_act_on_a_terminal_is_left_out(cache: NameCache, name: str) -> None:
    cache.write(Question(QUEUES), [Name(name), Name("orders", name)])
    assert [kept.value for kept in cache.read(Question(QUEUES))] == ["orders"]
    assert cache.read(Question(QUEUES))[0].detail.isprintable()


def _aged(cache: NameCache, seconds: float) -> None:
    cache.write(Question(QUEUES), [Name("orders")])
    then = time.time() - seconds
    os.utime(cache.path(Question(QUEUES)), (then, then))


def test_old_names_are_offered_until_newer_ones_come(cache: NameCache) -> None:
    _aged(cache, FRESH_SECONDS * 2)
    assert cache.read(Question(QUEUES)) == [Name("orders")]


def test_names_of_another_day_are_not(cache: NameCache) -> None:
    _aged(cache, USABLE_SECONDS + 60)
    assert cache.read(Question(QUEUES)) == []


def test_one_process_asks_at_a_time(cache: NameCache) -> None:
    question = Question(QUEUES)
    assert cache.lock(question)
    assert not cache.lock(question)
    cache.unlock(question)
    assert cache.lock(question)


def test_the_lock_of_a_process_that_died_does_not_last(cache: NameCache) -> None:
    question = Question(QUEUES)
    assert cache.lock(question)
    path = cache.path(question).with_suffix(".lock")
    then = time.time() - LOCK_SECONDS - 1
    os.utime(path, (then, then))
    assert cache.lock(question)


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    assert not NameCache(tmp_path / "cache", {}).lock(Question(QUEUES))


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ([], Question(QUEUES)),
        (["-p", "a", "sqs", "peek"], Question(QUEUES, profile=("a",))),
        (["sqs", "-pa", "--region=b"], Question(QUEUES, profile=("a",), region=("b",))),
        (["--role", "r", "--endpoint-url", "u"], Question(QUEUES, role="r", endpoint_url="u")),
        (["sqs", "peek", "--", "-p", "a"], Question(QUEUES)),
        (["sqs", "peek", "-p"], Question(QUEUES)),
        (["sqs", "peek", "-r", "all"], None),
        (["sqs", "peek", "--org", "--role", "r"], None),
        (["sqs", "peek", "--targets=t.yaml"], None),
    ],
)
def test_the_targets_are_read_off_a_half_typed_line(
    words: list[str], question: Question | None
) -> None:
    assert read_question(Kind.parse(QUEUES), words) == question


OTHER_ACCOUNTS = [
    (Question(QUEUES, profile=("a",)), {}),
    (Question(QUEUES, profile=("b",)), {}),
    (Question(QUEUES, region=("a",)), {}),
    (Question(QUEUES, role="a"), {}),
    (Question(QUEUES, endpoint_url="a"), {}),
    (Question("kinesis:complete_streams"), {}),
    (Question(QUEUES), {}),
    *[
        (Question(QUEUES), {name: "a"})
        for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL")
    ],
]


def test_what_may_lead_to_another_account_is_another_question() -> None:
    keys = {question.key(environ) for question, environ in OTHER_ACCOUNTS}
    assert len(keys) == len(OTHER_ACCOUNTS)


def test_a_profile_that_now_leads_elsewhere_has_no_names_yet(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile a]\nrole_arn = one\n")
    environ = {"AWS_CONFIG_FILE": str(config)}
    before = Question(QUEUES, profile=("a",)).key(environ)
    config.write_text("[profile a]\nrole_arn = another\n")
    assert Question(QUEUES, profile=("a",)).key(environ) != before


def test_every_completer_has_a_name_that_is_its_nouns_own() -> None:
    env = Env.from_process()
    nowhere = Path("/nonexistent")
    env.folders = Folders(nowhere, nowhere, nowhere)
    sources = Sources(env, before_load=lambda: None)
    for found in sources.all():
        if found.kind != "built-in":
            continue
        named: dict[str | None, object] = {}
        for spec in sources.load(found).values():
            for completer in completers_of(spec).values():
                kind = kind_of(found.noun, completer)
                assert kind is not None
                assert named.setdefault(kind, completer) is completer
