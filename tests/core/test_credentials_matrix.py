"""Profiles of every kind resolve as plain botocore resolves them, the shared parts or not."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bench.loopback import Loopback

from .aws_home import Found, aws_home, our_sessions, our_target, outcome, plain_session, reached

ROOT = Path(__file__).resolve().parents[2]
KEYS = "aws_access_key_id = BENCH{0:012}\naws_secret_access_key = secret-{0}\n"


@dataclass(frozen=True)
class Case:
    """Files, environment and the profile asked for; `expect` is what botocore documents.

    In the texts `URL` is the loopback server and `HOME` the folder of the files.
    """

    config: str = ""
    credentials: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    profile: str | None = "p"
    expect: str = ""


def keys(number: int) -> str:
    return KEYS.format(number)


ENV_KEYS = {"AWS_ACCESS_KEY_ID": "BENCHENV", "AWS_SECRET_ACCESS_KEY": "env-secret"}
ROLE = "role_arn = arn:aws:iam::000000000042:role/ops\nendpoint_url = URL\nregion = eu-west-1\n"
DENIED = "role_arn = arn:aws:iam::000000000042:role/denied\nendpoint_url = URL\nregion=eu-west-1\n"
WEB = f"{ROLE}web_identity_token_file = HOME/token\n"
BASE = f"[base]\n{keys(1)}"

CASES = {
    # static keys
    "keys in the credentials file": Case("", f"[p]\n{keys(1)}", expect="shared-credentials-file"),
    "keys in the config file": Case(f"[profile p]\n{keys(1)}", expect="config-file"),
    "keys in both files": Case(
        f"[profile p]\n{keys(1)}", f"[p]\n{keys(2)}", expect="shared-credentials-file"
    ),
    "keys with a session token": Case("", f"[p]\n{keys(1)}aws_session_token = t\n"),
    "keys with the old name of the token": Case("", f"[p]\n{keys(1)}aws_security_token = t\n"),
    "keys with an account": Case("", f"[p]\n{keys(1)}aws_account_id = 000000000009\n"),
    "the account in the other file": Case(
        "[profile p]\naws_account_id = 000000000009\n", f"[p]\n{keys(1)}"
    ),
    "a token in the other file": Case(
        f"[profile p]\n{keys(1)}", "[p]\naws_session_token = not-its-own\n", expect="config-file"
    ),
    "half a key in each file": Case(
        "[profile p]\naws_access_key_id = BENCH1\n",
        "[p]\naws_secret_access_key = half\n",
        expect="PartialCredentialsError",
    ),
    "half a key": Case("", "[p]\naws_access_key_id = A\n", expect="PartialCredentialsError"),
    "half a key in the config file": Case(
        "[profile p]\naws_access_key_id = A\n", expect="PartialCredentialsError"
    ),
    "only the secret half": Case("[profile p]\naws_secret_access_key = A\n"),
    "no keys at all": Case("[profile p]\nregion = eu-west-1\n"),
    "no such profile": Case("[profile q]\n", expect="ProfileNotFound"),
    "no files": Case(
        environ={"AWS_CONFIG_FILE": "HOME/none", "AWS_SHARED_CREDENTIALS_FILE": "HOME/none"},
        expect="ProfileNotFound",
    ),
    "a config file that is not INI": Case("region = eu-west-1\n", expect="ConfigParseError"),
    "the default profile by name": Case("", f"[default]\n{keys(3)}", profile="default"),
    # environment
    "environment keys and no profile": Case(environ=ENV_KEYS, profile=None, expect="env"),
    "environment keys beside a named profile": Case(
        "", f"[p]\n{keys(1)}", ENV_KEYS, expect="shared-credentials-file"
    ),
    "environment keys beside AWS_PROFILE": Case(
        "", f"[p]\n{keys(1)}", {**ENV_KEYS, "AWS_PROFILE": "p"}, profile=None, expect="env"
    ),
    "AWS_PROFILE alone": Case(
        "", f"[p]\n{keys(1)}", {"AWS_PROFILE": "p"}, None, "shared-credentials-file"
    ),
    "AWS_PROFILE beside another named profile": Case(
        "", f"[p]\n{keys(1)}[q]\n{keys(2)}", {"AWS_PROFILE": "q"}
    ),
    "an AWS_PROFILE that does not exist": Case(
        "", f"[p]\n{keys(1)}", {"AWS_PROFILE": "q"}, None, "ProfileNotFound"
    ),
    "an AWS_PROFILE that does not exist beside one that does": Case(
        "", f"[p]\n{keys(1)}", {"AWS_PROFILE": "gone"}, expect="shared-credentials-file"
    ),
    "AWS_DEFAULT_PROFILE before AWS_PROFILE": Case(
        "",
        f"[p]\n{keys(1)}[q]\n{keys(2)}",
        {"AWS_PROFILE": "q", "AWS_DEFAULT_PROFILE": "p"},
        profile=None,
    ),
    "half a key in the environment": Case(
        environ={"AWS_ACCESS_KEY_ID": "A"}, profile=None, expect="PartialCredentialsError"
    ),
    "expiring environment keys": Case(
        environ={**ENV_KEYS, "AWS_CREDENTIAL_EXPIRATION": "2099-01-01T00:00:00Z"}, profile=None
    ),
    "environment keys with an account": Case(
        environ={**ENV_KEYS, "AWS_ACCOUNT_ID": "000000000005", "AWS_SESSION_TOKEN": "t"},
        profile=None,
    ),
    "nothing anywhere": Case(profile=None),
    # region, endpoint and other settings of clients
    "a region in the profile": Case(f"[profile p]\nregion = eu-west-3\n{keys(1)}"),
    "a region in the environment before the profile's": Case(
        f"[profile p]\nregion = eu-west-3\n{keys(1)}", environ={"AWS_DEFAULT_REGION": "us-west-2"}
    ),
    "AWS_REGION, which botocore does not read": Case(
        f"[profile p]\nregion = eu-west-3\n{keys(1)}", environ={"AWS_REGION": "us-west-2"}
    ),
    "a region in the credentials file": Case("", f"[p]\nregion = eu-north-1\n{keys(1)}"),
    "no region": Case("", f"[p]\n{keys(1)}"),
    "an impossible region": Case("", f"[p]\nregion = not a region\n{keys(1)}"),
    "a region of China": Case("", f"[p]\nregion = cn-north-1\n{keys(1)}"),
    "an endpoint in the profile": Case(
        f"[profile p]\nregion = eu-west-1\nendpoint_url = URL\n{keys(1)}"
    ),
    "an endpoint for one service": Case(
        f"[profile p]\nregion = eu-west-1\nservices = local\n{keys(1)}"
        "[services local]\nsqs =\n  endpoint_url = URL/queues\n"
    ),
    "an endpoint in the environment": Case(
        f"[profile p]\nregion = eu-west-1\n{keys(1)}", environ={"AWS_ENDPOINT_URL_SQS": "URL/e"}
    ),
    "configured endpoints that are to be ignored": Case(
        "[profile p]\nregion = eu-west-1\nendpoint_url = URL\n"
        f"ignore_configured_endpoint_urls = true\n{keys(1)}"
    ),
    "retries and a CA bundle": Case(
        "[profile p]\nregion = eu-west-1\nretry_mode = legacy\nmax_attempts = 7\n"
        f"ca_bundle = HOME/ca.pem\n{keys(1)}",
        environ={"AWS_MAX_ATTEMPTS": "3"},
    ),
    "adaptive retries": Case(
        f"[profile p]\nregion = eu-west-1\nretry_mode = adaptive\n{keys(1)}"
    ),
    "FIPS and dual stack": Case(
        "[profile p]\nregion = us-east-1\nuse_fips_endpoint = true\n"
        f"use_dualstack_endpoint = true\n{keys(1)}"
    ),
    # roles
    "a role from a source profile": Case(
        f"[profile p]\n{ROLE}source_profile = base\n", BASE, expect="assume-role"
    ),
    "a role with everything": Case(
        f"[profile p]\n{ROLE}source_profile = base\nexternal_id = x\nrole_session_name = me\n"
        "duration_seconds = 1800\n",
        BASE,
    ),
    "a role that is refused": Case(
        f"[profile p]\n{DENIED}source_profile = base\n", BASE, expect="ClientError AccessDenied"
    ),
    "a chain of roles": Case(
        f"[profile p]\n{ROLE}source_profile = q\n"
        "[profile q]\nrole_arn = arn:aws:iam::000000000043:role/middle\nsource_profile = base\n",
        BASE,
    ),
    "a chain whose first role is refused": Case(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{DENIED}source_profile = base\n",
        BASE,
        expect="ClientError AccessDenied",
    ),
    "a role and keys in one profile": Case(
        f"[profile p]\n{ROLE}source_profile = base\n", f"{BASE}[p]\n{keys(2)}"
    ),
    "a role whose source is itself": Case(
        f"[profile p]\n{ROLE}source_profile = p\n", f"[p]\n{keys(2)}", expect="assume-role"
    ),
    "a role whose source is itself without keys": Case(
        f"[profile p]\n{ROLE}source_profile = p\n", expect="InfiniteLoopConfigError"
    ),
    "a loop of roles": Case(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}source_profile = p\n",
        expect="InfiniteLoopConfigError",
    ),
    "a source that does not exist": Case(
        f"[profile p]\n{ROLE}source_profile = q\n", expect="InvalidConfigError"
    ),
    "a source without keys": Case(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\nregion = eu-west-1\n",
        expect="InvalidConfigError",
    ),
    "a source with half a key": Case(
        f"[profile p]\n{ROLE}source_profile = q\n",
        "[q]\naws_access_key_id = A\n",
        expect="PartialCredentialsError",
    ),
    "a role without a source": Case(f"[profile p]\n{ROLE}", expect="PartialCredentialsError"),
    "a role with two sources": Case(
        f"[profile p]\n{ROLE}source_profile = base\ncredential_source = Environment\n",
        BASE,
        expect="InvalidConfigError",
    ),
    "a role from environment keys": Case(
        f"[profile p]\n{ROLE}credential_source = Environment\n", environ=ENV_KEYS
    ),
    "a role from environment keys that are missing": Case(
        f"[profile p]\n{ROLE}credential_source = Environment\n", expect="CredentialRetrievalError"
    ),
    "a role from a source of no such name": Case(
        f"[profile p]\n{ROLE}credential_source = Nowhere\n", expect="InvalidConfigError"
    ),
    "a role from a container": Case(
        f"[profile p]\n{ROLE}credential_source = EcsContainer\n",
        environ={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/container"},
        expect="assume-role",
    ),
    "a role from an instance": Case(
        f"[profile p]\n{ROLE}credential_source = Ec2InstanceMetadata\n",
        environ={
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "URL/",
        },
        expect="assume-role",
    ),
    "a container": Case(
        environ={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/container"},
        profile=None,
        expect="container-role",
    ),
    "an instance": Case(
        environ={
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "URL/",
        },
        profile=None,
        expect="iam-role",
    ),
    "a role from a process": Case(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\ncredential_process = cat HOME/good\n"
    ),
    "a role from a web identity": Case(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{WEB}", expect="assume-role"
    ),
    # processes
    "a process": Case("[profile p]\ncredential_process = cat HOME/good\n", expect="custom-process"),
    "a process with an account in the profile": Case(
        "[profile p]\ncredential_process = cat HOME/good\naws_account_id = 000000000008\n"
    ),
    "a process whose keys expire": Case("[profile p]\ncredential_process = cat HOME/expiring\n"),
    "a process whose keys have expired": Case(
        "[profile p]\ncredential_process = cat HOME/expired\n", expect="RuntimeError"
    ),
    "a process that fails": Case(
        "[profile p]\ncredential_process = cat HOME/none\n", expect="CredentialRetrievalError"
    ),
    "a process that does not exist": Case(
        "[profile p]\ncredential_process = HOME/no-program\n", expect="FileNotFoundError"
    ),
    "a process of another version": Case(
        "[profile p]\ncredential_process = cat HOME/version2\n", expect="CredentialRetrievalError"
    ),
    "a process that prints no JSON": Case(
        "[profile p]\ncredential_process = cat HOME/token\n", expect="JSONDecodeError"
    ),
    "a process and keys": Case(
        "[profile p]\ncredential_process = cat HOME/good\n",
        f"[p]\n{keys(1)}",
        expect="shared-credentials-file",
    ),
    "a process and keys in the config file": Case(
        f"[profile p]\ncredential_process = cat HOME/good\n{keys(1)}", expect="custom-process"
    ),
    # web identity
    "a web identity": Case(f"[profile p]\n{WEB}", expect="assume-role-with-web-identity"),
    "a web identity without its token": Case(
        f"[profile p]\n{ROLE}web_identity_token_file = HOME/none\n", expect="FileNotFoundError"
    ),
    "a web identity without a role": Case(
        "[profile p]\nweb_identity_token_file = HOME/token\n", expect="InvalidConfigError"
    ),
    "a web identity that is refused": Case(
        f"[profile p]\n{DENIED}web_identity_token_file = HOME/token\n",
        expect="ClientError AccessDenied",
    ),
    "a web identity in the environment": Case(
        environ={
            "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token",
            "AWS_ROLE_ARN": "arn:aws:iam::000000000044:role/pod",
            "AWS_ENDPOINT_URL": "URL",
            "AWS_DEFAULT_REGION": "eu-west-1",
        },
        profile=None,
        expect="assume-role-with-web-identity",
    ),
    "a web identity in the environment beside a named profile": Case(
        "",
        f"[p]\n{keys(1)}",
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:aws:iam::4:role/pod"},
        expect="shared-credentials-file",
    ),
    # what is configured by halves
    "SSO without its region": Case(
        "[profile p]\nsso_account_id = 000000000001\nsso_role_name = r\nsso_start_url = u\n",
        expect="InvalidConfigError",
    ),
    "an SSO session that does not exist": Case(
        "[profile p]\nsso_account_id = 000000000001\nsso_role_name = r\nsso_session = s\n",
        expect="InvalidConfigError",
    ),
    "SSO configured by halves beside keys": Case(
        "[profile p]\nsso_account_id = 000000000001\n", f"[p]\n{keys(1)}",
        expect="InvalidConfigError",
    ),
    "a start URL alone beside keys": Case(
        "[profile p]\nsso_start_url = u\nsso_region = eu-west-1\n", f"[p]\n{keys(1)}",
        expect="shared-credentials-file",
    ),
    "a profile name with a space": Case('[profile "a b"]\n' + keys(1), profile="a b"),
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback(0) as running:
        yield running


def write_sources(folder: Path) -> None:
    """What profiles refer to: tokens, and what credential processes print."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text("web-identity-token")
    (folder / "ca.pem").write_text("")
    printed = {"Version": 1, "AccessKeyId": "BENCHPROCESS", "SecretAccessKey": "process-secret"}
    expiring = {**printed, "SessionToken": "t", "Expiration": "2099-01-01T00:00:00Z"}
    for name, value in {
        "good": printed,
        "expiring": expiring,
        "expired": {**expiring, "Expiration": "2001-01-01T00:00:00Z"},
        "version2": {**printed, "Version": 2},
    }.items():
        (folder / name).write_text(json.dumps(value))


