"""`auth export`, `auth process` and `auth exec`, read by the programs that they are for."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins.auth.shells import render
from hypothesis import given, settings
from hypothesis import strategies as st

from awsops.errors import UsageError
from awsops.testing import run

from .conftest import Auth

Login = Callable[[], dict[str, Any]]

# Everything that a shell could take for something else, and what is merely unusual.
hostile = st.text(
    st.sampled_from("'\"\\$`!%^&|;<>(){}[]*?~#=@ \t\n\u2018\u2019\u201a\u201b\u00e9ab1-"),
    max_size=30,
) | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)

# AWSOPS_TEST_SCALE=10 asks each shell 400 times.
SCALE = float(os.environ.get("AWSOPS_TEST_SCALE", "1"))
EXAMPLES = int(40 * SCALE)

PRINTERS = {
    "bash": ["bash", "--norc", "-c"],
    "zsh": ["zsh", "-f", "-c"],
    "fish": ["fish", "--no-config", "-c"],
    "powershell": ["pwsh", "-NoProfile", "-Command"],
}


def evaluated(shell: str, text: str, tmp_path: Path) -> bytes:
    """What the variable X holds after a real shell has evaluated the text."""
    argv = PRINTERS[shell]
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is not installed")
    script = tmp_path / "lines"
    script.write_text(text, encoding="utf-8")
    evaluate = {
        "bash": f'eval "$(cat {script})"; env -0',
        "zsh": f'eval "$(cat {script})"; env -0',
        "fish": f"cat {script} | source; env -0",
        "powershell": f"Invoke-Expression (Get-Content -Raw {script}); env -0",
    }[shell]
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path.parent),
        "LC_ALL": "C.UTF-8",
        "X": "before",
    }
    done = subprocess.run([*argv, evaluate], env=environ, capture_output=True, cwd=tmp_path)
    assert not done.stderr, done.stderr
    found = dict(item.partition(b"=")[::2] for item in done.stdout.split(b"\0") if item)
    return found[b"X"]


@pytest.mark.timeout(120 * max(1, SCALE))
@pytest.mark.parametrize("shell", PRINTERS)
@settings(max_examples=EXAMPLES)
@given(value=hostile)
def test_any_value_reaches_the_shell_as_it_is(
    shell: str, value: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "shells" / "here"
    folder.mkdir(exist_ok=True, parents=True)
    # `$(...)` drops line breaks at the very end of what it reads: a quote stands behind each.
    text = render(shell, {"X": value}, ["Y"])
    assert evaluated(shell, text, folder).decode() == value
    assert sorted(path.name for path in folder.iterdir()) == ["lines"]


@given(value=hostile)
def test_dotenv_is_read_back_or_refused(value: str) -> None:
    try:
        text = render("dotenv", {"X": value}, [])
    except UsageError:
        assert "\n" in value or "\r" in value
        return
    assert len(text.split("\n")) == 1
    name, _, quoted = text.partition("=")
    assert name == "X"
    if quoted[0] == "'":
        assert quoted[1:-1] == value
    else:  # within double quotes, as sh reads it
        script = f'X={quoted}; printf %s "$X"'
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
        assert done.stdout.decode() == value


@given(value=hostile)
def test_cmd_gets_only_what_it_can_quote(value: str) -> None:
    if set(value) & set('"%!\r\n'):
        with pytest.raises(UsageError, match="cmd cannot quote"):
            render("cmd", {"X": value}, [])
    else:
        assert render("cmd", {"X": value}, []) == f'set "X={value}"'


@given(value=hostile)
def test_json_is_json(value: str) -> None:
    assert json.loads(render("json", {"X": value}, [])) == {"X": value}


def test_a_value_that_no_variable_can_hold_is_refused() -> None:
    with pytest.raises(UsageError, match="NUL"):
        render("bash", {"X": "a\0b"}, [])


def test_export_gives_the_session_and_removes_what_is_stale(auth: Auth, logged_in: Login) -> None:
    logged_in()
    lines = auth(["export", "--shell", "bash"]).stdout.splitlines()
    assert "unset AWS_PROFILE" in lines
    held = json.loads(auth.files()[0].read_text())
    assert f"export AWS_ACCESS_KEY_ID='{held['access_key']}'" in lines
    assert f"export AWS_SESSION_TOKEN='{held['token']}'" in lines
    assert any(line.startswith("export AWS_CREDENTIAL_EXPIRATION='") for line in lines)
    assert "export AWS_DEFAULT_REGION='eu-west-1'" in lines


def test_export_of_long_term_keys_says_that_they_are(auth: Auth) -> None:
    result = auth(["export", "--shell", "json"])
    assert set(json.loads(result.stdout)) >= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert "long-term keys" in result.stderr


def test_export_takes_the_shell_from_the_environment(auth: Auth) -> None:
    result = auth(["export"], environ={"SHELL": "/usr/bin/fish"})
    assert "set -gx AWS_ACCESS_KEY_ID '" in result.stdout


def test_export_is_for_one_target(auth: Auth) -> None:
    result = auth(["export", "-p", "demo-prod"])
    assert result.exit_code == 2
    assert "auth export is for one target, 2 were named" in result.stderr
    assert result.stdout.count("SECRET") == 0


def test_what_is_exported_works_in_another_program(auth: Auth, logged_in: Login) -> None:
    logged_in()
    values = json.loads(auth(["export", "--shell", "json"]).stdout)
    result = auth.sandbox_run(["creds", "whoami"], values)
    assert result.rows[0]["arn"] == "arn:aws:iam::111111111111:user/demo"
    assert result.rows[0]["credential_source"] == "env"


def test_process_speaks_the_protocol_of_credential_process(auth: Auth, logged_in: Login) -> None:
    logged_in()
    answer = json.loads(auth(["process"]).stdout)
    assert answer["Version"] == 1
    assert set(answer) == {
        "Version",
        "AccessKeyId",
        "SecretAccessKey",
        "SessionToken",
        "Expiration",
    }
    assert answer["Expiration"].endswith("Z")


def test_process_of_a_role_gives_the_role(auth: Auth) -> None:
    answer = json.loads(auth(["process"], profile="ops-staging").stdout)
    assert {"SessionToken", "Expiration"} <= set(answer)


def test_botocore_itself_uses_a_session_through_process(auth: Auth, logged_in: Login) -> None:
    logged_in()
    python = Path(sys.executable)
    config = auth.home / "config"
    endpoint = auth.sandbox.info.endpoint
    config.write_text(
        auth.given("AWS_CONFIG_FILE") + f"\n[profile through]\nregion = eu-west-1\n"
        f"endpoint_url = {endpoint}\n"
        f"credential_process = '{python.parent}/awsops' auth process -p demo-dev\n"
    )
    environ = {**auth.sandbox.environ, "AWS_CONFIG_FILE": str(config), "HOME": str(auth.home)}
    script = (
        "import botocore.session as b; s = b.Session(profile='through');"
        "print(s.create_client('sts').get_caller_identity()['Arn'], s.get_credentials().method)"
    )
    environ |= {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [python, "-c", script], env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["arn:aws:iam::111111111111:user/demo", "custom-process"], done


def test_exec_runs_a_program_with_nothing_else_of_aws(auth: Auth, logged_in: Login) -> None:
    logged_in()
    result = auth(["exec", "--", "env"], environ={"AWS_PROFILE_NOT_MINE": "x", "KEEP": "y"})
    names = {line.partition("=")[0] for line in result.stdout.splitlines()}
    assert {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_REGION", "KEEP"} <= names
    assert not {"AWS_PROFILE", "AWS_PROFILE_NOT_MINE", "AWS_CONFIG_FILE"} & names


def test_exec_passes_the_exit_code_and_the_arguments_through(auth: Auth) -> None:
    result = auth(["exec", "--", "sh", "-c", 'echo "$1"; exit 37', "sh", "-p it's"])
    assert result.exit_code == 37
    assert result.stdout == "-p it's\n"


def test_exec_of_a_program_that_is_not_there(auth: Auth) -> None:
    result = auth(["exec", "--", "no-such-program"])
    assert result.exit_code == 5
    assert "no program 'no-such-program'" in result.stderr
    assert "hint: " in result.stderr


def test_exec_becomes_the_program_whose_signals_are_its_own(
    auth: Auth, process: Callable[..., subprocess.Popen[str]]
) -> None:
    script = "echo $$; grep SigIgn /proc/self/status; exec sleep 60"
    argv = ["auth", "exec", "-p", "demo-dev", "--", "sh", "-c", script]
    running = process(argv, auth.sandbox.environ)
    assert running.stdout is not None
    assert running.stdout.readline().strip() == str(running.pid)
    ignored = int(running.stdout.readline().split()[1], 16)
    assert not ignored & (1 << (signal.SIGPIPE - 1))  # Python ignores it
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == -signal.SIGTERM


def test_many_that_want_an_expired_session_make_one_call(auth: Auth, logged_in: Login) -> None:
    """The first asks; the others wait for it and find the session."""
    logged_in()
    held = json.loads(auth.files()[0].read_text())
    auth.files()[0].write_text(json.dumps({**held, "expires_at": time.time() - 5}))
    from awsops.sandbox import control

    control.reset(auth.sandbox.info)
    control.reset_calls(auth.sandbox.info)
    command = [str(Path(sys.executable).parent / "awsops"), "auth", "process", "-p", "demo-dev"]
    environ = {**auth.sandbox.environ, "HOME": str(auth.home), "PATH": os.environ["PATH"]}
    argv = [*command, "--code", auth.code()]
    started = [
        subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(12)
    ]
    answers = {each.communicate()[0] for each in started}
    assert {each.returncode for each in started} == {0}
    assert len(answers) == 1
    assert auth.calls()["sts.GetSessionToken"] == 1


def two_places(auth: Auth) -> dict[str, str]:
    """An environment with the profile `here` of the sandbox and `there`, which has no endpoint."""
    from awsops.sandbox.accounts import ACCOUNTS

    keys = f"aws_access_key_id = {ACCOUNTS[0].access_key}\naws_secret_access_key = EXAMPLE\n"
    config = auth.home / "config"
    config.write_text(
        "[profile here]\nregion = eu-west-1\n"
        f"endpoint_url = {auth.sandbox.info.endpoint}\n{keys}"
        f"[profile there]\nregion = us-west-2\n{keys}"
        f"[profile nowhere]\n{keys}"
        f"[profile parts]\nregion = eu-west-1\nservices = mine\n{keys}"
        "[services mine]\ns3 =\n  endpoint_url = http://127.0.0.1:9\n"
    )
    return {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(auth.home / "none")}


def exported(auth: Auth, profile: str, environ: dict[str, str]) -> dict[str, str]:
    """The environment of a real shell after it has evaluated an export."""
    result = run(
        ["auth", "export", "--shell", "bash", "-p", profile], environ=environ, home=auth.home
    )
    assert result.exit_code == 0, result.stderr
    done = subprocess.run(
        ["bash", "--norc", "-c", f"{result.stdout}\nenv -0"],
        env={**environ, "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        text=True,
    )
    found = dict(item.partition("=")[::2] for item in done.stdout.split("\0") if item)
    return {name: value for name, value in found.items() if name.startswith("AWS")}


def test_an_export_after_another_leads_to_its_own_region_and_endpoint(auth: Auth) -> None:
    first = exported(auth, "here", two_places(auth))
    assert first["AWS_ENDPOINT_URL"] == auth.sandbox.info.endpoint
    second = exported(auth, "there", first)
    assert (second["AWS_REGION"], second["AWS_DEFAULT_REGION"]) == ("us-west-2", "us-west-2")
    assert "AWS_ENDPOINT_URL" not in second


def test_an_export_without_a_region_takes_the_earlier_one_away(auth: Auth) -> None:
    after = exported(auth, "nowhere", exported(auth, "there", two_places(auth)))
    assert not {"AWS_REGION", "AWS_DEFAULT_REGION"} & set(after)


def test_what_a_person_has_set_is_kept(auth: Auth) -> None:
    environ = {**two_places(auth), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    assert exported(auth, "there", environ)["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"


def test_what_a_person_has_changed_since_the_export_is_kept(auth: Auth) -> None:
    first = exported(auth, "here", two_places(auth))
    changed = {**first, "AWS_DEFAULT_REGION": "eu-north-1"}
    assert exported(auth, "there", changed)["AWS_REGION"] == "eu-north-1"


def test_a_profile_that_is_named_is_not_led_by_an_export_of_another(auth: Auth) -> None:
    first = exported(auth, "here", two_places(auth))
    rows = run(["creds", "chain", "-p", "there"], environ=first, home=auth.home).rows
    [region] = [r["note"] for r in rows if r["part"] == "region" and r["status"] == "used"]
    assert region == "us-west-2"
    assert not [r for r in rows if r["status"] == "used" and "ENDPOINT" in r["provider"]]
    left = [r["provider"] for r in rows if "left by an export" in (r["note"] or "")]
    assert left == ["AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL"]


def test_without_a_name_the_export_is_what_counts(auth: Auth) -> None:
    first = exported(auth, "here", two_places(auth))
    rows = run(["creds", "chain"], environ=first, home=auth.home).rows
    assert [r["note"] for r in rows if r["provider"] == "AWS_DEFAULT_REGION"] == ["eu-west-1"]


def test_the_endpoints_of_single_services_are_exported_too(auth: Auth) -> None:
    after = exported(auth, "parts", two_places(auth))
    assert after["AWS_ENDPOINT_URL_S3"] == "http://127.0.0.1:9"
    assert "AWS_ENDPOINT_URL_S3" not in exported(auth, "there", after)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_hostile_names_and_settings_of_a_profile_do_nothing(
    auth: Auth, shell: str, tmp_path: Path
) -> None:
    """What a config file says goes through a real shell as it is."""
    argv = PRINTERS[shell]
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is not installed")
    hostile = "x'; touch pwned; $(touch pwned) `touch pwned` \"\\ %PATH% & |"
    config = auth.home / "config"
    config.write_text(
        "[profile 'a; touch pwned']\naws_access_key_id = AKIATEST\n"
        f"aws_secret_access_key = {hostile}\nregion = eu-west-1\nendpoint_url = {hostile}\n"
    )
    environ = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    result = run(
        ["auth", "export", "--shell", shell, "-p", "a; touch pwned"],
        environ=environ,
        home=auth.home,
    )
    assert result.exit_code == 0, result.stderr
    folder = tmp_path / "here"
    folder.mkdir()
    (tmp_path / "lines").write_text(result.stdout)
    evaluate = (
        "cat ../lines | source; env -0" if shell == "fish" else 'eval "$(cat ../lines)"; env -0'
    )
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    done = subprocess.run([*argv, evaluate], env=environ, capture_output=True, cwd=folder)
    found = dict(item.partition(b"=")[::2] for item in done.stdout.split(b"\0") if item)
    assert found[b"AWS_SECRET_ACCESS_KEY"].decode() == hostile
    assert found[b"AWS_ENDPOINT_URL"].decode() == hostile
    assert list(folder.iterdir()) == []


FORMATS = ["json", "ndjson", "yaml", "csv", "text", "table"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_format_adds_nothing_to_what_another_program_reads(auth: Auth, format: str) -> None:
    answer = auth(["process", "-o", format], profile="ops-staging").stdout
    assert json.loads(answer)["Version"] == 1


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "verb",
    [["export"], ["process"], ["exec", "--", "env"], ["assume", "nobody", "--shell", "bash"]],
)
def test_an_error_never_reaches_the_shell_that_evaluates(
    auth: Auth, verb: list[str], format: str
) -> None:
    """What a message quotes could be anything, also a command."""
    config = auth.home / "config"
    config.write_text("[profile '$(touch pwned)']\nregion = eu-west-1\n")
    environ = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    argv = ["auth", verb[0], "-o", format, "-p", "$(touch pwned)", *verb[1:]]
    result = run(argv, environ=environ, home=auth.home)
    assert result.exit_code != 0
    assert "$(touch pwned)" in result.stderr
    assert result.stdout == ""


def test_an_error_of_a_command_with_rows_is_still_a_record(auth: Auth) -> None:
    assert auth(["assume", "nobody"]).rows[0]["error"]["code"]
