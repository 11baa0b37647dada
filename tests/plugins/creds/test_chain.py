"""`creds chain`: places, shadows and traps, as a person sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Chain = Callable[..., Any]

LONG = "AKIATESTTESTTEST"
SECRET = "secret-that-is-not-shown-EXAMPLE"
KEYS = f"aws_access_key_id = {LONG}0001\naws_secret_access_key = {SECRET}\n"


@pytest.fixture
def chain(cli: Callable[..., Any], tmp_path: Path) -> Chain:
    """`chain(argv, config, credentials, environ)` on files of its own."""

    def run(
        *argv: str,
        config: str | bytes = "",
        credentials: str = "",
        environ: Mapping[str, str] | None = None,
        mode: int = 0o600,
    ) -> Any:
        folder = tmp_path / ".aws"
        folder.mkdir(exist_ok=True)
        content = config.encode() if isinstance(config, str) else config
        (folder / "config").write_bytes(content)
        (folder / "credentials").write_text(credentials)
        (folder / "credentials").chmod(mode)
        return cli(
            ["creds", "chain", *argv],
            {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path), **(environ or {})},
        )

    return run


def row(result: Any, part: str, provider: str) -> dict[str, Any]:
    [found] = [r for r in result.rows if (r["part"], r["provider"]) == (part, provider)]
    return dict(found)


def test_a_source_is_shown_with_its_file_and_line(chain: Chain, tmp_path: Path) -> None:
    result = chain("-p", "p", credentials=f"# mine\n\n[other]\n[p]\n{KEYS}")
    found = row(result, "credentials", "shared-credentials-file")
    assert (found["status"], found["access_key_suffix"]) == ("used", "0001")
    assert found["source"] == f"{tmp_path}/.aws/credentials:5"


def test_keys_of_the_environment_beside_a_profile_are_shown_out_of_the_chain(
    chain: Chain,
) -> None:
    environ = {"AWS_ACCESS_KEY_ID": f"{LONG}0009", "AWS_SECRET_ACCESS_KEY": SECRET}
    found = row(chain("-p", "p", credentials=f"[p]\n{KEYS}", environ=environ), "credentials", "env")
    assert (found["order"], found["status"], found["access_key_suffix"]) == (0, "shadowed", "0009")
    assert "-p takes the environment out" in found["note"]


def test_keys_of_the_environment_that_win_over_aws_profile_are_named(chain: Chain) -> None:
    environ = {
        "AWS_ACCESS_KEY_ID": f"{LONG}0009",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_PROFILE": "p",
    }
    result = chain(credentials=f"[p]\n{KEYS}", environ=environ)
    assert row(result, "credentials", "env")["status"] == "used"
    assert "win over AWS_PROFILE=p: -p p" in result.stderr


def test_a_token_left_from_another_session_is_named_with_its_line(
    chain: Chain, tmp_path: Path
) -> None:
    result = chain("-p", "p", credentials=f"[p]\n{KEYS}aws_session_token = old\n")
    assert f"session token at {tmp_path}/.aws/credentials:4 was left" in result.stderr


def test_a_session_key_without_its_token_is_named(chain: Chain) -> None:
    credentials = f"[p]\naws_access_key_id = ASIATEST0002\naws_secret_access_key = {SECRET}\n"
    assert "whose token is missing" in chain("-p", "p", credentials=credentials).stderr


def test_half_a_key_is_an_error_with_its_place(chain: Chain) -> None:
    result = chain("-p", "p", credentials="[p]\naws_access_key_id = AKIATEST0003\n")
    assert row(result, "credentials", "shared-credentials-file")["status"] == "error"
    assert "half a key: no aws_secret_access_key" in result.stderr
    assert result.exit_code == 0


def test_a_loop_of_source_profiles_is_an_error_of_its_link(chain: Chain) -> None:
    role = "role_arn = arn:aws:iam::000000000042:role/ops\n"
    config = f"[profile p]\n{role}source_profile = q\n[profile q]\n{role}source_profile = p\n"
    found = row(chain("-p", "p", config=config), "credentials", "assume-role")
    assert found["status"] == "error"
    assert "loop" in found["note"].lower()


def test_an_expired_session_of_the_environment_is_said_to_be_expired(chain: Chain) -> None:
    environ = {
        "AWS_ACCESS_KEY_ID": "ASIATEST0004",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": "t",
        "AWS_CREDENTIAL_EXPIRATION": "2001-01-01T00:00:00Z",
    }
    found = row(chain(environ=environ), "credentials", "env")
    assert found["status"] == "error"
    assert "expired" in found["note"]


def test_the_region_has_a_chain_of_its_own(chain: Chain) -> None:
    environ = {"AWS_DEFAULT_REGION": "us-west-2", "AWS_REGION": "us-east-1"}
    config = "[profile p]\nregion = eu-west-3\n"
    result = chain("-p", "p", config=config, credentials=f"[p]\n{KEYS}", environ=environ)
    assert row(result, "region", "AWS_DEFAULT_REGION")["status"] == "used"
    assert row(result, "region", "profile")["note"] == "eu-west-3"
    assert "botocore and the aws CLI do not" in row(result, "region", "AWS_REGION")["note"]


def test_a_region_of_the_command_line_comes_first(chain: Chain) -> None:
    result = chain("-p", "p", "-r", "eu-north-1", credentials=f"[p]\n{KEYS}")
    assert row(result, "region", "-r")["note"] == "eu-north-1"


def test_settings_are_shown_without_the_password_of_a_url(chain: Chain) -> None:
    environ = {"AWS_ENDPOINT_URL_SQS": "http://me:hush@127.0.0.1:9/q", "AWS_MAX_ATTEMPTS": "7"}
    result = chain("-p", "p", credentials=f"[p]\n{KEYS}", environ=environ)
    assert row(result, "setting", "AWS_ENDPOINT_URL_SQS")["note"] == "http://127.0.0.1:9/q"
    assert row(result, "setting", "max_attempts")["note"] == "7"
    assert "hush" not in result.stdout + result.stderr


def test_a_credentials_file_that_others_can_read_is_named(chain: Chain) -> None:
    result = chain("-p", "p", credentials=f"[p]\n{KEYS}", mode=0o644)
    assert "can be read by others (mode 0644): chmod 600" in result.stderr


def test_no_secret_is_ever_shown(chain: Chain) -> None:
    environ = {"AWS_ACCESS_KEY_ID": f"{LONG}0009", "AWS_SECRET_ACCESS_KEY": SECRET}
    for argv in (["--why"], ["-p", "p", "--why"], ["-p", "p", "-o", "json", "-v"]):
        result = chain(*argv, credentials=f"[p]\n{KEYS}", environ=environ)
        assert result.exit_code == 0
        assert SECRET not in result.stdout + result.stderr
        assert LONG not in result.stdout + result.stderr


def test_why_says_what_wins_and_what_it_shadows(chain: Chain) -> None:
    both = f"[profile p]\n{KEYS}"
    said = chain("-p", "p", "--why", config=both, credentials=f"[p]\n{KEYS}").stderr
    assert "The first source with credentials is the keys in the credentials file" in said
    assert "Shadowed by it: config-file" in said


def test_why_says_when_there_is_nothing(chain: Chain) -> None:
    result = chain("--why")
    assert "has credentials" in result.stderr
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("config", "said"),
    [(b"[profile p]\nregion = \xff\xfe\n", "UTF-8"), ("no section\n", "parse")],
)
def test_a_config_file_that_is_no_config_file_is_named(
    chain: Chain, config: str | bytes, said: str, tmp_path: Path
) -> None:
    result = chain("-p", "p", config=config)
    assert result.exit_code == 2
    assert f"{tmp_path}/.aws/config" in result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_that_cannot_be_read_is_named(chain: Chain, tmp_path: Path) -> None:
    result = chain("-p", "p", credentials=f"[p]\n{KEYS}")
    assert result.exit_code == 0
    (tmp_path / "folder").mkdir()
    environ = {"AWS_CONFIG_FILE": str(tmp_path / "folder")}
    result = chain("-p", "p", credentials=f"[p]\n{KEYS}", environ=environ)
    assert f"{tmp_path}/folder" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_empty_row_says_why(chain: Chain) -> None:
    result = chain("-p", "p", config="[profile p]\nregion = eu-west-1\n")
    empty = {
        r["provider"]: r["note"]
        for r in result.rows
        if (r["part"], r["status"]) == ("credentials", "empty")
    }
    assert len(empty) > 8
    assert all(empty.values()), empty
    assert empty["assume-role"] == "no role_arn in the profile p"
    assert empty["custom-process"] == "no credential_process in the profile p"
    assert empty["container-role"].endswith("is not set")
    assert empty["shared-credentials-file"] == "no section [p]"
    assert empty["iam-role"] == "switched off by AWS_EC2_METADATA_DISABLED"


def test_an_empty_environment_is_said_to_be(chain: Chain) -> None:
    assert row(chain(), "credentials", "env")["note"] == "AWS_ACCESS_KEY_ID is not set"


def test_an_empty_region_says_where_it_was_looked_for(chain: Chain) -> None:
    result = chain("-p", "p", config="[profile p]\nsso_region = eu-west-1\n")
    empty = [r for r in result.rows if (r["part"], r["status"]) == ("region", "empty")]
    assert [r["note"] for r in empty] == [
        "not given",
        "not set",
        "no region in the profile p",
    ]


def test_a_role_that_is_taken_by_web_identity_is_not_said_to_be_missing(chain: Chain) -> None:
    config = (
        "[profile p]\nrole_arn = arn:aws:iam::000000000042:role/ops\n"
        "web_identity_token_file = /nonexistent\nregion = eu-west-1\n"
    )
    found = row(chain("-p", "p", config=config), "credentials", "assume-role")
    assert found["note"] == "web_identity_token_file takes the role_arn"


def test_settings_that_nobody_made_are_shown_with_what_holds(chain: Chain) -> None:
    result = chain("-p", "p", credentials=f"[p]\n{KEYS}")
    shown = {
        name: (row(result, "setting", name)["status"], row(result, "setting", name)["note"])
        for name in ("endpoint_url", "retry_mode", "ca_bundle")
    }
    assert shown["endpoint_url"] == ("empty", "AWS's own")
    assert shown["ca_bundle"] == ("empty", "botocore's own")
    assert shown["retry_mode"][1] in ("legacy", "standard")


def test_a_bundle_of_requests_is_shown(chain: Chain) -> None:
    environ = {"REQUESTS_CA_BUNDLE": "/etc/bundle.pem"}
    result = chain("-p", "p", credentials=f"[p]\n{KEYS}", environ=environ)
    found = row(result, "setting", "ca_bundle")
    assert (found["source"], found["note"]) == ("REQUESTS_CA_BUNDLE", "/etc/bundle.pem")