def placed(text: str, folder: Path, server: Loopback) -> str:
    return text.replace("URL", server.url).replace("HOME", str(folder))


@pytest.mark.parametrize("name", CASES)
def test_a_profile_resolves_as_in_plain_botocore(
    name: str, tmp_path: Path, server: Loopback
) -> None:
    case = CASES[name]
    write_sources(tmp_path)
    config, credentials = (placed(t, tmp_path, server) for t in (case.config, case.credentials))
    environ = {k: placed(v, tmp_path, server) for k, v in case.environ.items()}
    with aws_home(tmp_path, config, credentials, environ):
        theirs = outcome(lambda: plain_session(case.profile).get_credentials())
        ours = outcome(lambda: our_credentials(case.profile))
    assert ours == theirs
    if case.expect:
        assert (ours.method if isinstance(ours, Found) else ours) == case.expect


@pytest.mark.parametrize("service", ["sts", "sqs"])
@pytest.mark.parametrize("name", CASES)
def test_a_client_reaches_what_it_does_in_plain_botocore(
    name: str, service: str, tmp_path: Path, server: Loopback
) -> None:
    case = CASES[name]
    write_sources(tmp_path)
    config, credentials = (placed(t, tmp_path, server) for t in (case.config, case.credentials))
    environ = {k: placed(v, tmp_path, server) for k, v in case.environ.items()}
    with aws_home(tmp_path, config, credentials, environ):
        ours = reached(lambda: our_client(case.profile, service))
        # With keys given, so that it is not about those of the profile.
        theirs = reached(
            lambda: plain_session(case.profile).create_client(
                service, aws_access_key_id="given", aws_secret_access_key="given"
            )
        )
    assert ours == theirs


