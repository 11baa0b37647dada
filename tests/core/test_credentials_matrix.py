"""Profiles of every kind resolve as plain botocore resolves them, the shared parts or not."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bench.loopback import Loopback

from .aws_home import Found, aws_home, our_sessions, our_target, outcome, plain_session, reached
from .credentials_cases import CASES

ROOT = Path(__file__).resolve().parents[2]


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


# AWSOPS_TEST_SCALE=10 compares 500 combinations of files and variables, five profiles each.
SCALE = float(os.environ.get("AWSOPS_TEST_SCALE", "1"))


@pytest.mark.timeout(120 * max(1, SCALE))
@settings(max_examples=int(50 * SCALE), suppress_health_check=[HealthCheck.too_slow])
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
    running: Loopback,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """One set of shared parts for all profiles, in any order, as a run over targets has it."""
    folder = tmp_path_factory.getbasetemp() / "any-mixture"
    write_sources(folder)
    config, credentials = (placed(t, folder, running) for t in (config, credentials))
    environ = {k: placed(v, folder, running) for k, v in environ.items()}
    environ |= {"AWS_ENDPOINT_URL": running.url}
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
