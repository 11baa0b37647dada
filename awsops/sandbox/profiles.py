"""The sandbox's own AWS config and credentials files, apart from anybody's ~/.aws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from awsops.atomic_files import write_private
from awsops.sandbox.accounts import ACCOUNTS, Account

CONFIG = "config"
CREDENTIALS = "credentials"
# Profiles that reach a second account by assuming a role from the first. Their names do not begin
# with `demo-`, so that a glob over the three accounts means the three accounts.
_ASSUMED = (
    ("ops-staging", "demo-staging", "ops", False),
    ("ops-prod", "demo-prod", "ops", False),
    ("mfa-prod", "demo-prod", "ops-mfa", True),
)


def write_profiles(folder: Path, endpoint: str) -> None:
    """Writes `config` and `credentials` into `folder`, readable by their owner alone."""
    write_private(folder / CONFIG, "\n".join(_config(endpoint)) + "\n")
    write_private(folder / CREDENTIALS, "\n".join(_credentials()) + "\n")


def _config(endpoint: str) -> Iterator[str]:
    yield "# Made by the awsops sandbox: every profile reaches one server on this machine."
    for account in ACCOUNTS:
        yield f"[profile {account.profile}]"
        yield from _place(account, endpoint)
        yield ""
    source = ACCOUNTS[0]
    for name, target, role, mfa in _ASSUMED:
        account = next(known for known in ACCOUNTS if known.profile == target)
        yield f"[profile {name}]"
        yield f"role_arn = arn:aws:iam::{account.account_id}:role/{role}"
        yield f"source_profile = {source.profile}"
        if mfa:
            yield f"mfa_serial = {source.mfa_serial}"
        yield from _place(account, endpoint)
        yield ""


def _place(account: Account, endpoint: str) -> Iterator[str]:
    yield f"region = {account.region}"
    yield f"endpoint_url = {endpoint}"


def _credentials() -> Iterator[str]:
    yield "# Made up: these open nothing but the sandbox."
    for account in ACCOUNTS:
        yield f"[{account.profile}]"
        yield f"aws_access_key_id = {account.access_key}"
        yield f"aws_secret_access_key = {account.secret}"
        yield ""
