"""Roles and other short-lived credentials: found once for all targets, and renewed once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import botocore.exceptions
import pytest

from awsops.errors import CredentialsError
from awsops.targets import Target
from tests.bench.loopback import Loopback

from .aws_home import aws_home, our_sessions, our_target
from .aws_targets import BASE, KEYS, MINUTES, account_of, at_once, profile, role, working_for

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
    config = profile("p", server, f"credential_process = cat '{printed}'")
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
    script.write_text(f"#!/bin/sh\necho run >> '{log}'\nsleep 0.1\ncat '{text}'\nexit {exits}\n")
    script.chmod(0o755)
    return str(script), log


def test_a_process_that_many_roles_start_from_is_run_once(tmp_path: Path, server: Loopback) -> None:
    command, log = counting_process(tmp_path, process_output(900))
    config = profile("base", server, f"credential_process = '{command}'")
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
    config = profile("base", server, f"credential_process = '{command}'")
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
