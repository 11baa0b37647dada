"""Nothing that changes AWS leaves the process before its plan is confirmed.

The gate sits in botocore's own event hooks, on every session that this process makes, so it holds
for every plugin, for its threads, and for sessions and presigned URLs that a plugin makes itself.
What it lets through after the confirmation is journalled before it leaves.

It judges by the operation's name. A plugin that signs requests by hand, without botocore, is
outside what a gate in the same process can see: docs/security.md says so.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from awsops.active import ActiveTarget, find_active
from awsops.errors import DefectError
from awsops.running.strays import Strays

if TYPE_CHECKING:
    from awsops.journal import Journal
    from awsops.journal.entries import CallOutcome

# Verbs of operations that change nothing in the account. ReceiveMessage hides messages for a
# while but loses none; AssumeRole* and GetSessionToken make credentials, not resources.
_READ_ONLY = re.compile(
    r"(Get|List|Describe|Filter|Lookup|BatchGet|Head|Scan|Query|Search|Receive|Decode|Simulate"
    r"|AssumeRole)(?![a-z])"
)

# Read-only by name and yet not: each creates or changes something (API references).
_NOT_READ_ONLY = frozenset(
    {
        "cognito-identity:GetId",
        "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
        "redshift:GetClusterCredentials",  # AutoCreate
        "sagemaker:GetScalingConfigurationRecommendation",  # starts a job
    }
)

# botocore's own credential providers refresh tokens through these.
_CREDENTIAL_CALLS = frozenset(
    {
        "sso-oidc:CreateToken",
        "sso-oidc:CreateTokenWithIAM",
        "sso-oidc:RegisterClient",
        "sso-oidc:StartDeviceAuthorization",
        "signin:CreateOAuth2Token",
        "s3:CreateSession",  # S3 Express: short-lived keys for one bucket
    }
)

_MARK = "awsops_gate"
_PARAMS = "awsops_params"


def is_read_only(call: str) -> bool:
    """Whether `service:Operation` changes nothing, judged by the operation's name."""
    if call in _NOT_READ_ONLY:
        return False
    return call in _CREDENTIAL_CALLS or _READ_ONLY.match(call.partition(":")[2]) is not None


