"""The accounts every sandbox starts with, and the keys that open them.

The credentials are made up and say so; they open nothing but a sandbox on this machine.
"""

from __future__ import annotations

from dataclasses import dataclass

REGION = "eu-west-1"
USER = "demo"  # the IAM user behind each profile


@dataclass(frozen=True, slots=True)
class Account:
    """One account: the profile that reaches it, its id, and the profile's access key."""

    profile: str
    account_id: str
    access_key: str
    region: str = REGION

    @property
    def secret(self) -> str:
        """Forty letters that no scanner can take for a real secret."""
        return f"not/a/secret/of/{self.profile}/".ljust(33, "x") + "EXAMPLE"

    @property
    def mfa_serial(self) -> str:
        return f"arn:aws:iam::{self.account_id}:mfa/{USER}"


ACCOUNTS = (
    Account("demo-dev", "111111111111", "AKIADEMODEVXXEXAMPLE"),
    Account("demo-staging", "222222222222", "AKIADEMOSTAGEEXAMPLE"),
    Account("demo-prod", "333333333333", "AKIADEMOPRODXEXAMPLE"),
)
