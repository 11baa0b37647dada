"""What a shift is about to do, everything checked that can be before anything moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from awsops.api import AwsopsError, Change, Plan, UsageError

from .alarms import alarm_states, check_alarms
from .client import CloudWatchClient, LambdaClient, error_code, is_missing, pages
from .gates import Gates
from .metrics import read_window
from .names import AliasRef, unknown_function, unknown_version
from .provisioned import provisioned
from .routing import AliasState, read_alias
from .strategy import Strategy

LATEST_PUBLISHED, PUBLISH = "latest-published", "publish"
PENDING_SECONDS = 300.0  # a version that is not Active by then has a problem of its own
PENDING_POLL = 1.0


@dataclass(frozen=True, slots=True)
class Terms:
    """How a shift is to go. poll: seconds. pre, post: functions that are asked. smoke: calls."""

    strategy: Strategy
    gates: Gates
    ignored: tuple[str, ...] = ()
    poll: float = 5.0
    pre: str | None = None
    post: str | None = None
    smoke: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """`$LATEST` as it was looked at: what is published is that, or nothing is."""

    sha: str
    revision: str


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """A checked shift. new None: `publish` is published first. done: the alias is there already."""

    state: AliasState
    old: str
    new: str | None
    publish: Source | None
    terms: Terms
    alarms: Mapping[str, str]

    @property
    def ref(self) -> AliasRef:
        return self.state.ref

    @property
    def done(self) -> bool:
        return self.new == self.old

    def with_version(self, number: str) -> ShiftPlan:
        return replace(self, new=number, publish=None)


def plan_shift(
    lam: LambdaClient,
    cloudwatch: CloudWatchClient,
    ref: AliasRef,
    to: str,
    terms: Terms,
    *,
    now: float,
    in_progress: Callable[[AliasState], AwsopsError],
) -> ShiftPlan:
    """Check everything that Lambda, CloudWatch and the gates ask for; nothing is changed.

    `in_progress` makes the error for an alias that carries weights already.
    """
    state = read_alias(lam, ref)
    if any(state.route.weights.values()):
        raise in_progress(state)
    old = state.route.version
    if old == "$LATEST":
        raise UsageError(
            f"{ref} points to $LATEST, which takes no part in weights",
            hint=f"publish a version and point {ref.alias} to it first",
        )
    new, source = _resolve(lam, ref, to)
    plan = ShiftPlan(state, old, new, source, terms, {})
    if plan.done:
        return plan
    _check_versions(lam, ref, old, new)
    _check_provisioned(lam, ref, bool(terms.strategy.steps))
    for hook in (terms.pre, terms.post):
        if hook is not None:
            configuration(lam, hook)
    names = [*terms.gates.alarms, *(n for n in terms.ignored if n not in terms.gates.alarms)]
    states = alarm_states(cloudwatch, names)
    check_alarms(states, terms.ignored)
    if terms.gates.needs_metrics and terms.strategy.steps:
        read_window(cloudwatch, ref, (old, *([new] if new else [])), now - 600, now)
    return replace(plan, alarms=states)


def _resolve(lam: LambdaClient, ref: AliasRef, to: str) -> tuple[str | None, Source | None]:
    """The version that `--to` means, or what is to be published."""
    if to == PUBLISH:
        latest = configuration(lam, ref.function)
        return None, Source(str(latest["CodeSha256"]), str(latest["RevisionId"]))
    if to == LATEST_PUBLISHED:
        found = pages(lam.list_versions_by_function, "Versions", FunctionName=ref.function)
        numbers = [int(v["Version"]) for v in found if v["Version"] != "$LATEST"]
        if not numbers:
            raise UsageError(f"{ref.function} has no published version", hint="--to publish")
        return str(max(numbers)), None
    if not to.isdigit():
        raise UsageError(
            f"--to {to!r}: expected a version's number, {LATEST_PUBLISHED} or {PUBLISH}",
            hint="$LATEST takes no weights: --to publish makes a version of it"
            if to == "$LATEST"
            else f"awsops lambda versions {ref.function}",
        )
    return str(int(to)), None


def configuration(
    lam: LambdaClient, function: str, version: str | None = None
) -> Mapping[str, Any]:
    """GetFunctionConfiguration; NotFoundError with suggestions."""
    given = {"Qualifier": version} if version else {}
    try:
        return lam.get_function_configuration(FunctionName=function, **given)
    except Exception as error:
        if not is_missing(error):
            raise
        if version:
            raise unknown_version(lam, function, version) from error
        raise unknown_function(lam, function) from error


def _check_versions(lam: LambdaClient, ref: AliasRef, old: str, new: str | None) -> None:
    """Lambda's rules for two versions of one alias (developer guide, "alias routing")."""
    one, other = configuration(lam, ref.function, old), configuration(lam, ref.function, new)
    name = f"version {new}" if new else "$LATEST"
    for setting, what in (("Role", "execution role"), ("DeadLetterConfig", "dead-letter target")):
        if (one.get(setting) or None) != (other.get(setting) or None):
            raise UsageError(
                f"version {old} and {name} of {ref.function} differ in their {what}: an alias "
                "cannot be split between them",
                hint="--all-at-once moves the alias without a split",
            )
    if other.get("State") == "Failed" or other.get("LastUpdateStatus") == "Failed":
        raise UsageError(f"{name} of {ref.function} is in state Failed: {other.get('StateReason')}")


