"""Which accounts ask for more than a yes: protected profiles, and accounts whose alias says so.

The alias is asked for (iam:ListAccountAliases, once an account) while the command plans, so that it
costs hardly any time. An account whose alias cannot be read is not protected by it, which is said.
"""

from __future__ import annotations

import contextvars
import fnmatch
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from awsops.events import Note

if TYPE_CHECKING:
    from awsops.aws import Aws
    from awsops.config import Config

# IAM answers in a tenth of a second. In a network without a way to it, connecting hangs for
# minutes: after this the plan is shown without the alias.
ALIAS_SECONDS = 3.0
ALIAS_THREAD = "awsops-alias"


@dataclass(eq=False)
class _Question:
    """An alias that was asked for; `alias` None with no `problem`: the account has none."""

    answered: threading.Event = field(default_factory=threading.Event)
    alias: str | None = None
    problem: str | None = None


@dataclass(eq=False)
class Protection:
    """What is known of the accounts of this process; one for all steps of a recipe."""

    config: Config
    typed: set[str] = field(default_factory=set)  # accounts whose name a person has typed
    _asked: dict[str, _Question] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _said: set[str] = field(default_factory=set)

    def ask(self, account: str, aws: Aws) -> None:
        """Begin to ask for an account's alias, in the context of one of its targets."""
        if not self.config.protected_aliases:
            return
        with self._lock:
            if account in self._asked:
                return
            question = self._asked[account] = _Question()
        context = contextvars.copy_context()
        # A daemon: a call that hangs must not keep the process alive.
        threading.Thread(
            target=context.run, args=(_answer, question, aws), name=ALIAS_THREAD, daemon=True
        ).start()

    def aliases(self, accounts: Sequence[str]) -> Mapping[str, str | None]:
        """The aliases of accounts, None for those that have none or do not tell."""
        return {account: self._alias(account) for account in dict.fromkeys(accounts)}

    def is_protected(self, profile: str | None, alias: str | None) -> bool:
        """Whether a change there asks for the account's name."""
        if profile is not None and self.config.is_protected(profile):
            return True
        patterns = self.config.protected_aliases
        return alias is not None and any(fnmatch.fnmatchcase(alias, p) for p in patterns)

    def doubts(self, accounts: Sequence[str]) -> list[Note]:
        """A note for each reason why aliases are not known, each account named once a process."""
        reasons: dict[str, list[str]] = {}
        for account in dict.fromkeys(accounts):
            question = self._asked.get(account)
            if question is None or account in self._said:
                continue
            problem = question.problem if question.answered.is_set() else "no answer from IAM"
            if problem:
                self._said.add(account)
                reasons.setdefault(problem, []).append(account)
        return [Note(_doubt(found, problem)) for problem, found in reasons.items()]

    def _alias(self, account: str) -> str | None:
        question = self._asked.get(account)
        if question is None:
            return None
        question.answered.wait(ALIAS_SECONDS)
        return question.alias


def _answer(question: _Question, aws: Aws) -> None:
    from awsops.botocore_errors import from_exception

    try:
        found = aws.client("iam").list_account_aliases().get("AccountAliases") or []
        question.alias = str(found[0]) if found else None  # an account has at most one
    except Exception as error:  # in a thread of its own: whatever it is, it is told in the plan
        known = from_exception(error)
        question.problem = known.code if known is not None else type(error).__name__
    finally:
        question.answered.set()


def _doubt(accounts: Sequence[str], problem: str) -> str:
    more = f" and {len(accounts) - 3} more" if accounts[3:] else ""
    which = "account" if len(accounts) == 1 else "accounts"
    return (
        f"the alias of {which} {', '.join(accounts[:3])}{more} cannot be read ({problem}): "
        "protected only where config.toml names the profile"
    )