def our_credentials(profile: str | None) -> object:
    sessions = our_sessions()
    return sessions.credentials(our_target(sessions, profile))


def our_client(profile: str | None, service: str) -> object:
    sessions = our_sessions()
    return sessions.client(our_target(sessions, profile), service)


# -- any mixture -----------------------------------------------------------------------------

NAMES = ("default", "p", "q", "r")
SETTINGS: dict[str, tuple[str, ...]] = {
    "aws_access_key_id": ("BENCH000000000001", "BENCH000000000002"),
    "aws_secret_access_key": ("secret-1", "secret-2"),
    "aws_session_token": ("t",),
    "aws_account_id": ("000000000009",),
    "region": ("eu-west-1", "us-east-1"),
    "role_arn": ("arn:aws:iam::000000000042:role/ops", "arn:aws:iam::000000000043:role/denied"),
    "source_profile": (*NAMES, "missing"),
    "credential_source": ("Environment", "Nowhere"),
    "credential_process": ("cat HOME/good", "cat HOME/expiring", "cat HOME/none"),
    "web_identity_token_file": ("HOME/token", "HOME/none"),
    "role_session_name": ("me",),
    "external_id": ("x",),
    "retry_mode": ("standard", "adaptive", "legacy"),
    "sso_role_name": ("r",),
}
# Keys, roles and sources are what meets in real files; the rest is rarer.
COMMON = ("aws_access_key_id", "aws_secret_access_key", "role_arn", "source_profile")


