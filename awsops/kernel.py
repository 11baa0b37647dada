"""The parts of one process, each made when it is first used: built in `cli.main`."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from awsops.command_line.options import CommonOptions
from awsops.errors import CancelledError, UsageError
from awsops.events import Handover
from awsops.interrupts import Interrupts
from awsops.quiet_prompter import quiet
from awsops.running.strays import Strays
from awsops.sources import Sources

if TYPE_CHECKING:
    from awsops.aws_sessions import Sessions
    from awsops.config import Config
    from awsops.env import Env
    from awsops.gate import Gate
    from awsops.journal import Journal
    from awsops.running.protection import Protection
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
    strays: Strays = field(default_factory=Strays)
    _options: CommonOptions | None = None
    _sessions: Sessions | None = None
    _gate: Gate | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _asking: threading.Lock = field(default_factory=threading.Lock)

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
    def protection(self) -> Protection:
        from awsops.running.protection import Protection

        return Protection(self.config)

    @functools.cached_property
    def journal(self) -> Journal:
        from awsops.journal import Journal

        return Journal(self.env.folders.state / "journal.sqlite3", self.env.clock)

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

                gate = Gate(lambda: self.journal, self.strays)
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
