"""An alias as it stands, and the one call that changes where it sends its callers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from awsops.api import AwsopsError

from .client import LambdaClient, is_missing, is_stale, is_unanswered
from .names import AliasRef, unknown_alias


@dataclass(frozen=True, slots=True)
class Route:
    """Where an alias points: its version, and the weights (0 to 1) of versions beside it."""

    version: str
    weights: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        also = "".join(f", {percent(w)} to {v}" for v, w in self.weights.items())
        return f"version {self.version}{also}"

    def same_as(self, other: Route) -> bool:
        # Lambda keeps a weight of 0 as it was sent: it routes nothing.
        mine, its = ({v: w for v, w in r.weights.items() if w} for r in (self, other))
        close = all(abs(mine[v] - its.get(v, -1.0)) < 1e-9 for v in mine)
        return self.version == other.version and mine.keys() == its.keys() and close


@dataclass(frozen=True, slots=True)
class AliasState:
    """An alias and the revision that the next change must name."""

    ref: AliasRef
    route: Route
    revision: str


class ForeignChangeError(AwsopsError):
    """Somebody else changed the alias while we held it; nothing more was changed."""

    code = "ForeignChange"

    def __init__(self, found: AliasState, expected: Route) -> None:
        super().__init__(
            f"{found.ref} was changed by somebody else: it is at {found.route}, expected {expected}"
        )
        self.found = found


def percent(weight: float) -> str:
    """`12.5%` for 0.125."""
    return f"{round(weight * 100, 4):g}%"


def read_alias(client: LambdaClient, ref: AliasRef) -> AliasState:
    """GetAlias; NotFoundError with suggestions when it is not there."""
    try:
        answer = client.get_alias(FunctionName=ref.function, Name=ref.alias)
    except Exception as error:
        if is_missing(error):
            raise unknown_alias(client, ref) from error
        raise
    return _state(ref, answer)


def _state(ref: AliasRef, answer: Mapping[str, object]) -> AliasState:
    routing = answer.get("RoutingConfig") or {}
    assert isinstance(routing, Mapping)
    weights = routing.get("AdditionalVersionWeights") or {}
    kept = {str(version): float(weight) for version, weight in weights.items()}
    return AliasState(ref, Route(str(answer["FunctionVersion"]), kept), str(answer["RevisionId"]))


def put_route(client: LambdaClient, state: AliasState, route: Route) -> AliasState:
    """One UpdateAlias, on the revision that we know; the alias as it then stands.

    When the call was made without its answer having arrived, botocore's retry meets our own new
    revision: an alias that is where we wanted it is ours. ForeignChangeError when it is not.
    """
    try:
        answer = client.update_alias(
            FunctionName=state.ref.function,
            Name=state.ref.alias,
            FunctionVersion=route.version,
            RoutingConfig={"AdditionalVersionWeights": dict(route.weights)},
            RevisionId=state.revision,
        )
    except Exception as error:
        if not (is_stale(error) or is_unanswered(error)):
            raise
        found = read_alias(client, state.ref)
        if found.route.same_as(route):
            return found
        if found.revision == state.revision:
            raise  # it was not carried out
        raise ForeignChangeError(found, state.route) from error
    return _state(state.ref, answer)
