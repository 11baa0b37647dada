"""docker-credential-awsops: docker's protocol, its cache, and what it asks of AWS."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins import _docker_credential as helper
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsops.sandbox import control
from awsops.testing import Sandbox

SCRIPT = "from awsops_plugins._docker_credential import entry_point; entry_point()"
GETS = max(1, int(50 * float(os.environ.get("AWSOPS_TEST_SCALE", "0.2"))))


@pytest.fixture
def environ(awsops_sandbox: Sandbox, tmp_path: Path) -> Iterator[dict[str, str]]:
    control.reset_calls(awsops_sandbox.info)
    yield {**awsops_sandbox.environ, "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    control.set_chaos(awsops_sandbox.info, "")


def start(environ: dict[str, str], verb: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, verb],
        env=environ,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ask(environ: dict[str, str], verb: str, text: str = "127.0.0.1:9") -> tuple[int, str, str]:
    process = start(environ, verb)
    out, err = process.communicate(text)
    return process.returncode, out, err


def tokens_asked(sandbox: Sandbox) -> int:
    return control.calls(sandbox.info).calls.get("ecr.GetAuthorizationToken", 0)


def cached(tmp_path: Path) -> Path:
    [path] = (tmp_path / ".cache/awsops/ecr").glob("*.json")
    return path


def age(path: Path, **changes: float) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_get_answers_as_docker_expects(environ: dict[str, str]) -> None:
    code, out, err = ask(environ, "get", "http://127.0.0.1:9/\n")
    answer = json.loads(out)
    assert (code, err, answer["ServerURL"], answer["Username"]) == (0, "", "127.0.0.1:9", "AWS")


def test_the_second_get_asks_nobody(environ: dict[str, str], awsops_sandbox: Sandbox) -> None:
    assert ask(environ, "get")[1] == ask(environ, "get")[1]
    assert tokens_asked(awsops_sandbox) == 1


def test_gets_at_the_same_time_make_one_call(
    environ: dict[str, str], awsops_sandbox: Sandbox
) -> None:
    processes = [start(environ, "get") for _ in range(GETS)]
    answers = {process.communicate("127.0.0.1:9")[0] for process in processes}
    assert (len(answers), tokens_asked(awsops_sandbox)) == (1, 1)


def test_past_half_its_life_a_token_is_renewed(
    environ: dict[str, str], awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    _, first, _ = ask(environ, "get")
    age(cached(tmp_path), refresh_at=time.time() - 1)
    assert ask(environ, "get")[1] != first
    assert tokens_asked(awsops_sandbox) == 2


def test_a_valid_old_token_serves_while_aws_does_not_answer(
    environ: dict[str, str], awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    _, first, _ = ask(environ, "get")
    age(cached(tmp_path), refresh_at=time.time() - 1)
    control.set_chaos(awsops_sandbox.info, "error=1,only=ecr")
    assert ask({**environ, "AWS_MAX_ATTEMPTS": "1"}, "get")[1] == first


def test_an_expired_token_is_not_given_out(
    environ: dict[str, str], awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    ask(environ, "get")
    age(cached(tmp_path), refresh_at=0, expires_at=1)
    control.set_chaos(awsops_sandbox.info, "error=1,only=ecr")
    code, out, err = ask({**environ, "AWS_MAX_ATTEMPTS": "1"}, "get")
    assert (code, err) == (1, "")
    assert "ecr token" in out


def test_the_cache_is_for_its_owner_alone(environ: dict[str, str], tmp_path: Path) -> None:
    ask(environ, "get")
    path = cached(tmp_path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_erase_forgets_the_token(environ: dict[str, str], awsops_sandbox: Sandbox) -> None:
    ask(environ, "get")
    assert ask(environ, "erase")[:2] == (0, "")
    ask(environ, "get")
    assert tokens_asked(awsops_sandbox) == 2


def test_store_keeps_nothing(environ: dict[str, str], tmp_path: Path) -> None:
    given = {"ServerURL": "127.0.0.1:9", "Username": "AWS", "Secret": "EXAMPLE"}
    assert ask(environ, "store", json.dumps(given)) == (0, "", "")
    assert not (tmp_path / ".cache/awsops/ecr").exists()


def test_list_names_the_registries_that_are_cached_or_configured(
    environ: dict[str, str], tmp_path: Path
) -> None:
    host = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
    settings_file = tmp_path / ".config/awsops/ecr.toml"
    settings_file.parent.mkdir(parents=True)
    settings_file.write_text(f'[helper.registries]\n"{host}" = "demo-dev"\n')
    ask(environ, "get")
    assert json.loads(ask(environ, "list")[1]) == {host: "AWS", "127.0.0.1:9": "AWS"}


def test_the_profile_is_that_of_the_registry(environ: dict[str, str], tmp_path: Path) -> None:
    settings_file = tmp_path / ".config/awsops/ecr.toml"
    settings_file.parent.mkdir(parents=True)
    settings_file.write_text('[helper.registries]\n"127.0.0.1:9" = "nobody"\n')
    code, out, _ = ask(environ, "get")
    assert code == 1
    assert "'nobody' does not exist" in out


def test_a_registry_that_is_not_ecrs_is_not_found(environ: dict[str, str]) -> None:
    assert ask(environ, "get", "https://index.docker.io/v1/")[:2] == (1, helper.NOT_FOUND + "\n")


def test_a_warm_get_imports_neither_typer_nor_botocore(environ: dict[str, str]) -> None:
    ask(environ, "get")
    code = (
        "import io, os, sys; from awsops_plugins._docker_credential import run;"
        "run(['get'], io.BytesIO(b'127.0.0.1:9'), io.BytesIO(), os.environ);"
        "print(sorted({'typer', 'botocore', 'awsops.cli', 'tomllib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    verb=st.sampled_from([*helper.VERBS, "", "GET", "--help"]) | st.text(max_size=8),
    data=st.binary(max_size=200) | st.text(max_size=80).map(lambda t: t.encode("utf-8", "replace")),
)
def test_whatever_comes_in_an_answer_goes_out(verb: str, data: bytes, tmp_path: Path) -> None:
    out = io.BytesIO()
    environ: dict[str, Any] = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    code = helper.run([verb], io.BytesIO(data), out, environ)
    assert code in (0, 1)
    assert code == 0 or out.getvalue().strip()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=120) | st.binary(max_size=80).map(repr))
def test_a_damaged_cache_is_like_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8", errors="replace")
    assert helper._load(str(path)) is None
