"""What targets share, and what they must not."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from awsops.errors import DefectError, UsageError
from awsops.once import Once
from tests.bench.loopback import Loopback

from .aws_home import aws_home, our_sessions, our_target
from .aws_targets import KEYS, account_of, at_once, profile, working_for

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
