"""What a command holds of AWS: `Aws(target).client("sqs")`, signed with the target's credentials.

botocore is imported when the first client is asked for, not before: help and completion never pay
for it. The shared machinery behind it is `aws_sessions.py`; no other module makes clients.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from awsops.active import ActiveTarget, Identity
from awsops.errors import DefectError, UsageError
from awsops.events import Secret
from awsops.service_clock import ahead_of_service
from awsops.targets import Target, no_credentials

if TYPE_CHECKING:
    import threading

    from awsops.aws_sessions import Sessions
    from awsops.credentials.chain import ChainLink
    from awsops.env import Env
    from awsops.running.waves import Share, Sizes

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CredentialInfo:
    """Where a target's credentials come from (botocore's name of the provider) and their end."""

    source: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials to hand on. `token` is None for long-term keys, which do not expire."""

    access_key: str
    secret_key: Secret
    token: Secret | None
    expires_at: datetime | None


class Aws:
    """One target's way to AWS. Safe to use from the target's own threads (`pool`)."""

    def __init__(
        self,
        active: ActiveTarget,
        sessions: Sessions,
        env: Env,
        cancelled: threading.Event,
        jobs: int | None = None,
    ) -> None:
        self._active = active
        self._sessions = sessions
        self.env = env
        self.cancelled = cancelled
        #: What `--jobs` leaves to this target for threads of its own; None when it was not given.
        self.jobs = jobs

    @property
    def target(self) -> Target:
        """Profile, region, account and role of this target."""
        return self._active.target

    @property
    def run_id(self) -> str:
        """The id of this run: it stands in the journal and in every call's user agent."""
        return self._active.run_id

    @property
    def region(self) -> str:
        """The target's region; UsageError when neither `-r` nor the profile gives one."""
        try:
            return self._sessions.require_region(self.target)
        except UsageError:
            self._require_credentials()
            raise

    @property
    def line_width(self) -> int:
        """Columns for a `Line` on the terminal: where there are several targets, the name of this
        one stands before it.
        """
        from awsops.output.cells import cell_width

        before = cell_width(self.target.label) + 2 if self._active.labelled else 0
        return max(self.env.width() - before, 1)

    def client(
        self,
        service: str,
        *,
        region: str | None = None,
        lean: bool = False,
        answer_within: float | None = None,
    ) -> Any:
        """The botocore client of a service, shared by all targets with equal settings.

        It signs each call with the credentials of the target that the calling thread works for.
        `lean` is for code that makes thousands of calls, builds every parameter itself and tries
        again itself: neither does botocore then, and requests go a shorter way to the socket.
        With `answer_within` seconds a call waits so long for its answer and is never tried again:
        for calls that must not be made twice.
        """
        try:
            client = self._sessions.client(
                self.target, service, region, lean=lean, answer_within=answer_within
            )
        except Exception as error:
            if type(error).__name__ != "NoRegionError":
                raise
            return self.region  # says so as every command does
        return self._signing(client)

    def _require_credentials(self) -> None:
        """Who has neither credentials nor a region is told of the credentials: naming a profile
        gives both."""
        if self._active.credentials is None and self._sessions.credentials(self.target) is None:
            raise no_credentials(self.target, self.profiles())

    def _signing(self, client: Any) -> Any:
        """The client as this Aws hands it out: it signs for the calling thread's target."""
        return client

    def identity(self) -> Identity:
        """GetCallerIdentity, asked once a target; CredentialsError when nobody can sign.

        Within `signing_as` it is of those keys.
        """
        from awsops.credentials.nested import SIGNING_AS
        from awsops.credentials.same_account import signing_with

        if SIGNING_AS.get() is not None:
            return self._ask_identity()
        with self._active.lock:
            active = self._active
            if active.identity is None:
                if active.credentials is None:
                    return self._ask_identity()  # which says what is missing
                frozen = active.credentials.get_frozen_credentials()
                with signing_with(frozen):
                    found = self._ask_identity()
                active.verified_keys.add(frozen.access_key)
                active.identity, active.ask_identity = found, self._ask_identity
            return active.identity

    def learn_account(self, account: str) -> None:
        """Say whose credentials these are, as an answer of AWS that only the account itself can
        have got told it: the rows' column then costs no GetCallerIdentity. Nothing is verified by
        it: a plan and `targets` with an account still ask."""
        self._active.learned_account = account

    def _ask_identity(self) -> Identity:
        answer = self.client("sts").get_caller_identity()
        self._active.ahead = ahead_of_service(answer, self.env.clock())
        return Identity(answer["Account"], answer["Arn"], answer["UserId"])

    def credential_info(self) -> CredentialInfo:
        """Which provider the target's credentials came from, and until when they are good."""
        found = self._sessions.credentials(self.target)
        if found is None:
            raise no_credentials(self.target, self.profiles())
        expiry = getattr(found, "_expiry_time", None)  # botocore has no public name for it
        return CredentialInfo(str(found.method), expiry if isinstance(expiry, datetime) else None)

    def use_own_credentials(self) -> None:
        """Sign with the target's own credentials from here on, in a command that began without
        (`needs_credentials=False`). Raises what finding them raises."""
        self._active.credentials = self._sessions.credentials(self.target)

    def keys(self) -> Keys:
        """The target's keys as they are now, refreshed if they are about to expire.

        CredentialsError when there are none. For commands that hand credentials to other programs.
        """
        found = self._sessions.credentials(self.target)
        if found is None:
            raise no_credentials(self.target, self.profiles())
        frozen = found.get_frozen_credentials()
        return Keys(
            frozen.access_key,
            Secret(frozen.secret_key),
            Secret(frozen.token) if frozen.token else None,
            self.credential_info().expires_at,
        )

    def ask(self, question: str) -> str:
        """A line from the person; only where `env.interactive`. One target asks at a time."""
        with self._sessions.asking():
            return self.env.prompter.text(question)

    def choose(self, question: str, choices: Sequence[str]) -> str:
        """One of the choices, by the person; only where `env.interactive`."""
        with self._sessions.asking():
            return self.env.prompter.select(question, choices)

    @contextlib.contextmanager
    def signing_as(self, keys: Keys) -> Iterator[None]:
        """Calls of this thread are signed with other keys than the target's while this is open."""
        from botocore.credentials import Credentials

        from awsops.credentials.nested import SIGNING_AS

        token = keys.token.reveal() if keys.token is not None else None
        given = Credentials(keys.access_key, keys.secret_key.reveal(), token)
        before = SIGNING_AS.set(given)
        try:
            yield
        finally:
            SIGNING_AS.reset(before)

    def ask_mfa(self, question: str) -> str:
        """A code from the person, not echoed; CredentialsError where nobody can be asked."""
        return self._sessions.ask_mfa(question)

    def credential_chain(self) -> Iterator[ChainLink]:
        """Every provider of the profile's chain, in botocore's order, and what it has."""
        from awsops.credentials.chain import examine_chain

        return examine_chain(self._sessions, self.target)

    def setting(self, name: str) -> Any:
        """A setting as botocore resolves it for this profile, by botocore's name of it."""
        return self._sessions.variable(self.target.profile, name)

    def profile_settings(self, profile: str | None = None) -> Mapping[str, Any]:
        """A profile's settings, the target's own by default, as botocore merges both files.

        ProfileNotFound for one that does not exist.
        """
        return self._sessions.scoped_config(profile or self.target.profile)

    def profiles(self) -> Sequence[str]:
        """The names of all profiles of the AWS files, in file order."""
        return self._sessions.profiles()

    def endpoints(self) -> Mapping[str, str]:
        """Where this target's calls go instead of to AWS, by the variable that says so to every
        SDK; empty for a target of AWS itself."""
        if self._sessions.endpoint_url is not None:
            return {"AWS_ENDPOINT_URL": self._sessions.endpoint_url}
        profile = self.target.profile
        own = self._sessions.scoped_config(profile).get("endpoint_url")
        found = {"AWS_ENDPOINT_URL": str(own)} if own else {}
        for service, url in self._sessions.service_endpoints(profile).items():
            found[f"AWS_ENDPOINT_URL_{service.upper()}"] = url
        environ = self.env.environ  # botocore lets it win, service by service and as a whole
        given = {n: v for n, v in environ.items() if n.startswith("AWS_ENDPOINT_URL") and v}
        return given if "AWS_ENDPOINT_URL" in given else {**found, **given}

    def target_options(self) -> list[str]:
        """The options that lead a command to be typed later, maybe in another shell, to this
        target: `-p`, `-r`, `--role`, `--endpoint-url`, as far as they are needed."""
        url = self.endpoints().get("AWS_ENDPOINT_URL")
        known = (
            self.env.environ.get("AWS_ENDPOINT_URL"),
            self.profile_settings().get("endpoint_url"),
        )
        options = {
            "-p": self.target.profile or self.target.default,
            "-r": self.target.region,
            "--role": self.target.role,
            "--endpoint-url": None if url in known else url,
        }
        return [word for option, value in options.items() if value for word in (option, value)]

    def sso_sessions(self) -> Mapping[str, Any]:
        """The `sso-session` sections of the config file, by name."""
        return self._sessions.sso_sessions()

    def renewed_sso_token(self) -> datetime | None:
        """Until when the profile's SSO token is good, renewed by botocore where it can be; None
        where a person has to sign in."""
        from awsops.credentials.sso import renewed_sso_token

        return renewed_sso_token(self._sessions, self.target)

    def sign_in_host(self, partition: str) -> str:
        """The host that signs people in to a partition's console; KeyError for an unknown one."""
        from awsops.credentials.sign_in import sign_in_host

        return sign_in_host(self._sessions, self.target, partition)

    def sign_in_endpoint(self) -> str | None:
        """Where the settings of this profile send calls of the service `signin`; None: to AWS."""
        from awsops.credentials.sign_in import configured_endpoint

        return configured_endpoint(self._sessions, self.target)

    def post_form(self, url: str, fields: Mapping[str, str]) -> tuple[int, bytes]:
        """POST a form outside of AWS's APIs, with the CA bundle and proxies that calls of this
        profile use; status and body."""
        from awsops.credentials.sign_in import post_form

        return post_form(self._sessions, self.target, url, fields)

    def shared(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        """One thing for all targets of this process, made by the first that asks for `key` (whose
        first part is the noun): what an account's quota leaves, where several targets are in it.
        """
        made: T = self._sessions.shared.get(key, make)
        return made

    def pool(self, workers: int) -> Executor:
        """A thread pool (1..256 workers) whose threads work for this target. Use it with `with`."""
        return TargetPool(max(1, min(workers, 256)))

    def join_waves(self, names: Sequence[str], sizes: Sizes, begun: Sequence[int] = ()) -> None:
        """Before the plan: `names` are what this target works on, in waves of `sizes` over all
        targets together. `begun`: the numbers of those that an interrupted run had begun."""
        if self._active.turns is not None:
            self._active.turns.join(self._active, names, sizes, begun)

    def waves(self) -> Iterator[Share]:
        """After the plan: this target's share of each wave when its turn has come; see
        `awsops.running.waves.Turns.shares`."""
        if self._active.turns is None:
            raise DefectError("waves belong to a command that changes something")
        return self._active.turns.shares(self._active)

    def fail_wave(self, share: Share) -> None:
        """Something of this share failed: no wave after it begins, in any target."""
        if self._active.turns is not None:
            self._active.turns.fail(self._active, share.number)

    def clock(self) -> float:
        """Seconds since the epoch."""
        return self.env.clock()

    def service_clock(self) -> float:
        """Seconds since the epoch by AWS's clock, for times that events there are compared with:
        this machine's may be minutes off."""
        self.identity()
        return self.clock() - self._active.ahead

    @property
    def clock_ahead(self) -> float:
        """Seconds that this machine's clock is ahead of AWS's (behind: less than 0), as far as
        calls have told; 0 when it is none to speak of."""
        return self._active.ahead

    def sleep(self, seconds: float) -> None:
        """Wait, or return at once when the run has been cancelled."""
        if seconds <= 0 or self.cancelled.is_set():
            return
        if self.env.real_time:
            self.cancelled.wait(seconds)
        else:
            self.env.sleep(seconds)


class TargetPool(ThreadPoolExecutor):
    """Threads that carry the context, and so the target, of whoever submits the work."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As Executor.submit, in a copy of the submitting thread's context."""
        context = contextvars.copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))
