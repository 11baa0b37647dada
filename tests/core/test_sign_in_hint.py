"""A hint that names the profile which is to sign in, whatever lies between it and the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from awsops.errors import AwsopsError, CredentialsError
from awsops.sign_in_hint import name_profile
from awsops.targets import Target

FILES: Mapping[str, Mapping[str, Any]] = {
    "sso": {"sso_session": "corp"},
    "role": {"role_arn": "r", "source_profile": "sso"},
    "second": {"role_arn": "r", "source_profile": "role"},
    "round": {"role_arn": "r", "source_profile": "round"},
    "written": {"aws_session_token": "t"},
    "plain": {},
}
HINT = "sign in: awsops auth login -p PROFILE"


def hint(profile: str | None, code: str, given: str = HINT) -> str | None:
    def settings(name: str | None) -> Mapping[str, Any]:
        return FILES[name or ""]

    error: AwsopsError = CredentialsError("no", hint=given, code=code)
    named = name_profile(error, Target(profile), settings)
    assert error.hint == given  # it may be another target's too
    return named.hint


@pytest.mark.parametrize(
    ("profile", "who"), [("sso", "sso"), ("role", "sso"), ("second", "sso"), ("round", "round")]
)
def test_of_sso_it_is_the_source_that_signs_in(profile: str, who: str) -> None:
    assert hint(profile, "SSOTokenLoad") == f"sign in: awsops auth login -p {who}"


def test_of_mfa_it_is_the_profile_itself() -> None:
    assert hint("role", "MfaRequired") == "sign in: awsops auth login -p role"


def test_a_session_in_a_file_is_written_there_again() -> None:
    assert hint("written", "ExpiredToken") == f"{HINT} --write written"


def test_what_names_no_profile_stays_as_it_is() -> None:
    assert hint("sso", "SSOTokenLoad", "mend the profile") == "mend the profile"


def test_without_a_profile_the_hint_stays_general() -> None:
    assert hint(None, "SSOTokenLoad") == HINT


def test_a_name_that_a_shell_would_split_is_quoted() -> None:
    names = {"a b": FILES["plain"]}
    error = CredentialsError("no", hint=HINT, code="MfaRequired")
    named = name_profile(error, Target("a b"), lambda name: names[name or ""])
    assert named.hint == "sign in: awsops auth login -p 'a b'"
