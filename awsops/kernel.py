"""The parts of one process put together: built in `cli.main`, a Host to local commands."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.command_line.options import CommonOptions, timeout_seconds
from awsops.errors import AwsopsError, CancelledError, ExitCode, UsageError
from awsops.events import Handover, Note
from awsops.host import Host
from awsops.interrupts import Interrupts
from awsops.quiet_prompter import quiet
from awsops.running.strays import Strays
from awsops.sources import Sources

if TYPE_CHECKING:
    from awsops.aws_sessions import Sessions
    from awsops.command_line.binder import Binder
    from awsops.command_line.binding import Invocation
    from awsops.config import Config
    from awsops.env import Env
    from awsops.gate import Gate
    from awsops.journal import Journal
    from awsops.plugin import CommandSpec
    from awsops.running.protection import Protection
    from awsops.running.tasks import Outcome, RunSettings
    from awsops.screen import Screen
    from awsops.targets import Target

# One thread a target in flight; AWS answers in 20-200 ms and each call costs 1-2 ms of CPU, so
# more threads than this only queue for the interpreter.
DEFAULT_JOBS = 64


@dataclass(eq=False)
class Kernel:
    """Everything that a run needs, each part made when it is first used."""

    env: Env
    cancelled: threading.Event
    interrupts: Interrupts
    run_id: str
    screen: Screen | None = None
    handover: Handover | None = None
    _options: CommonOptions | None = None
    _sessions: Sessions | None = None
    _gate: Gate | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _asking: threading.Lock = field(default_factory=threading.Lock)
    _strays: Strays = field(default_factory=Strays)
    _announcement: tuple[Invocation, Sequence[str]] | None = None
    _specs: dict[tuple[str, str], CommandSpec] = field(default_factory=dict)

    @classmethod
    def for_env(cls, env: Env) -> Kernel:
        """A kernel with a fresh run id (time and four random characters: sortable, short)."""
        stamp = datetime.fromtimestamp(env.clock(), UTC).strftime("%Y%m%d-%H%M%S")
        run_id = f"{stamp}-{secrets.token_hex(2)}"
        env.cancelled.clear()  # of an earlier run in this process
        kernel = cls(env, env.cancelled, Interrupts(env.cancelled), run_id)
        env.prompter = quiet(env.prompter, kernel.undisturbed)
        return kernel

    def undisturbed(self) -> contextlib.AbstractContextManager[None]:
        """Nothing else is written to the terminal while this is open."""
        screen = self.screen
        return contextlib.nullcontext() if screen is None else screen.console.undisturbed()

    @functools.cached_property
    def sources(self) -> Sources:
        # A plugin may call AWS while it is imported: the gate comes first.
        return Sources(self.env, before_load=self.gate)

    @functools.cached_property
    def config(self) -> Config:
        from awsops.config import Config

        return Config.load(self._config_path())

    def _config_path(self) -> Path:
        from awsops.config import config_path

        return config_path(self.env)

    def forgive_config(self) -> None:
        """Go on with the defaults where config.toml cannot be read; what is wrong is warned of."""
        from awsops.config import Config

        try:
            Config.load(self._config_path())
        except UsageError as error:
            self.__dict__["config"] = Config(self._config_path(), warnings=(error.message,))

    @functools.cached_property
    def _protection(self) -> Protection:
        from awsops.running.protection import Protection

        return Protection(self.config)

    @functools.cached_property
    def journal(self) -> Journal:
        from awsops.journal import Journal

        return Journal(self.env.folders.state / "journal.sqlite3", self.env.clock)

    @functools.cached_property
    def _binder(self) -> Binder:
        from awsops.command_line.binder import Binder

        return Binder()

    def bind(
        self, noun: str, verb: str, params: Mapping[str, object], options: CommonOptions
    ) -> Invocation:
        """A command with checked parameters, under common options given elsewhere."""
        from awsops.command_line.binding import Invocation

        spec = self._specs.get((noun, verb)) or self.sources.spec(noun, verb)
        self._specs[noun, verb] = spec
        return Invocation(noun, spec, self._binder.bind(noun, spec, params), options)

    # -- running --------------------------------------------------------------------------

    def run(self, invocation: Invocation, screen: Screen, argv: Sequence[str]) -> ExitCode:
        """Run a parsed command line from beginning to end and say how it ended."""
        for warning in (*self.config.warnings, *self.sources.complaints):
            screen.note(None, Note(warning, "warning"))
        self.connect(invocation.options)
        with self._strays.watching():
            if invocation.spec.scope != "targets":
                code = self._run_local(invocation, screen, argv)
            else:
                code = self._run_targets(invocation, screen, argv).exit_code
        stray = self._strays.defect(lambda error: screen.crash(error, self.secrets()))
        if stray is not None:
            screen.error(None, stray)
            return ExitCode.DEFECT
        return code

    def connect(self, options: CommonOptions) -> None:
        """Under which common options AWS will be reached; nothing is opened yet."""
        from awsops.credentials.exported import forget

        self._options = options
        if options.profile or options.targets is not None:
            self.env.left_over = forget(self.env.environ)

    def sessions(self) -> Sessions:
        """The shared AWS machinery, behind the gate; botocore is imported here, once."""
        with self._lock:
            if self._sessions is None:
                from awsops import __version__
                from awsops.aws_sessions import Sessions
                from awsops.credentials.session_cache import SessionCache

                options = self._options or CommonOptions()
                self._sessions = Sessions(
                    self.gate(),
                    connections=max(DEFAULT_JOBS, self.jobs),
                    endpoint_url=options.endpoint_url,
                    user_agent_extra=f"awsops/{__version__} run/{self.run_id}",
                    role_session_name=f"awsops-{self.run_id}",
                    ask_mfa=self._ask_mfa,
                    asking=self.asking,
                    cache=SessionCache(self.env.folders.cache / "sessions", self.env.clock),
                )
            return self._sessions

    def _ask_mfa(self, question: str) -> str:
        """Called by the target's thread that assumes the role; one question at a time."""
        from awsops.credentials.resolver import nobody_to_ask

        if self.env.mfa_code is not None:
            return self.env.mfa_code(question.strip(": ").rpartition(" ")[2])
        if not self.env.interactive:
            return nobody_to_ask(question)
        with self.asking():
            return self.env.prompter.text(question.strip(": "), secret=True)

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """A person's attention, for one thread at a time."""
        with self._asking:
            if self.cancelled.is_set():
                raise CancelledError("interrupted before it was asked")
            yield

    def gate(self) -> Gate:
        """The gate, watching every botocore session from the first call of this on."""
        with self._lock:
            if self._gate is None:
                from awsops.gate import Gate

                gate = Gate(lambda: self.journal, self._strays)
                calls = self.env.environ.get("AWSOPS_CALLS_FILE")
                if calls:
                    from awsops.calls_file import CallsFile

                    gate.on_params = CallsFile(Path(calls)).write
                gate.install()
                self._gate = gate
            return self._gate

    def secrets(self) -> list[str]:
        """Every secret value this process holds, to be kept out of traces."""
        return self._sessions.secrets() if self._sessions is not None else []

    def close(self) -> None:
        """Take the gate off and close the journal; the process may go on (tests, library use)."""
        if self._gate is not None:
            self._gate.uninstall()
        os.environ.update(self.env.left_over)
        journal = self.__dict__.get("journal")
        if journal is not None:
            journal.close()

    @property
    def jobs(self) -> int:
        """Targets at a time."""
        given = self._options.jobs if self._options is not None else None
        return given or self.config.defaults.jobs or DEFAULT_JOBS

    def targets(self, options: CommonOptions) -> list[Target]:
        """The targets that the options name."""
        from awsops.lookup import SessionLookup
        from awsops.targets import resolve_targets

        lookup = SessionLookup(self.sessions(), self.run_id, self.env, self.cancelled)
        found = resolve_targets(options.target_options, self.config.groups, lookup)
        # What a profile or a targets file says of itself goes before a default of ours.
        region = self.config.defaults.region
        return [t if t.region or not region else replace(t, region=region) for t in found]

    def _settings(self, options: CommonOptions) -> RunSettings:
        from awsops.running.tasks import RunSettings

        timeout = options.timeout or self.config.defaults.timeout
        return RunSettings(
            jobs=self.jobs,
            fail_fast=options.fail_fast,
            timeout=timeout_seconds(timeout),
            dry_run=options.dry_run,
            yes=options.yes,
            yes_i_mean=options.yes_i_mean,
            asked_jobs=options.jobs,
        )

    def _run_targets(
        self,
        invocation: Invocation,
        sink: Any,
        argv: Sequence[str],
        nested: bool = False,
        targets: Sequence[Target] | None = None,
        labelled: bool = False,
        cancelled: threading.Event | None = None,
    ) -> Outcome:
        from awsops.reach import check_reach
        from awsops.running.runner import Runner

        if targets is None:
            targets = self.targets(invocation.options)
        most = invocation.options.max_targets or self.config.defaults.max_targets
        check_reach(invocation, targets, most)
        runner = Runner(
            self.sessions,
            self.env,
            sink,
            cancelled or self.cancelled,
            replace(self._settings(invocation.options), labelled=labelled),
            self.run_id,
            self.interrupts,
            self._strays,
            self._protection,
        )
        if invocation.options.verbose and self._gate is not None:
            self._gate.on_call = runner.note
        journalled = invocation.spec.mutates and not invocation.options.dry_run and not nested
        with self._in_journal(invocation, argv, journalled) as ends:
            outcome = runner.run(
                invocation.title, invocation.spec, dict(invocation.params), targets
            )
            ends(outcome.exit_code)
        return outcome

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
            self.journal.end_run(self.run_id, int(codes[-1]))

    def _begin(self, invocation: Invocation, argv: Sequence[str]) -> None:
        from awsops.redacted_argv import redact_argv

        self._announcement = (invocation, argv)
        self.journal.begin_run(
            self.run_id,
            invocation.title,
            redact_argv(list(argv), invocation.params),
            self.env.clock(),
        )

    def _run_local(self, invocation: Invocation, screen: Screen, argv: Sequence[str]) -> ExitCode:
        journalled = invocation.spec.scope == "local-with-targets" and not (
            invocation.options.dry_run
        )
        with self._in_journal(invocation, argv, journalled) as ends:
            host = Host(self, invocation)
            for event in invocation.spec.function(host, **invocation.params):
                screen.local_event(event)
            code = ExitCode.INTERRUPTED if self.cancelled.is_set() else ExitCode.OK
            ends(code)
        return code

    def parse(self, words: Sequence[str]) -> Invocation:
        """A command line (without `awsops`) as it would be run; UsageError."""
        from awsops.command_line.binding import build_noun, parse_with
        from awsops.command_line.words import normalize

        given = normalize(list(words))
        if given.noun is None:
            raise UsageError(f"{' '.join(words)!r} is no command line of awsops")
        group = build_noun(given.noun, "", self.sources.commands(given.noun))
        return parse_with(group, given.noun, given.rest)

    def go_on_as(self, run_id: str) -> None:
        """Be another run from now on, one that was interrupted; before anything is called."""
        self.journal.end_run(self.run_id, 0)  # announced, and nothing written of it
        self.run_id = run_id
        if self._announcement is not None:
            self._begin(*self._announcement)

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
        from awsops.collector import Collector
        from awsops.running.tasks import Outcome

        collector = Collector(self, invocation, quiet=quiet, secrets=secrets)
        if invocation.spec.scope != "targets":
            function = invocation.spec.function
            collector.local_events(function(Host(self, invocation), **invocation.params))
            return Outcome(tuple(collector.rows), (), ExitCode.OK)
        cancelled = threading.Event()
        if self.cancelled.is_set() and not after_cancel:
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
