"""What targets share, what they must not, and that shared credentials are renewed once."""

from __future__ import annotations

import contextvars
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import botocore.exceptions
import pytest

from awsops.active import ActiveTarget, set_active
from awsops.aws_sessions import Sessions
from awsops.errors import CredentialsError, DefectError, UsageError
from awsops.once import Once
from awsops.targets import Target
from tests.bench.loopback import Loopback

from .aws_home import aws_home, our_sessions, our_target

T = TypeVar("T")
KEYS = "aws_access_key_id = BENCH{0:012}\naws_secret_access_key = secret-{0}\n"
BASE = f"[base]\n{KEYS.format(900)}"
MINUTES = 60


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    with Loopback(0) as server:
        yield server


@pytest.fixture
def server(running: Loopback) -> Loopback:
    running.reset(delay=0, lifetime=60 * MINUTES)
    return running


def profile(name: str, server: Loopback, *lines: str, region: str = "eu-west-1") -> str:
    text = "\n".join(lines)
    return f"[profile {name}]\nregion = {region}\nendpoint_url = {server.url}\n{text}\n"


def role(account: int, source: str = "base") -> tuple[str, str]:
    return (f"role_arn = arn:aws:iam::{account:012}:role/ops", f"source_profile = {source}")


def working_for(sessions: Sessions, target: Target, work: Callable[[], T]) -> T:
    """Run `work` as the runner would: with the target's credentials, in a context of its own."""

    def inside() -> T:
        active = ActiveTarget(target, "run", "test")
        set_active(active)
        active.credentials = sessions.credentials(target)
        return work()

    return contextvars.copy_context().run(inside)


def account_of(sessions: Sessions, target: Target) -> str:
    """The account that AWS sees when the target calls."""
    client = sessions.client(target, "sts")
    return str(working_for(sessions, target, client.get_caller_identity)["Account"])


def at_once(works: Sequence[Callable[[], T]]) -> list[T]:
    """All of them at the same moment, each on a thread of its own."""
    barrier = threading.Barrier(len(works))

    def started(work: Callable[[], T]) -> T:
        barrier.wait(10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(started, works))


# -- clients -----------------------------------------------------------------------------------


def test_profiles_with_equal_settings_share_one_client(tmp_path: Path, server: Loopback) -> None:
    config = "".join(profile(f"p{n}", server) for n in range(3))
    with aws_home(tmp_path, config, "".join(f"[p{n}]\n{KEYS.format(n)}" for n in range(3))):
        sessions = our_sessions()
        clients = {id(sessions.client(our_target(sessions, f"p{n}"), "sts")) for n in range(3)}
    assert len(clients) == 1


@pytest.mark.parametrize(
    "line",
    [
        "region = us-east-1",
        "endpoint_url = http://127.0.0.1:9",
        "retry_mode = legacy",
        "max_attempts = 9",
        "ca_bundle = /none.pem",
        "services = local",
        "use_fips_endpoint = true",
        "sts_regional_endpoints = legacy",
        "account_id_endpoint_mode = disabled",
        "sdk_ua_app_id = mine",
    ],
)
def test_profiles_with_different_settings_have_clients_of_their_own(
    line: str, tmp_path: Path
) -> None:
    key = line.split(" ")[0]
    defaults = {"region": "region = eu-west-1\n"}
    common = "" if key in defaults else "region = eu-west-1\n"
    config = (
        f"[profile p]\n{common}{line}\n[profile q]\n{common}{defaults.get(key, '')}"
        "[services local]\nsts =\n  endpoint_url = http://127.0.0.1:9\n"
    )
    with aws_home(tmp_path, config):
        sessions = our_sessions()
        p, q = (sessions.client(our_target(sessions, name), "sts") for name in ("p", "q"))
    assert p is not q


def test_an_adaptive_client_is_never_shared(tmp_path: Path) -> None:
    config = "".join(f"[profile p{n}]\nregion=eu-west-1\nretry_mode=adaptive\n" for n in range(2))
    with aws_home(tmp_path, config):
        sessions = our_sessions()
        first, second = (sessions.client(our_target(sessions, f"p{n}"), "sts") for n in range(2))
        again = sessions.client(our_target(sessions, "p0"), "sts")
    assert first is not second
    assert first is again


