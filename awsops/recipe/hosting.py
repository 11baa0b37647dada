"""What running recipes needs of the kernel: `awsops.host.Host`, or a stand-in in a test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading

    from awsops.env import Env
    from awsops.journal.entries import ChangeEntry
    from awsops.plugin import CommandSpec
    from awsops.running.tasks import Outcome
    from awsops.running.undoing import Undone
    from awsops.targets import Target


class Specs(Protocol):
    """Where commands come from."""

    def spec(self, noun: str, verb: str) -> CommandSpec:
        """One command; AwsopsError with suggestions when it does not exist."""
        ...


class Options(Protocol):
    """The common options that a recipe looks at itself."""

    @property
    def dry_run(self) -> bool: ...
    @property
    def yes(self) -> bool: ...


class RecipeHost(Protocol):
    """The kernel as a recipe sees it."""

    @property
    def env(self) -> Env: ...
    @property
    def options(self) -> Options: ...
    @property
    def sources(self) -> Specs: ...
    @property
    def cancelled(self) -> threading.Event: ...
    @property
    def run_id(self) -> str: ...

    def targets(self) -> Sequence[Target]:
        """The targets of this run, in the order in which they were named."""
        ...

    def bind(self, noun: str, verb: str, params: Mapping[str, object]) -> Mapping[str, object]:
        """A command's parameters checked and converted; UsageError. Runs nothing."""
        ...

    def run(
        self,
        noun: str,
        verb: str,
        params: Mapping[str, object],
        *,
        quiet: bool = False,
        targets: Sequence[Target] | None = None,
        timeout: float | None = None,
        dry_run: bool | None = None,
        labelled: bool = False,
        after_cancel: bool = False,
        secrets: Sequence[str] = (),
    ) -> Outcome:
        """Run a command over the targets, with plan, confirmation and journal; `after_cancel`
        also when the run has been interrupted. `secrets` are masked in what is shown and kept.
        """
        ...

    def mark(self) -> int:
        """Where the journal stands now."""
        ...

    def calls_made(self, since: int) -> Sequence[str]:
        """The changing calls of this run since a mark: `sqs:SendMessage ok`."""
        ...

    def cut_off(self, since: int) -> Sequence[ChangeEntry]:
        """What this run had confirmed since a mark and could not tell of."""
        ...

    def keep_change(self, entry: ChangeEntry) -> bool:
        """Journal one of those as made, unless the run has told of it since."""
        ...

    def undo(self, run_id: str) -> Iterator[Undone]:
        """Undo what a run has changed, newest first."""
        ...
