"""Commands carried out: bound, run over their targets or on this machine, kept in the journal."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from awsops.command_line.options import CommonOptions, timeout_seconds
from awsops.errors import AwsopsError, ExitCode, UsageError
from awsops.events import Note
from awsops.host import Host

if TYPE_CHECKING:
    from awsops.command_line.binder import Binder
    from awsops.command_line.binding import Invocation
    from awsops.kernel import Kernel
    from awsops.plugin import CommandSpec
    from awsops.running.tasks import Outcome, RunSettings, Sink
    from awsops.screen import Screen
    from awsops.targets import Target

# Nouns whose rows say what is wrong with config.toml and plugins.
_TELL_THEM_THEMSELVES = frozenset({"doctor"})


class Commands:
    """What runs in one process: the command that was typed, and those that it runs itself."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._doubts: set[str] = set()  # that were told
        self._announcement: tuple[Invocation, Sequence[str]] | None = None
        self._specs: dict[tuple[str, str], CommandSpec] = {}

    def bind(
        self, noun: str, verb: str, params: Mapping[str, object], options: CommonOptions
    ) -> Invocation:
        """A command with checked parameters, under common options given elsewhere."""
        from awsops.command_line.binding import Invocation

        spec = self._specs.get((noun, verb)) or self._kernel.sources.spec(noun, verb)
        self._specs[noun, verb] = spec
        return Invocation(noun, spec, self._binder.bind(noun, spec, params), options)

    def parse(self, words: Sequence[str]) -> Invocation:
        """A command line (without `awsops`) as it would be run; UsageError."""
        from awsops.command_line.binding import build_noun, parse_with
        from awsops.command_line.words import normalize

        given = normalize(list(words))
        if given.noun is None:
            raise UsageError(f"{' '.join(words)!r} is no command line of awsops")
        group = build_noun(given.noun, "", self._kernel.sources.commands(given.noun))
        return parse_with(group, given.noun, given.rest)

    def run(self, invocation: Invocation, screen: Screen, argv: Sequence[str]) -> ExitCode:
        """Run a parsed command line from beginning to end and say how it ended."""
        warnings = (*self._kernel.config.warnings, *self._kernel.sources.complaints)
        for warning in warnings if invocation.noun not in _TELL_THEM_THEMSELVES else ():
            screen.note(None, Note(warning, "warning"))
        self._kernel.connect(invocation.options)
        with self._kernel.strays.watching():
            if invocation.spec.scope != "targets":
                code = self._run_local(invocation, screen, argv)
            else:
                code = self._run_targets(invocation, screen, argv).exit_code
        stray = self._kernel.strays.defect(
            lambda error: screen.crash(error, self._kernel.secrets())
        )
        if stray is not None:
            screen.error(None, stray)
            return ExitCode.DEFECT
        return code

    def run_nested(
        self,
        invocation: Invocation,
        *,
        quiet: bool,
        targets: Sequence[Target] | None = None,
        labelled: bool = False,
        after_cancel: bool = False,
        secrets: Sequence[str] = (),
    ) -> Outcome:
        """Run a command for a local one, as `Host.run` does.

        One that runs out of its time is cancelled alone, and what comes after it is not.
        """
        from awsops.command_line.improving import improver
        from awsops.running.collector import Collector
        from awsops.running.tasks import Outcome

        screen = self._kernel.screen
        assert screen is not None  # there is one as long as a command runs
        improve = improver(invocation, self._kernel)
        collector = Collector(screen, invocation.title, improve, quiet=quiet, secrets=secrets)
        if invocation.spec.scope != "targets":
            function = invocation.spec.function
            collector.local_events(
                function(Host(self._kernel, self, invocation), **invocation.params)
            )
            return Outcome(tuple(collector.rows), (), ExitCode.OK)
        cancelled = threading.Event()
        if self._kernel.cancelled.is_set() and not after_cancel:
            cancelled.set()
        outcome = self._run_targets(
            invocation,
            collector,
            (),
            nested=True,
            targets=targets,
            labelled=labelled,
            cancelled=cancelled,
        )
        told = collector.told(outcome.errors)
        return replace(outcome, rows=tuple(collector.rows), errors=told)

    def go_on_as(self, run_id: str) -> None:
        """Be another run from now on, one that was interrupted; before anything is called."""
        self._kernel.journal.end_run(self._kernel.run_id, 0)  # announced, and nothing written of it
        self._kernel.run_id = run_id
        if self._announcement is not None:
            self._begin(*self._announcement)

    @functools.cached_property
    def _binder(self) -> Binder:
        from awsops.command_line.binder import Binder

        return Binder()

    def _planned_accounts(self, invocation: Invocation) -> frozenset[str]:
        """Where the run that `--resume` names was confirmed: a profile may mean another account
        by now, or here. Empty when the journal has nothing of it."""
        run_id = invocation.params.get("resume")
        if not invocation.spec.resumes or not isinstance(run_id, str):
            return frozenset()
        return frozenset(entry.account for entry in self._kernel.journal.planned(run_id))

    def _say_doubts(self, noun: str, sink: Sink, targets: Sequence[Target]) -> None:
        from awsops.credentials.doubtful import doubts

        for doubt in doubts(self._kernel.env.environ, targets, noun):
            if doubt not in self._doubts:  # once, and not for each step of a recipe
                self._doubts.add(doubt)
                sink.note(None, Note(doubt, "warning"))

    def _run_targets(
        self,
        invocation: Invocation,
        sink: Sink,
        argv: Sequence[str],
        nested: bool = False,
        targets: Sequence[Target] | None = None,
        labelled: bool = False,
        cancelled: threading.Event | None = None,
    ) -> Outcome:
        from awsops.reach import check_reach
        from awsops.running.runner import Runner

        if targets is None:
            targets = self._kernel.targets(invocation.options)
        most = invocation.options.max_targets or self._kernel.config.defaults.max_targets
        check_reach(invocation, targets, most)
        if invocation.spec.mutates:
            self._say_doubts(invocation.noun, sink, targets)
        runner = Runner(
            self._kernel.sessions,
            self._kernel.env,
            sink,
            cancelled or self._kernel.cancelled,
            replace(self._settings(invocation.options), labelled=labelled),
            self._kernel.run_id,
            self._kernel.interrupts,
            self._kernel.strays,
            self._kernel.protection,
            self._planned_accounts(invocation),
        )
        if invocation.options.verbose:
            self._kernel.gate().on_call = runner.note
        journalled = invocation.spec.mutates and not invocation.options.dry_run and not nested
        with self._in_journal(invocation, argv, journalled) as ends:
            outcome = runner.run(
                invocation.title, invocation.spec, dict(invocation.params), targets
            )
            ends(outcome.exit_code)
        return outcome

    def _run_local(self, invocation: Invocation, screen: Screen, argv: Sequence[str]) -> ExitCode:
        journalled = invocation.spec.scope == "local-with-targets" and not (
            invocation.options.dry_run
        )
        with self._in_journal(invocation, argv, journalled) as ends:
            host = Host(self._kernel, self, invocation)
            for event in invocation.spec.function(host, **invocation.params):
                screen.local_event(event)
            code = ExitCode.INTERRUPTED if self._kernel.cancelled.is_set() else ExitCode.OK
            ends(code)
        return code

    def _settings(self, options: CommonOptions) -> RunSettings:
        from awsops.running.tasks import RunSettings

        timeout = options.timeout or self._kernel.config.defaults.timeout
        return RunSettings(
            jobs=self._kernel.jobs,
            fail_fast=options.fail_fast,
            timeout=timeout_seconds(timeout),
            dry_run=options.dry_run,
            yes=options.yes,
            yes_i_mean=options.yes_i_mean,
            asked_jobs=options.jobs,
        )

    @contextlib.contextmanager
    def _in_journal(
        self, invocation: Invocation, argv: Sequence[str], journalled: bool
    ) -> Iterator[Callable[[ExitCode], None]]:
        """The run stands in the journal, with the code that it is told to end with, or that of
        the error that ends it."""
        if not journalled:
            yield lambda code: None
            return
        self._begin(invocation, argv)
        codes = [ExitCode.FAILED]
        try:
            yield codes.append
        except AwsopsError as error:
            codes.append(error.exit_code)
            raise
        finally:
            self._kernel.journal.end_run(self._kernel.run_id, int(codes[-1]))

    def _begin(self, invocation: Invocation, argv: Sequence[str]) -> None:
        from awsops.redacted_argv import redact_argv

        self._announcement = (invocation, argv)
        self._kernel.journal.begin_run(
            self._kernel.run_id,
            invocation.title,
            redact_argv(list(argv), invocation.params),
            self._kernel.env.clock(),
        )