def test_a_shared_client_signs_with_the_keys_of_the_target_that_calls(
    tmp_path: Path, server: Loopback
) -> None:
    count = 20
    config = "".join(profile(f"p{n}", server) for n in range(count))
    keys = "".join(f"[p{n}]\n{KEYS.format(n)}" for n in range(count))
    with aws_home(tmp_path, config, keys):
        sessions = our_sessions(connections=count)
        targets = [our_target(sessions, f"p{n}") for n in range(count)]
        found = at_once([lambda t=t: account_of(sessions, t) for t in targets])
    assert found == [f"{n:012}" for n in range(count)]


def test_a_thread_without_a_target_cannot_sign(tmp_path: Path, server: Loopback) -> None:
    with aws_home(tmp_path, profile("p", server), f"[p]\n{KEYS.format(1)}"):
        sessions = our_sessions()
        target = our_target(sessions, "p")
        account_of(sessions, target)
        server.reset()
        client = sessions.client(target, "sts")
        with ThreadPoolExecutor(1) as pool, pytest.raises(DefectError):
            pool.submit(client.get_caller_identity).result()
    assert server.counts()["calls"] == {}


def test_an_empty_region_variable_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with aws_home(
        tmp_path, "[profile p]\nregion = eu-west-3\n[profile q]\n", "", {"AWS_DEFAULT_REGION": ""}
    ):
        sessions = our_sessions()
        assert sessions.profile_region("p") == "eu-west-3"
        assert sessions.profile_region("q") is None
        with pytest.raises(UsageError, match="AWS_DEFAULT_REGION is empty"):
            sessions.client(our_target(sessions, "q"), "sts")


def test_the_user_agent_names_the_tool_once_and_the_application_when_there_is_one(
    tmp_path: Path,
) -> None:
    config = "[profile p]\nregion=eu-west-1\n[profile q]\nregion=eu-west-1\nsdk_ua_app_id=mine\n"
    seen: list[str] = []
    with aws_home(tmp_path, config, f"[p]\n{KEYS.format(1)}[q]\n{KEYS.format(2)}"):
        sessions = our_sessions(user_agent_extra="awsops/9 run/7")
        for name in ("p", "q"):
            target = our_target(sessions, name)
            client = sessions.client(target, "sts")

            def keep(request: Any, **_: Any) -> Any:
                seen.append(request.headers["User-Agent"].decode())
                raise InterruptedError

            client.meta.events.register_last("before-send", keep)
            with pytest.raises(InterruptedError):
                working_for(sessions, target, client.get_caller_identity)
    for agent in seen:
        assert agent.startswith("Botocore/")
        assert agent.count("awsops/9 run/7") == 1
    assert ["app/mine" in agent for agent in seen] == [False, True]


# -- roles -------------------------------------------------------------------------------------


def test_a_role_of_many_targets_is_assumed_once(tmp_path: Path, server: Loopback) -> None:
    """Two profiles with the role, each in two regions, all at the same moment."""
    server.reset(delay=0.02)
    config = profile("p", server, *role(42)) + profile("q", server, *role(42), region="us-east-1")
    with aws_home(tmp_path, config, BASE):
        sessions = our_sessions(connections=16)
        targets = [Target(name, r) for name in "pq" for r in ("eu-west-1", "us-east-1")] * 4
        found = at_once([lambda t=t: account_of(sessions, t) for t in targets])
    assert set(found) == {"000000000042"}
    assert server.counts()["roles"] == {"arn:aws:iam::000000000042:role/ops": 1}


def test_the_middle_of_many_chains_is_assumed_once(tmp_path: Path, server: Loopback) -> None:
    server.reset(delay=0.02)
    config = profile("middle", server, *role(7))
    config += "".join(profile(f"p{n}", server, *role(100 + n, "middle")) for n in range(16))
    with aws_home(tmp_path, config, BASE):
        sessions = our_sessions(connections=16)
        targets = [our_target(sessions, f"p{n}") for n in range(16)]
        found = at_once([lambda t=t: account_of(sessions, t) for t in targets])
    assert found == [f"{100 + n:012}" for n in range(16)]
    roles = server.counts()["roles"]
    assert roles["arn:aws:iam::000000000007:role/ops"] == 1
    assert set(roles.values()) == {1}
    assert len(roles) == 17