def _check_provisioned(lam: LambdaClient, ref: AliasRef, weighted: bool) -> None:
    if weighted and ref.alias in provisioned(lam, ref.function):
        raise UsageError(
            f"{ref} has provisioned concurrency, which excludes weights",
            hint="--all-at-once, or delete its provisioned concurrency first",
        )


def describe_shift(plan: ShiftPlan, undo: str) -> Plan:
    """The plan as it is shown; empty when the alias is there already."""
    if plan.done:
        return Plan((), f"{plan.ref} is at version {plan.old} already")
    terms = plan.terms
    changes = [*_hook(terms.pre, "before the first step"), *publication(plan)]
    after = f"version {plan.new}" if plan.new else "the new version"
    changes.append(
        Change(
            "shift",
            str(plan.ref),
            detail=terms.strategy.text,
            before=f"version {plan.old}",
            after=after,
            undo=undo,
        )
    )
    changes += _hook(terms.post, "after the promotion")
    gates = f"gates: {terms.gates.shown()}" if terms.strategy.steps else ""
    return Plan(tuple(changes), gates, tuple(_warnings(plan)))


def _hook(function: str | None, when: str) -> Sequence[Change]:
    if function is None:
        return ()
    why = "what it does is its own"
    return (Change("invoke", function, detail=when, why_no_undo=why),)


def publication(plan: ShiftPlan) -> Sequence[Change]:
    """What is published before the alias moves, if anything."""
    if plan.publish is None:
        return ()
    why = (
        f"an unused version costs nothing; awsops lambda prune {plan.ref.function} deletes old ones"
    )
    detail = f"$LATEST, code {plan.publish.sha[:12]}"
    return (Change("publish", plan.ref.function, detail=detail, why_no_undo=why),)


def _warnings(plan: ShiftPlan) -> Sequence[str]:
    gates, found = plan.terms.gates, []
    for name, state in plan.alarms.items():
        if name in plan.terms.ignored:
            found.append(f"alarm {name} ({state}) is ignored")
        elif state == "INSUFFICIENT_DATA":
            found.append(f"alarm {name} has no data yet: it guards only once it has")
    if plan.terms.smoke:
        calls = f"{plan.terms.smoke} calls through {plan.ref} at each step"
        found.append(f"{calls} run the function for real")
    if not plan.terms.strategy.steps:
        found.append("all at once: no step at which a gate could stop it")
    elif not (gates.alarms or gates.error_rate or gates.p99 or gates.throttles is not None):
        found.append("no alarm and no --max-...: nothing but Ctrl-C rolls it back")
    return found


def publish(
    lam: LambdaClient,
    function: str,
    source: Source,
    *,
    sleep: Callable[[float], None],
    stopped: Callable[[], bool],
    description: str = "",
) -> str:
    """Publish what was looked at, wait until it is Active, and give its number.

    AwsopsError when `$LATEST` has changed since, or when the version does not become Active.
    """
    try:
        made = lam.publish_version(
            FunctionName=function,
            CodeSha256=source.sha,
            RevisionId=source.revision,
            Description=description,
        )
    except Exception as error:
        if error_code(error) not in (
            "PreconditionFailedException",
            "InvalidParameterValueException",
        ):
            raise
        raise AwsopsError(
            f"$LATEST of {function} is not what was looked at; nothing was published: {error}",
            hint="look at what changed, and run the command again",
            code="Changed",
        ) from error
    number, waited = str(made["Version"]), 0.0
    while configuration(lam, function, number).get("State", "Active") == "Pending":
        if stopped() or waited >= PENDING_SECONDS:
            raise AwsopsError(f"version {number} of {function} is still Pending; no traffic moved")
        sleep(PENDING_POLL)
        waited += PENDING_POLL
    if configuration(lam, function, number).get("State") == "Failed":
        raise AwsopsError(f"version {number} of {function} is in state Failed; no traffic moved")
    return number
