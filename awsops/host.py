"""What a command about awsops itself holds: the kernel's parts, and a way to run other commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import threading

    from awsops.aws import Aws
    from awsops.command_line.binding import Invocation
    from awsops.command_line.options import CommonOptions
    from awsops.config import Config
    from awsops.env import Env
    from awsops.journal import Journal
    from awsops.journal.entries import ChangeEntry
    from awsops.kernel import Kernel
    from awsops.running.tasks import Outcome
    from awsops.running.undoing import Undone
    from awsops.sources import Sources
    from awsops.targets import Target

T = TypeVar("T")


class Commands(Protocol):
    """What carries commands out for a local one: `running.commands`, which makes the hosts."""

    def bind(
        self, noun: str, verb: str, params: Mapping[str, object], options: CommonOptions
    ) -> Invocation: ...

    def parse(self, words: Sequence[str]) -> Invocation: ...

    def run_nested(
        self,
        invocation: Invocation,
        *,
        quiet: bool,
        targets: Sequence[Target] | None = None,
        labelled: bool = False,
        after_cancel: bool = False,
        secrets: Sequence[str] = (),
    ) -> Outcome: ...

    def go_on_as(self, run_id: str) -> None: ...


class Host:
    """The kernel as a local command sees it."""

    def __init__(self, kernel: Kernel, commands: Commands, invocation: Invocation) -> None:
        self._kernel = kernel
        self._commands = commands
        self._invocation = invocation

    @property
    def env(self) -> Env:
        """Streams, prompts, clock and folders of this process."""
        return self._kernel.env

    @property
    def config(self) -> Config:
        """The person's config.toml."""
        return self._kernel.config

    @property
    def journal(self) -> Journal:
        """The record of changes made."""
        return self._kernel.journal

    @property
    def sources(self) -> Sources:
        """Where nouns come from."""
        return self._kernel.sources

    @property
    def options(self) -> CommonOptions:
        """The common options of this command line."""
        return self._invocation.options

    @property
    def cancelled(self) -> threading.Event:
        """Set on Ctrl-C and when `--timeout` is over."""
        return self._kernel.cancelled

    @property
    def run_id(self) -> str:
        """The id of this run."""
        return self._kernel.run_id

    def targets(self) -> tuple[Target, ...]:
        """The targets that this command line names, in order; may ask AWS (`-r all`, `--org`)."""
        return tuple(self._kernel.targets(self.options))

    def profiles(self) -> dict[str, Mapping[str, Any]]:
        """The settings of every profile of the AWS files, by name, in file order."""
        sessions = self._kernel.sessions()
        return {name: sessions.scoped_config(name) for name in sessions.profiles()}

    def known_regions(self) -> list[str]:
        """Every region of every partition that botocore knows."""
        return list(self._kernel.sessions().known_regions())

    def ask(self, target: Target, question: Callable[[Aws], T]) -> T:
        """What `question` returns, asked as one target, whichever the command line names.

        Read-only calls pass, others do not. Callable from any thread.
        """
        from awsops.asking import as_target

        return as_target(self._kernel, target, self._invocation.title, question)

    def bind(self, noun: str, verb: str, params: Mapping[str, object]) -> dict[str, object]:
        """A command's parameters, checked and converted as its command line would; runs nothing.

        UsageError names the parameter; NotFoundError-like suggestions come for noun and verb.
        """
        return dict(self._commands.bind(noun, verb, params, self.options).params)

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
        """Run a command over this command line's targets, with plan, confirmation and journal.

        Its rows are returned, not printed; `quiet` also keeps its notes, plans, progress and
        errors (which are returned too) off stderr. `targets`, `timeout` (seconds) and `dry_run`
        take the place of the command line's; `labelled` puts the target before each row even
        where there is only one. `after_cancel`: it is clean-up, and runs although Ctrl-C has been
        pressed. `secrets` are masked in what is shown and kept of it.
        """
        options = self.options
        if timeout is not None:
            options = replace(options, timeout=f"{timeout:g}s")
        if dry_run is not None:
            options = replace(options, dry_run=dry_run)
        invocation = self._commands.bind(noun, verb, params, options)
        return self._commands.run_nested(
            invocation,
            quiet=quiet,
            targets=targets,
            labelled=labelled,
            after_cancel=after_cancel,
            secrets=secrets,
        )

    def parse(self, words: Sequence[str]) -> tuple[str, str, dict[str, object], CommonOptions]:
        """Noun, verb, parameters and options of a command line (without `awsops`); UsageError."""
        parsed = self._commands.parse(words)
        return parsed.noun, parsed.spec.name, dict(parsed.params), parsed.options

    def use(self, **options: Any) -> None:
        """Put common options in place of those of this command line."""
        changed = replace(self.options, **options)
        self._invocation = replace(self._invocation, options=changed)

    def go_on_as(self, run_id: str) -> None:
        """Be the run of that id from now on: one that was interrupted goes on under its own."""
        self._commands.go_on_as(run_id)

    def mark(self) -> int:
        """Where the journal stands now, for `calls_made` and `cut_off`."""
        return self.journal.mark()

    def calls_made(self, since: int) -> list[str]:
        """The changing calls of this run since a mark: `sqs:SendMessage ok`."""
        return [
            f"{entry.record.service}:{entry.record.operation} {entry.outcome}"
            for entry in self.journal.calls(self.run_id)
            if entry.call_id > since
        ]

    def cut_off(self, since: int) -> list[ChangeEntry]:
        """The changes of this run confirmed since a mark of which a process that was killed could
        not tell."""
        unsettled = self.journal.unsettled(self.run_id)
        return [entry for entry in unsettled if entry.change_id > since]

    def keep_change(self, entry: ChangeEntry) -> bool:
        """Journal one of those as made, unless a later process of the run has told of it; whether
        it was kept."""
        told = self.journal.changes(self.run_id)
        if any(known.what == entry.what and known.change_id > entry.change_id for known in told):
            return False
        said = f"{entry.change.detail}; " if entry.change.detail else ""
        change = replace(entry.change, detail=f"{said}begun before the run was cut off")
        self.journal.record_change(self.run_id, entry.account, entry.region, entry.profile, change)
        return True

    def undo(self, run_id: str) -> Iterator[Undone]:
        """Undo what a run has changed, newest first; see `undoing`."""
        from awsops.running.cut_off import begun_changes
        from awsops.running.undoing import undo_changes

        yield from undo_changes(self, begun_changes(self.journal, run_id), run_id=run_id)