def test_the_role_option_assumes_through_the_same_client(tmp_path: Path, server: Loopback) -> None:
    config = "".join(profile(f"p{n}", server) for n in range(4))
    with aws_home(tmp_path, config, "".join(f"[p{n}]\n{KEYS.format(n)}" for n in range(4))):
        sessions = our_sessions()
        targets = [our_target(sessions, f"p{n}", role="ops") for n in range(4)]
        found = [account_of(sessions, t) for t in targets]
        clients = {id(sessions.client(t, "sts")) for t in targets}
    assert found == [f"{n:012}" for n in range(4)]
    assert len(clients) == 1
    expected = {f"arn:aws:iam::{n:012}:role/ops": 1 for n in range(4)}
    assert server.counts()["roles"] == expected


def test_roles_with_different_session_names_are_assumed_apart(
    tmp_path: Path, server: Loopback
) -> None:
    config = profile("p", server, *role(42), "role_session_name = ann")
    config += profile("q", server, *role(42), "role_session_name = bob")
    with aws_home(tmp_path, config, BASE):
        sessions = our_sessions()
        for name in ("p", "q"):
            account_of(sessions, our_target(sessions, name))
    assert server.counts()["roles"] == {"arn:aws:iam::000000000042:role/ops": 2}


def test_the_same_role_through_different_keys_is_assumed_apart(
    tmp_path: Path, server: Loopback
) -> None:
    config = profile("p", server, *role(42)) + profile("q", server, *role(42, "other"))
    with aws_home(tmp_path, config, f"{BASE}[other]\n{KEYS.format(901)}"):
        sessions = our_sessions()
        for name in ("p", "q"):
            account_of(sessions, our_target(sessions, name))
    assert server.counts()["roles"] == {"arn:aws:iam::000000000042:role/ops": 2}
    assert {"BENCH000000000900", "BENCH000000000901"} <= set(server.counts()["signers"])


def test_a_profile_without_a_region_is_not_helped_by_one_that_assumed_its_role(
    tmp_path: Path, server: Loopback
) -> None:
    """Plain botocore refuses to call a custom endpoint without a region."""
    config = profile("p", server, *role(42))
    config += "\n".join(["[profile q]", f"endpoint_url = {server.url}", *role(42)])
    with aws_home(tmp_path, config, BASE):
        sessions = our_sessions()
        assert account_of(sessions, our_target(sessions, "p")) == "000000000042"
        credentials = sessions.credentials(our_target(sessions, "q"))
        with pytest.raises(botocore.exceptions.NoRegionError):
            credentials.get_frozen_credentials()


def test_a_refused_role_fails_its_own_targets_only(tmp_path: Path, server: Loopback) -> None:
    config = profile("p", server, "role_arn = arn:aws:iam::000000000042:role/denied", role(42)[1])
    config += profile("q", server, *role(43))
    with aws_home(tmp_path, config, BASE):
        sessions = our_sessions()
        with pytest.raises(Exception, match="not allowed to assume"):
            account_of(sessions, our_target(sessions, "p"))
        assert account_of(sessions, our_target(sessions, "q")) == "000000000043"


def test_the_code_of_an_mfa_device_is_asked_for_once_for_all_targets_of_a_role(
    tmp_path: Path, server: Loopback
) -> None:
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return "123456"

    config = profile("p", server, *role(42), "mfa_serial = arn:aws:iam::000000000001:mfa/me")
    with aws_home(tmp_path, config, BASE):
        sessions = our_sessions(ask_mfa=ask)
        targets = [Target("p", region) for region in ("eu-west-1", "us-east-1")] * 4
        found = at_once([lambda t=t: account_of(sessions, t) for t in targets])
    assert set(found) == {"000000000042"}
    assert len(questions) == 1
    assert "arn:aws:iam::000000000001:mfa/me" in questions[0]