@st.composite
def sections(draw: st.DrawFn, prefix: str) -> str:
    text = ""
    for name in NAMES:
        if draw(st.booleans()):
            chosen = draw(st.sets(st.sampled_from(COMMON)))
            chosen |= draw(st.sets(st.sampled_from(sorted(SETTINGS)), max_size=2))
            lines = [f"{key} = {draw(st.sampled_from(SETTINGS[key]))}" for key in sorted(chosen)]
            title = name if name == "default" else f"{prefix}{name}"
            text += f"[{title}]\n" + "\n".join(lines) + "\n"
    return text


environments = st.fixed_dictionaries(
    {},
    optional={
        "AWS_ACCESS_KEY_ID": st.just("BENCHENV"),
        "AWS_SECRET_ACCESS_KEY": st.just("env-secret"),
        "AWS_PROFILE": st.sampled_from(NAMES),
        "AWS_DEFAULT_REGION": st.just("us-west-2"),
        "AWS_ROLE_ARN": st.just("arn:aws:iam::000000000044:role/pod"),
        "AWS_WEB_IDENTITY_TOKEN_FILE": st.just("HOME/token"),
    },
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(
    config=sections("profile "),
    credentials=sections(""),
    environ=environments,
    order=st.permutations((None, *NAMES)),
)
def test_all_profiles_of_any_files_resolve_as_in_plain_botocore(
    config: str,
    credentials: str,
    environ: dict[str, str],
    order: list[str | None],
    server: Loopback,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """One set of shared parts for all profiles, in any order, as a run over targets has it."""
    folder = tmp_path_factory.getbasetemp() / "any-mixture"
    write_sources(folder)
    config, credentials = (placed(t, folder, server) for t in (config, credentials))
    environ = {k: placed(v, folder, server) for k, v in environ.items()}
    environ |= {"AWS_ENDPOINT_URL": server.url}
    with aws_home(folder, config, credentials, environ):
        sessions = our_sessions()
        for profile in order:
            ours = outcome(lambda p=profile: sessions.credentials(our_target(sessions, p)))
            theirs = outcome(lambda p=profile: plain_session(p).get_credentials())
            assert ours == theirs, profile


# -- SSO: botocore settles the folder of its tokens when it is imported -------------------------

PROBE = """
import json, sys
from tests.core.aws_home import our_sessions, our_target, outcome, plain_session
def ours(profile):
    sessions = our_sessions()
    return sessions.credentials(our_target(sessions, profile))
def shown(found):
    return found if isinstance(found, str | None) else [found.method, found.access_key,
        found.secret_key, found.token, found.account_id]
for find in (ours, lambda p: plain_session(p).get_credentials()):
    print(json.dumps(shown(outcome(lambda: find(sys.argv[1])))))
"""
SSO = (
    "region = eu-west-1\nendpoint_url = URL\n"
    "sso_account_id = 000000000006\nsso_role_name = reader\n"
)
LEGACY = f"[profile p]\n{SSO}sso_start_url = https://start\nsso_region = eu-west-1\n"
SESSION = (
    f"[profile p]\n{SSO}sso_session = corp\n"
    "[sso-session corp]\nsso_start_url = https://start\nsso_region = eu-west-1\n"
)


@pytest.mark.parametrize(
    ("config", "token", "expires", "expected"),
    [
        (LEGACY, "good", "2099-01-01T00:00:00Z", "BENCHSSO000000000006"),
        (LEGACY, "good", "2001-01-01T00:00:00Z", "UnauthorizedSSOTokenError"),
        (LEGACY, "revoked", "2099-01-01T00:00:00Z", "UnauthorizedSSOTokenError"),
        (LEGACY, None, "", "SSOTokenLoadError"),
        (SESSION, "good", "2099-01-01T00:00:00Z", "BENCHSSO000000000006"),
        (SESSION, "good", "2001-01-01T00:00:00Z", "TokenRetrievalError"),
        (SESSION, "revoked", "2099-01-01T00:00:00Z", "UnauthorizedSSOTokenError"),
        (SESSION, None, "", "SSOTokenLoadError"),
        (
            f"{SESSION}[profile q]\nendpoint_url = URL\nsource_profile = p\n"
            "role_arn = arn:aws:iam::000000000042:role/ops\nregion = eu-west-1\n",
            "good",
            "2099-01-01T00:00:00Z",
            "BENCHROLE000000000042",
        ),
    ],
)
def test_sso_profiles_resolve_as_in_plain_botocore(
    config: str, token: str | None, expires: str, expected: str, tmp_path: Path, server: Loopback
) -> None:
    if token is not None:
        cached_as = "https://start" if "sso_session" not in config else "corp"
        name = hashlib.sha1(cached_as.encode()).hexdigest()
        cache = tmp_path / ".aws" / "sso" / "cache"
        cache.mkdir(parents=True)
        held = {"startUrl": "https://start", "accessToken": token, "expiresAt": expires}
        (cache / f"{name}.json").write_text(json.dumps(held))
    profile = "q" if "[profile q]" in config else "p"
    with aws_home(tmp_path, placed(config, tmp_path, server)):
        said = subprocess.run(
            [sys.executable, "-c", PROBE, profile],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
    ours, theirs = (json.loads(line) for line in said.stdout.splitlines())
    assert ours == theirs
    assert expected in ours if isinstance(ours, list) else ours == expected