class Gate:
    """The hooks. One a process; the journal is opened when there is something to write."""

    def __init__(self, journal: Callable[[], Journal], strays: Strays) -> None:
        self._journal = journal
        self._strays = strays
        self._watched: weakref.WeakSet[Any] = weakref.WeakSet()
        self.on_call: Callable[[ActiveTarget, str], None] | None = None
        self.on_params: Callable[[str, str, dict[str, Any]], None] | None = None

    def install(self) -> None:
        """Watch every botocore session made from now on, whoever makes it."""
        import botocore

        botocore.register_initializer(self._on_session)

    def uninstall(self) -> None:
        """Stop watching new sessions; those that exist keep their hooks."""
        import botocore

        botocore.unregister_initializer(self._on_session)

    def _on_session(self, session: Any) -> None:
        emitter = session.get_component("event_emitter")
        # Each session wraps its emitter; the kernel's hundreds of sessions have one in common.
        inner = getattr(emitter, "_emitter", emitter)
        if inner not in self._watched:
            self.attach(emitter)
            self._watched.add(inner)

    def attach(self, emitter: Any) -> None:
        """Put the hooks on one emitter; clients copy them from their session's."""
        emitter.register("before-parameter-build", self._remember, "awsops-gate-params")
        emitter.register_first("before-call", self._before_call, "awsops-gate-call")
        emitter.register_first("before-sign", self._before_sign, "awsops-gate-sign")
        emitter.register("after-call", self._after_call, "awsops-gate-after")
        emitter.register("after-call-error", self._after_error, "awsops-gate-error")

    def _remember(self, params: Any, context: dict[str, Any], **_: Any) -> None:
        # before-call sees the request as it is serialized; the journal wants the parameters.
        context[_PARAMS] = params

    def _before_call(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        call = f"{model.service_model.service_name}:{model.name}"
        if self.on_params is not None:
            from awsops.redaction import redact

            given = redact(context.get(_PARAMS, {}), model.input_shape)
            self.on_params(call, str(context.get("client_region") or ""), given)
        if is_read_only(call):
            context[_MARK] = "read-only"
            return
        active = self._admit(call)
        context[_MARK] = "admitted"
        if active.speaker.confirmed:
            from awsops.credentials.same_account import ensure_own_keys  # not for a help page

            ensure_own_keys(active)
            params = context.get(_PARAMS, {})
            context[_MARK] = self._begin(active, call, params, model.input_shape)

    def _before_sign(self, request: Any, operation_name: str, event_name: str, **_: Any) -> None:
        context = getattr(request, "context", None) or {}
        if _MARK in context:
            return
        # No before-call came first: somebody presigns a URL or signs a request of their own.
        call = f"{event_name.split('.')[1]}:{operation_name}"
        if is_read_only(call):
            return
        active = self._admit(call)
        if active.speaker.confirmed:
            entry = self._begin(active, call, {"presigned": True}, None)
            self._journal().end_call(entry, "unknown", None, None)

    def _admit(self, call: str) -> ActiveTarget:
        active = find_active()
        if active is not None and (active.speaker.confirmed or call in active.allowed_calls):
            return active
        (self._strays if active is None else active.speaker).refused.append(call)
        raise RefusedCallError(call, active.command if active else None)

    def _begin(self, active: ActiveTarget, call: str, params: Any, shape: Any) -> int:
        import json

        from awsops.journal.entries import CallRecord
        from awsops.redaction import redact

        active.speaker.calls += 1
        service, _, operation = call.partition(":")
        identity = active.identity
        record = CallRecord(
            run_id=active.run_id,
            caller_arn=identity.arn if identity else "",
            account=identity.account if identity else "",
            region=active.target.region or "",
            profile=active.target.profile or "",
            service=service,
            operation=operation,
            params_json=json.dumps(redact(params, shape), ensure_ascii=False),
        )
        return int(self._journal().begin_call(record))

    def _after_call(
        self, http_response: Any, parsed: Any, model: Any, context: dict[str, Any], **_: Any
    ) -> None:
        if self.on_call is not None:
            self._trace(f"{http_response.status_code}", model, parsed)
        entry = context.get(_MARK)
        if not isinstance(entry, int):
            return
        metadata = parsed.get("ResponseMetadata", {})
        failed = http_response.status_code >= 300
        code = parsed.get("Error", {}).get("Code") if failed else None
        outcome: CallOutcome = "error" if failed else "ok"
        self._journal().end_call(entry, outcome, metadata.get("RequestId"), code)

    def _trace(self, result: str, model: Any, parsed: Any) -> None:
        active = find_active()
        if active is None or self.on_call is None:
            return
        code = parsed.get("Error", {}).get("Code", "")
        retries = parsed.get("ResponseMetadata", {}).get("RetryAttempts", 0)
        again = f", {retries} {'retry' if retries == 1 else 'retries'}" if retries else ""
        call = f"{model.service_model.service_name}:{model.name}"
        self.on_call(active, f"{call} -> {result} {code}".rstrip() + again)

    def _after_error(self, exception: Exception, context: dict[str, Any], **_: Any) -> None:
        entry = context.get(_MARK)
        if isinstance(entry, int):
            # The answer did not arrive: the change may have been made.
            self._journal().end_call(entry, "unknown", None, type(exception).__name__)


class RefusedCallError(DefectError):
    """A call that is not read-only was about to leave before its plan was confirmed."""

    code = "Refused"

    def __init__(self, call: str, command: str | None) -> None:
        who = f"{command} tried to call" if command else "a thread without a target tried to call"
        super().__init__(
            f"{who} {call} before its plan was confirmed; the call was refused",
            hint="this is a defect of the plugin: declare @command(mutates=True) and yield a Plan"
            f' first, or declare calls=["{call}"] if it changes nothing',
        )
        self.call = call
