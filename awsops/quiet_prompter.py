"""Questions that nothing writes into: the live view is gone and notes wait for the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awsops.env import Prompter


@dataclass(frozen=True, slots=True)
class QuietPrompter:
    """Asks as `inner` does, each question while `undisturbed()` is open; by any thread."""

    inner: Prompter
    undisturbed: Callable[[], AbstractContextManager[None]]

    def confirm(self, question: str, *, within: float | None = None, silence: bool = False) -> bool:
        with self.undisturbed():
            return self.inner.confirm(question, within=within, silence=silence)

    def text(self, question: str, *, secret: bool = False) -> str:
        with self.undisturbed():
            return self.inner.text(question, secret=secret)

    def select(self, question: str, choices: Sequence[str], details: Sequence[str] = ()) -> str:
        with self.undisturbed():
            return self.inner.select(question, choices, details)


def quiet(
    prompter: Prompter, undisturbed: Callable[[], AbstractContextManager[None]]
) -> QuietPrompter:
    """The prompter made quiet for the run at hand, whatever run it was made quiet for before."""
    inner = prompter.inner if isinstance(prompter, QuietPrompter) else prompter
    return QuietPrompter(inner, undisturbed)
