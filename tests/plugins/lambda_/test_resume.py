"""A shift that is killed anywhere is gone on with, or taken back: never left in between."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins.lambda_.gates import Gates, Limit
from awsops_plugins.lambda_.names import AliasRef
from awsops_plugins.lambda_.planning import Terms
from awsops_plugins.lambda_.resuming import plan_resume
from awsops_plugins.lambda_.routing import read_alias
from awsops_plugins.lambda_.rows import RolledBackError
from awsops_plugins.lambda_.runs import Position, header_of
from awsops_plugins.lambda_.shifting import Shift
from awsops_plugins.lambda_.strategy import Step, Strategy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsops.records import RunRecord
from awsops.sandbox import control
from tests.plugins.lambda_.shop import NEW, OLD, Shop

SCALE = int(os.environ.get("AWSOPS_TEST_SCALE", "1"))
TERMS = Terms(
    Strategy((Step(0.1, 60.0), Step(0.5, 60.0)), "steps"),
    Gates(error_rate=Limit(0.01, False, "1%"), min_invocations=10),
    poll=30.0,
)


class KilledError(BaseException):
    """What nothing may catch: the process is gone."""


class Fate:
    """Counts what leaves a trace (calls of UpdateAlias, lines of the record), and kills there.

    at: which one, from 0; None kills nowhere. after: once it was done instead of before it.
    """

    def __init__(self, at: int | None, after: bool) -> None:
        self.at, self.after, self.seen = at, after, 0

    def befall(self, do: Callable[[], Any]) -> Any:
        number, self.seen = self.seen, self.seen + 1
        if number == self.at and not self.after:
            raise KilledError
        done = do()
        if number == self.at:
            raise KilledError
        return done


class Mortal:
    """A client or a record whose changing calls may be the last thing that happens."""

    def __init__(self, real: Any, fate: Fate, deadly: str) -> None:
        self._real, self._fate, self._deadly = real, fate, deadly

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name != self._deadly:
            return found
        return lambda *args, **named: self._fate.befall(lambda: found(*args, **named))


def _shift(shop: Shop, record: RunRecord, fate: Fate) -> Shift:
    ref = AliasRef(shop.name, "live")
    return Shift(
        lam=Mortal(shop.lam, fate, "update_alias"),
        patient=lambda function, qualifier: shop.lam,
        cloudwatch=shop.cloudwatch,
        state=read_alias(shop.lam, ref),
        old="1",
        new="2",
        terms=TERMS,
        record=Mortal(record, fate, "append"),
        clock=shop.clock,
        sleep=shop.clock.sleep,
        pause=shop.clock.sleep,
        cancelled=threading.Event(),
        rolls_back=lambda question: True,
        who=lambda state: None,
        rollback="awsops lambda rollback",
        status="awsops lambda status",
        resume="awsops lambda shift --resume",
        run_id="r1",
    )


def _live(shop: Shop, record: RunRecord, start: Position, fate: Fate) -> bool:
    """Go as far as fate lets it; whether it came to an end."""
    shift = _shift(shop, record, fate)
    try:
        for _ in shift.run(start):
            pass
    except KilledError:
        record.close(finished=False)
        return False
    except RolledBackError:
        pass  # any other error fails the test
    record.close(finished=False)
    return True


@settings(
    max_examples=12 * SCALE,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    fates=st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=4),
    errors=st.sampled_from([0.0, 1.0, [[0, 0], [0.5, 1.0]]]),
)
def test_from_wherever_it_was_killed_a_resumed_shift_ends_promoted_or_rolled_back(
    make_shop: Callable[[], Shop],
    tmp_path: Path,
    fates: list[tuple[int, bool]],
    errors: Any,
) -> None:
    shop = make_shop()
    shop.traffic(v2={"errors": errors})
    header = header_of(AliasRef(shop.name, "live"), "1", "2", TERMS, 0.0)
    record = RunRecord.begin(tmp_path, shop.name, header, keep_seconds=1e9)
    ended = _live(shop, record, Position("step"), Fate(*fates[0]))
    for at, after in [*fates[1:], (None, False)]:
        if ended:
            break
        record = RunRecord.resume(tmp_path, shop.name)
        _, start = plan_resume(shop.lam, AliasRef(shop.name, "live"), record.header, record.entries)
        ended = _live(shop, record, start, Fate(at, after))
    assert ended
    assert shop.route == (NEW if errors == 0 else OLD)


def test_a_finished_run_is_resumed_to_no_effect(shop: Shop) -> None:
    shop.traffic()
    run = _leave(shop)
    assert shop.shift("--resume", run, to="").exit_code == 0
    again = shop.shift("--resume", run, to="")
    assert (again.exit_code, again.rows, shop.route) == (0, [], NEW)


def test_a_run_whose_alias_somebody_moved_is_not_resumed(shop: Shop) -> None:
    shop.traffic()
    run = _leave(shop)
    shop.set_route("1", {"3": 0.5})
    result = shop.shift("--resume", run, to="")
    assert (result.exit_code, shop.route) == (1, ("1", {"3": 0.5}))
    assert "ForeignChange" in result.stderr


def test_a_run_that_somebody_rolled_back_ends_rolled_back(shop: Shop) -> None:
    shop.traffic()
    run = _leave(shop)
    shop.set_route("1")
    result = shop.shift("--resume", run, to="")
    assert (result.exit_code, shop.route) == (0, OLD)


def test_an_abandoned_shift_is_taken_back_in_one_call(shop: Shop) -> None:
    shop.traffic()
    _leave(shop)
    result = shop.run("rollback", shop.alias, "-y")
    assert (result.exit_code, shop.route) == (0, OLD), result.stderr
    assert shop.run("status", shop.alias).rows[0]["state"] == "steady"


def test_after_a_promotion_the_version_before_is_known(shop: Shop) -> None:
    assert shop.shift("--all-at-once").exit_code == 0
    result = shop.run("rollback", shop.alias, "-y")
    assert (result.exit_code, shop.route) == (0, OLD), result.stderr
    assert result.rows == [{"alias": shop.alias, "version": "1", "was": "version 2"}]


def test_the_version_before_may_be_known_from_the_trail_alone(shop: Shop) -> None:
    shop.set_route("1")
    shop.set_route("3")
    result = shop.run("rollback", shop.alias, "-y")
    assert (result.exit_code, shop.route) == (0, OLD), result.stderr


def test_a_busy_account_does_not_hide_the_version_before(
    shop: Shop, make_shop: Callable[[], Shop]
) -> None:
    shop.set_route("1")
    shop.set_route("3")
    busy = make_shop()
    for number in range(60):  # more than a page of LookupEvents
        busy.set_route(str(number % 2 + 1))
    result = shop.run("rollback", shop.alias, "-y")
    assert (result.exit_code, shop.route) == (0, OLD), result.stderr


def test_without_record_and_trail_a_rollback_asks_for_the_version(shop: Shop) -> None:
    shop.set_route("2")
    unknown = shop.run("rollback", shop.alias, "-y")
    assert (unknown.exit_code, shop.route) == (5, NEW)
    assert "--to VERSION" in unknown.stderr
    assert shop.run("rollback", shop.alias, "--to", "1", "-y").exit_code == 0
    assert shop.route == OLD


def test_a_weight_that_nobody_recorded_is_foreign_and_can_be_taken_back(shop: Shop) -> None:
    shop.set_route("1", {"2": 0.25})
    [row] = shop.run("status", shop.alias).rows
    assert (row["state"], row["weight"], row["other_version"]) == ("foreign", 25.0, "2")
    assert shop.run("rollback", shop.alias, "-y").exit_code == 0
    assert shop.route == OLD


def _leave(shop: Shop) -> str:
    """Interrupt a shift at its first step and leave the weight there; the id of the run."""
    shop.clock.at[len(shop.clock.naps) + 2] = shop.clock.interrupt
    words = ("--canary", "10%/5m", "--poll", "30s")
    result = shop.shift(*words, tty=True, answers=["n"], width=300)
    assert result.exit_code == 130
    return str(shop.run("status", shop.alias).rows[0]["run"])


# -- a process that is really killed -----------------------------------------------------------


def _lines(stream: Any) -> Iterator[Mapping[str, Any]]:
    for line in stream:
        yield json.loads(line)


@pytest.mark.parametrize("passed", [0, 1] if SCALE == 1 else [0, 1, 2] * SCALE)
def test_a_killed_process_is_gone_on_with(
    shop: Shop, process: Callable[..., Any], passed: int
) -> None:
    shop.traffic()
    words = ("--steps", "10,30,60,100", "--every", "3s", "--poll", "1s")
    argv = ["lambda", "shift", shop.alias, "--to", "2", *words, "--min-invocations", "0", "-y"]
    running = process([*argv, "-p", "demo-dev"], shop.sandbox.environ)
    rows = _lines(running.stdout)
    for _ in range(passed):
        next(rows)
    while not shop.route[1]:
        assert running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert shop.route[1].keys() == {"2"}
    [row] = shop.run("status", shop.alias).rows
    assert row["state"] == "abandoned"
    control.advance(shop.sandbox.info, 60)
    result = shop.shift("--resume", row["run"], to="")
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr


# -- a rollback that is typed twice ------------------------------------------------------------


def test_a_second_rollback_does_not_lead_back_to_the_bad_version(shop: Shop) -> None:
    assert shop.shift("--all-at-once").exit_code == 0
    assert shop.run("rollback", shop.alias, "-y").exit_code == 0
    again = shop.run("rollback", shop.alias, "-y")
    assert (again.exit_code, shop.route) == (0, OLD), again.stderr
    assert "was taken back to version 1 already, from version 2 at" in again.stderr


def test_a_rollback_that_was_undone_can_be_made_again(shop: Shop) -> None:
    assert shop.shift("--all-at-once").exit_code == 0
    assert shop.run("rollback", shop.alias, "-y").exit_code == 0
    assert shop.run("rollback", shop.alias, "--to", "2", "-y").exit_code == 0
    assert shop.route == NEW
    assert shop.run("rollback", shop.alias, "-y").exit_code == 0
    assert shop.route == OLD


def test_a_second_rollback_does_not_go_past_the_version_that_is_well(shop: Shop) -> None:
    assert shop.shift("--all-at-once").exit_code == 0
    assert shop.shift("--all-at-once", to="3").exit_code == 0
    for _ in range(2):
        assert shop.run("rollback", shop.alias, "-y").exit_code == 0
        assert shop.route == NEW


def test_a_second_rollback_of_a_weight_leaves_the_version_alone(shop: Shop) -> None:
    assert shop.shift("--all-at-once").exit_code == 0
    shop.set_route("2", {"3": 0.1})
    for _ in range(2):
        assert shop.run("rollback", shop.alias, "-y").exit_code == 0
        assert shop.route == NEW


def test_after_a_breach_a_rollback_has_nothing_left_to_take_back(shop: Shop) -> None:
    assert shop.shift("--all-at-once").exit_code == 0
    shop.traffic(v3={"errors": 0.5})
    gate = ("--canary", "10%/5m", "--max-error-rate", "1%", "--min-invocations", "5")
    assert shop.shift(*gate, to="3").exit_code == 1
    result = shop.run("rollback", shop.alias, "-y")
    assert (result.exit_code, shop.route) == (0, NEW), result.stderr
    assert "from a shift to version 3" in result.stderr


@pytest.mark.parametrize("weights", [{}, {"3": 0.1}])
def test_what_a_colleague_has_taken_back_is_known_from_the_trail(
    shop: Shop, weights: dict[str, float]
) -> None:
    shop.set_route("1")
    shop.set_route("2", weights)
    there = "2" if weights else "1"
    shop.set_route(there)
    result = shop.run("rollback", shop.alias, "-y")
    assert (result.exit_code, shop.route) == (0, (there, {})), result.stderr
    assert "already, from version 2" in result.stderr


def test_a_release_after_a_rollback_can_be_taken_back(shop: Shop) -> None:
    assert shop.shift("--all-at-once").exit_code == 0
    assert shop.run("rollback", shop.alias, "-y").exit_code == 0
    assert shop.shift("--all-at-once", to="3").exit_code == 0
    result = shop.run("rollback", shop.alias, "-y")
    assert (result.exit_code, shop.route) == (0, OLD), result.stderr