def test_without_a_person_an_mfa_device_is_an_error_that_names_it(
    tmp_path: Path, server: Loopback
) -> None:
    config = profile("p", server, *role(42), "mfa_serial = arn:aws:iam::000000000001:mfa/me")
    with aws_home(tmp_path, config, BASE):
        sessions = our_sessions()
        with pytest.raises(CredentialsError, match="mfa/me") as raised:
            account_of(sessions, our_target(sessions, "p"))
    assert raised.value.code == "MfaRequired"
    assert server.counts()["calls"] == {}


# -- refresh -----------------------------------------------------------------------------------


def test_a_role_about_to_expire_is_renewed_once_however_many_threads_call(
    tmp_path: Path, server: Loopback
) -> None:
    """A client that lives longer than the credentials goes on, signing with the new ones."""
    with aws_home(tmp_path, profile("p", server, *role(42)), BASE):
        sessions = our_sessions(connections=16)
        target = our_target(sessions, "p")
        client = sessions.client(target, "sts")
        server.reset(lifetime=5 * MINUTES)  # botocore renews what has less than ten left
        old = sessions.credentials(target).get_frozen_credentials().token
        server.reset(lifetime=60 * MINUTES, delay=0.02)
        call = client.get_caller_identity
        at_once([lambda: working_for(sessions, target, call)] * 16)
        assert sessions.client(target, "sts") is client
    counts = server.counts()
    assert counts["calls"] == {"AssumeRole": 1, "GetCallerIdentity": 16}
    renewed = {token for token, times in counts["tokens"].items() if times == 16}
    assert len(renewed) == 1
    assert old not in counts["tokens"]


def test_a_chain_about_to_expire_is_renewed_link_by_link(tmp_path: Path, server: Loopback) -> None:
    config = profile("middle", server, *role(7))
    config += "".join(profile(f"p{n}", server, *role(100 + n, "middle")) for n in range(8))
    with aws_home(tmp_path, config, BASE):
        sessions = our_sessions(connections=16)
        targets = [our_target(sessions, f"p{n}") for n in range(8)]
        server.reset(lifetime=5 * MINUTES)
        for target in targets:
            sessions.credentials(target).get_frozen_credentials()
        server.reset(lifetime=60 * MINUTES, delay=0.02)
        found = at_once([lambda t=t: account_of(sessions, t) for t in targets])
    assert found == [f"{100 + n:012}" for n in range(8)]
    assert set(server.counts()["roles"].values()) == {1}
    assert len(server.counts()["roles"]) == 9


def test_keys_of_a_process_that_expire_are_asked_for_again(
    tmp_path: Path, server: Loopback
) -> None:
    printed = tmp_path / "printed"
    printed.write_text(process_output(5, minutes=5))
    config = profile("p", server, f"credential_process = cat {printed}")
    with aws_home(tmp_path, config):
        sessions = our_sessions()
        target = our_target(sessions, "p")
        sessions.credentials(target)
        printed.write_text(process_output(6, minutes=60))
        assert account_of(sessions, target) == "000000000006"


def process_output(number: int, *, minutes: float | None = None) -> str:
    shown = {
        "Version": 1,
        "AccessKeyId": f"BENCH{number:012}",
        "SecretAccessKey": f"secret-{number}",
        "SessionToken": f"token-{number}",
    }
    if minutes is not None:
        shown["Expiration"] = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    return json.dumps(shown)


# -- sources that many profiles name -------------------------------------------------------------


def counting_process(folder: Path, prints: str, *, exits: int = 0) -> tuple[str, Path]:
    """A credential process that leaves a line in a file for each time it is run."""
    log, script, text = folder / "runs", folder / "process.sh", folder / "prints"
    text.write_text(prints)
    script.write_text(f"#!/bin/sh\necho run >> {log}\nsleep 0.1\ncat {text}\nexit {exits}\n")
    script.chmod(0o755)
    return str(script), log


