"""The parts of `lambda shift` that need no AWS: strategies, gates, figures, positions."""

from __future__ import annotations

from typing import Any

import pytest
from awsops_plugins.lambda_.deployment_plan import config_of
from awsops_plugins.lambda_.gates import Gates, Limit, Observation, Seen, breach, enough
from awsops_plugins.lambda_.metrics import Window, observe
from awsops_plugins.lambda_.routing import Route
from awsops_plugins.lambda_.runs import Position, position
from awsops_plugins.lambda_.strategy import Strategy, read_strategy
from hypothesis import given
from hypothesis import strategies as st

from awsops.errors import UsageError


def _strategy(**given: Any) -> Strategy:
    usual = dict.fromkeys(("canary", "linear", "steps", "every", "name"))
    return read_strategy(**{**usual, "all_at_once": False, **given})


@pytest.mark.parametrize(
    ("given", "weights", "seconds"),
    [
        ({"canary": "10%/5m"}, [0.1], 300),
        ({"canary": "0.5%/30s"}, [0.005], 30),
        ({"linear": "25%/1m"}, [0.25, 0.5, 0.75], 60),
        ({"linear": "30%/1m"}, [0.3, 0.6, 0.9], 60),
        ({"steps": "1,5,25,100", "every": "2m"}, [0.01, 0.05, 0.25], 120),
        ({"name": "LambdaLinear10PercentEvery3Minutes"}, [n / 10 for n in range(1, 10)], 180),
    ],
)
def test_a_strategy_is_read(given: dict[str, Any], weights: list[float], seconds: float) -> None:
    steps = _strategy(**given).steps
    assert [step.weight for step in steps] == pytest.approx(weights)
    assert {step.seconds for step in steps} == {seconds}


@given(st.floats(1, 50), st.integers(1, 3600))
def test_linear_steps_rise_and_stay_below_all(percent: float, seconds: int) -> None:
    steps = _strategy(linear=f"{percent:.3f}%/{seconds}s").steps
    weights = [step.weight for step in steps]
    assert weights == sorted(set(weights))
    assert weights[0] > 0
    assert weights[-1] < 1 <= weights[-1] + weights[0] + 1e-5


RATE = Gates(error_rate=Limit(0.01, False, "1%"), min_invocations=50)


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_breach_is_final_whatever_calls_still_come(invocations: int, errors: int) -> None:
    errors = min(errors, invocations)
    seen = Observation(new=Seen(invocations, errors, 10.0), counted=invocations)
    if breach(RATE, seen) is None:
        return
    left = max(RATE.min_invocations - invocations, 0)
    later = Observation(new=Seen(invocations + left, errors, 10.0), counted=invocations + left)
    assert breach(RATE, later) is not None


def test_one_error_among_few_calls_is_no_breach_yet() -> None:
    gates = Gates(error_rate=Limit(0.05, False, "5%"), min_invocations=50)
    seen = Observation(new=Seen(3, 1, 10.0), counted=3)
    assert breach(gates, seen) is None
    assert not enough(gates, seen)


def test_a_p99_waits_for_enough_calls_and_for_something_to_compare_with() -> None:
    gates = Gates(p99=Limit(0.2, True, "+20%"), min_invocations=50)
    slow = Seen(10, 0, 500.0)
    assert breach(gates, Observation(Seen(99, 0, 100.0), slow, counted=10)) is None
    assert breach(gates, Observation(Seen(), slow, counted=99)) is None
    assert breach(gates, Observation(Seen(99, 0, 100.0), slow, counted=99)) is not None


def test_what_was_there_before_the_run_does_not_count() -> None:
    before = Window({("Errors", "2"): {60: 5.0}, ("Invocations", "2"): {60: 9.0}})
    now = Window({("Errors", "2"): {60: 6.0}, ("Invocations", "2"): {60: 19.0, 120: 1.0}})
    seen = observe(now, "1", "2", since=70.0, began=before, entered=before)
    assert (seen.new.errors, seen.new.invocations, seen.counted) == (1, 11, 11)


def test_a_p99_is_weighted_by_the_calls_of_its_minutes() -> None:
    calls = {0: 90.0, 60: 10.0}
    window = Window({("Invocations", "2"): calls, ("Duration", "2"): {0: 100.0, 60: 200.0}})
    assert window.p99("2", 0.0) == pytest.approx(110)


HEADER = {"old": "1", "new": "2", "steps": [[0.1, 60], [0.5, 60]]}
STEP0, PASSED0 = {"did": "step", "step": 0}, {"did": "pass", "step": 0}
BACK = {"do": "roll back", "why": "x"}


@pytest.mark.parametrize(
    ("entries", "route", "expected"),
    [
        ([], Route("1"), Position("step", 0)),
        ([{"do": "step", "step": 0}], Route("1"), Position("step", 0)),
        ([{"do": "step", "step": 0}], Route("1", {"2": 0.1}), Position("step", 0)),
        ([STEP0], Route("1", {"2": 0.1}), Position("step", 0)),
        ([STEP0, PASSED0], Route("1", {"2": 0.1}), Position("step", 1)),
        ([STEP0, PASSED0], Route("1", {"2": 0.5}), Position("step", 1)),
        ([STEP0, {"did": "pass", "step": 1}], Route("1", {"2": 0.5}), Position("promote", 2)),
        ([STEP0], Route("2"), Position("promoted", 2)),
        ([STEP0], Route("1"), Position("rolled back", 0)),
        ([STEP0, BACK], Route("1", {"2": 0.1}), Position("roll back", 0)),
        ([STEP0, BACK], Route("1"), Position("rolled back", 0)),
        ([STEP0, BACK], Route("2"), Position("roll back", 2)),
        ([STEP0], Route("1", {"3": 0.1}), Position("foreign")),
        ([STEP0], Route("1", {"2": 0.2}), Position("foreign")),
        ([STEP0], Route("3"), Position("foreign")),
        ([STEP0, {"end": "promoted"}], Route("3"), Position("ended")),
    ],
)
def test_a_recorded_shift_is_found_where_it_stands(
    entries: list[Any], route: Route, expected: Position
) -> None:
    assert position(HEADER, entries, route) == expected


def test_a_weight_of_zero_is_no_weight() -> None:
    assert Route("1", {"2": 0.0}).same_as(Route("1"))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"all_at_once": True}, "CodeDeployDefault.LambdaAllAtOnce"),
        ({"canary": "10%/15m"}, "CodeDeployDefault.LambdaCanary10Percent15Minutes"),
        ({"canary": "7%/3m"}, "awsops-canary-7-percent-3-minutes"),
        ({"linear": "10%/1m"}, "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"),
        ({"linear": "25%/2m"}, "awsops-linear-25-percent-2-minutes"),
        ({"steps": "50,100", "every": "2m"}, "awsops-canary-50-percent-2-minutes"),
    ],
)
def test_codedeploys_configuration_does_what_the_strategy_says(
    given: dict[str, Any], name: str
) -> None:
    assert config_of(_strategy(**given)).name == name


@pytest.mark.parametrize(
    "given",
    [{"canary": "10%/30s"}, {"canary": "0.5%/5m"}, {"steps": "10,30,100", "every": "1m"}],
)
def test_what_codedeploy_cannot_do_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="CodeDeploy cannot"):
        config_of(_strategy(**given))