def test_a_process_that_many_roles_start_from_is_run_once(tmp_path: Path, server: Loopback) -> None:
    command, log = counting_process(tmp_path, process_output(900))
    config = profile("base", server, f"credential_process = {command}")
    config += "".join(profile(f"p{n}", server, *role(n)) for n in range(16))
    with aws_home(tmp_path, config):
        sessions = our_sessions(connections=16)
        targets = [our_target(sessions, f"p{n}") for n in range(16)]
        found = at_once([lambda t=t: account_of(sessions, t) for t in targets])
    assert found == [f"{n:012}" for n in range(16)]
    assert log.read_text().count("run") == 1


def test_those_who_wait_for_a_failing_source_fail_with_it(tmp_path: Path, server: Loopback) -> None:
    """And not one after the other, each with a process of its own."""
    command, log = counting_process(tmp_path, "", exits=1)
    config = profile("base", server, f"credential_process = {command}")
    config += "".join(profile(f"p{n}", server, *role(n)) for n in range(8))

    def failure(target: Target) -> str:
        try:
            account_of(sessions, target)
        except Exception as error:
            return type(error).__name__
        return "none"

    with aws_home(tmp_path, config):
        sessions = our_sessions()
        targets = [our_target(sessions, f"p{n}") for n in range(8)]
        found = at_once([lambda t=t: failure(t) for t in targets])
    assert found == ["CredentialRetrievalError"] * 8
    assert log.read_text().count("run") < 8


def test_the_role_of_the_machine_is_asked_for_once(tmp_path: Path, server: Loopback) -> None:
    config = "".join(
        profile(f"p{n}", server, role(n)[0], "credential_source = EcsContainer") for n in range(8)
    )
    container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/container"}
    with aws_home(tmp_path, config, "", container):
        sessions = our_sessions()
        for n in range(8):
            assert account_of(sessions, our_target(sessions, f"p{n}")) == f"{n:012}"
    assert server.counts()["calls"]["container"] == 1


def test_every_secret_in_memory_is_known_to_whoever_writes_traces(
    tmp_path: Path, server: Loopback
) -> None:
    config = profile("middle", server, *role(7)) + profile("p", server, *role(8, "middle"))
    with aws_home(tmp_path, config, BASE):
        sessions = our_sessions()
        account_of(sessions, our_target(sessions, "p"))
        held = sessions.secrets()
    tokens = [token for token in server.counts()["tokens"] if token]
    assert len(tokens) == 2
    assert {"secret-900", "secret-of-ops", *tokens} <= set(held)


# -- files ---------------------------------------------------------------------------------------


def test_keys_written_while_the_tool_runs_are_seen_by_profiles_not_yet_resolved(
    tmp_path: Path, server: Loopback
) -> None:
    config = profile("p", server) + profile("q", server)
    with aws_home(tmp_path, config, f"[p]\n{KEYS.format(1)}[q]\n{KEYS.format(2)}") as folder:
        sessions = our_sessions()
        assert account_of(sessions, our_target(sessions, "p")) == "000000000001"
        beside = folder / "new"
        beside.write_text(f"[p]\n{KEYS.format(1)}[q]\n{KEYS.format(3)}")
        os.replace(beside, folder / "credentials")
        assert account_of(sessions, our_target(sessions, "q")) == "000000000003"


# -- Once ----------------------------------------------------------------------------------------


def test_a_thing_is_made_once_and_given_to_all_who_wait() -> None:
    made: list[int] = []

    def make() -> object:
        made.append(1)
        time.sleep(0.05)
        return object()

    once: Once[object] = Once()
    assert len(set(at_once([lambda: once.get("key", make)] * 16))) == 1
    assert len(made) == 1


def test_a_failure_is_not_kept() -> None:
    once: Once[int] = Once()
    with pytest.raises(ZeroDivisionError):
        once.get("key", lambda: 1 // 0)
    assert once.get("key", lambda: 7) == 7
    assert list(once) == [7]


def test_what_is_no_longer_good_is_made_anew() -> None:
    once: Once[int] = Once()
    once.get("key", lambda: 1)
    assert once.get("key", lambda: 2, keep=lambda value: value > 1) == 2
    assert once.get("key", lambda: 3, keep=lambda value: value > 1) == 2
