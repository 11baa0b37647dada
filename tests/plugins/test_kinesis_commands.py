"""What the kinesis commands say and do where only the sandbox can show it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from awsops_plugins.kinesis.streams import complete_streams

from awsops.sandbox import control
from awsops.testing import Result, Sandbox
from tests.plugins import test_kinesis_resharding as resharding
from tests.plugins.kinesis_place import Place

place = resharding.place


@pytest.fixture
def bad_day(awsops_sandbox: Sandbox) -> Iterator[Callable[[str], None]]:
    yield lambda spec: control.set_chaos(awsops_sandbox.info, spec)
    control.set_chaos(awsops_sandbox.info, "")


def test_the_demo_accounts_have_streams_to_look_at(awsops: Callable[..., Result]) -> None:
    rows = awsops(["kinesis", "ls", "-p", "demo-prod"]).rows
    known = {row["name"]: (row["mode"], row["open_shards"]) for row in rows}
    assert known["audit"] == ("on-demand", 4)
    assert known["clicks"] == ("provisioned", 5)


def test_streams_of_three_accounts_are_listed_at_once(awsops: Callable[..., Result]) -> None:
    rows = awsops(["kinesis", "ls", "clicks", "-p", "demo-*"]).rows
    assert sorted(row["profile"] for row in rows) == ["demo-dev", "demo-prod", "demo-staging"]


def test_the_key_space_is_drawn_on_a_terminal(awsops: Callable[..., Result]) -> None:
    result = awsops(["kinesis", "shards", "clicks", "-p", "demo-prod"], tty=True, width=100)
    assert "\u2588\u2588" in result.stderr
    assert "\u2592\u2592" in result.stderr
    assert "100%" in result.stderr


def test_in_a_plain_locale_it_is_drawn_in_ascii(awsops: Callable[..., Result]) -> None:
    words = ["kinesis", "shards", "clicks", "-p", "demo-prod"]
    result = awsops(words, tty=True, width=100, environ={"LANG": "C"})
    assert "##--" in result.stderr
    assert result.stderr.isascii()


def test_heat_comes_from_shard_metrics_where_they_are_on(awsops: Callable[..., Result]) -> None:
    result = awsops(["kinesis", "shards", "clicks", "--heat", "1d", "-p", "demo-prod"])
    assert "by shard-level metrics" in result.stderr
    assert "customer-042" in result.stderr
    hot = max(result.rows, key=lambda row: row["records_per_s"])
    assert hot["records_per_s"] > 2 * sorted(r["records_per_s"] for r in result.rows)[-2]
    assert all(row["throttles_per_s"] == 0 for row in result.rows)


def test_the_plan_tells_cost_quota_limits_and_time(place: Place) -> None:
    name = place.make(4)
    said = " ".join(place.run(["scale", name, "--to", "64", "--dry-run"], width=400).stderr.split())
    assert "4 to 64 open shards in 4 UpdateShardCount calls, about 12m" in said
    assert "+USD 657.00 a month" in said  # 60 shards x 730 h x USD 0.015
    assert "0 of 10 were made in the last 24 hours" in said
    assert re.search(r"\d+ of 20,000 shards open", said)
    assert "parent to its end before its children" in said
    assert "list prices of us-east-1" in said


def test_the_persons_own_price_takes_the_place_of_the_list_price(place: Place) -> None:
    name = place.make(1)
    config = place.home / ".config" / "awsops" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("[prices]\nkinesis_shard_hour = 0.1\n")
    said = " ".join(place.run(["split", name, "0", "--dry-run"], width=400).stderr.split())
    assert "+USD 73.00 a month" in said  # 1 shard x 730 h x USD 0.1
    assert "costs are config.toml and list prices of us-east-1" in said


def test_used_up_updates_are_counted_and_splits_take_over(place: Place) -> None:
    name = place.make(2)
    for number in range(10):
        place.client.update_shard_count(
            StreamName=name, TargetShardCount=3 + number % 2, ScalingType="UNIFORM_SCALING"
        )
        place.settle(name)
    before = place.map(name)
    refused = place.run(["scale", name, "--to", "6", "--engine", "update-shard-count", "-y"])
    assert refused.exit_code == 1
    assert "0 of 10 are left" in refused.stderr
    assert place.map(name) == before
    done = place.run(["scale", name, "--to", "6", "-y"])
    assert done.exit_code == 0, done.stderr
    assert "engine split-merge (it takes 1 UpdateShardCount call, 0 of 10 are left" in done.stderr
    assert len(place.map(name)) == 6


def test_a_stream_is_fitted_to_what_it_takes(place: Place) -> None:
    name = place.make(4)
    data = json.dumps({"x": "y" * 200_000})
    assert place.run(["put", name, "-y"], stdin=f"{data}\n" * 3).exit_code == 0
    result = place.run(["scale", name, "--fit", "60%", "-y"])
    assert result.exit_code == 0, result.stderr
    assert "the busiest 5 minutes of the last 24 hours took" in result.stderr
    assert len(place.map(name)) == 1


def test_a_stream_nobody_writes_to_has_nothing_to_fit(place: Place) -> None:
    name = place.make(2)
    result = place.run(["scale", name, "--fit", "60%"])
    assert result.exit_code == 1
    assert "CloudWatch has seen no writes" in result.stderr


@pytest.mark.parametrize("fit", ["0%", "101%", "much"])
def test_what_is_no_percentage_is_refused(place: Place, fit: str) -> None:
    assert place.run(["scale", "any", "--fit", fit]).exit_code == 2


def test_a_change_under_way_is_waited_for_and_said(place: Place) -> None:
    name = place.make(1, seconds=1.5)
    place.client.split_shard(
        StreamName=name, ShardToSplit=place.ids(name)[0], NewStartingHashKey=str(2**127)
    )
    result = place.run(["merge", name, "--at", str(2**127), "--dry-run"])
    assert result.exit_code == 0, result.stderr
    assert "is UPDATING: waiting until it is ACTIVE" in result.stderr


def test_a_stream_that_is_being_deleted_is_refused(place: Place) -> None:
    name = place.make(1, seconds=3)
    place.client.delete_stream(StreamName=name)
    place.made.remove(name)
    result = place.run(["split", name, "0", "-y"])
    assert result.exit_code == 1
    assert "is being deleted" in result.stderr


def test_a_stream_is_named_by_its_arn(place: Place) -> None:
    name = place.make(1)
    arn = place.settle(name)["StreamARN"]
    assert place.run(["shards", arn]).exit_code == 0
    other = place.run(["shards", arn.replace("eu-west-1", "us-east-1")])
    assert (other.exit_code, "add -r us-east-1" in other.stderr) == (2, True)
    foreign = place.run(["shards", arn.replace("111111111111", "222222222222")])
    assert (foreign.exit_code, "another account" in foreign.stderr) == (2, True)


def test_a_likely_name_is_suggested(awsops: Callable[..., Result]) -> None:
    result = awsops(["kinesis", "shards", "cliks", "-p", "demo-prod"])
    assert (result.exit_code, "did you mean clicks?" in result.stderr) == (5, True)


def test_a_bad_day_slows_a_run_and_does_not_end_it(
    place: Place, bad_day: Callable[[str], None]
) -> None:
    name = place.make(1)
    bad_day("throttle=0.2,error=0.1,lost=0.1,only=kinesis,seed=3")
    result = place.run(["split", name, "0", "--into", "4", "-y"])
    bad_day("")
    assert result.exit_code == 0, result.stderr
    assert len(place.map(name)) == 4


def test_a_full_shard_gets_its_records_in_the_end(place: Place) -> None:
    name = place.make(1)
    # A shard takes 1 MiB a second: one call has twice as much, however slow this machine is.
    text = "".join(f"record {number} {'x' * 4_200}\n" for number in range(550))
    result = place.run(["put", name, "-y"], stdin=text)
    assert result.exit_code == 0, result.stderr
    (row,) = result.rows
    assert (row["records"], row["failed"]) == (550, 0)
    assert row["retried"] > 0


def test_streams_are_completed_with_their_mode_and_state(place: Place) -> None:
    class Target:
        def client(self, service: str) -> object:
            assert service == "kinesis"
            return place.client

    details = {choice.value: choice.detail for choice in complete_streams(Target())}  # type: ignore[arg-type]
    assert details["clicks"] == "provisioned, active"
    assert details["audit"] == "on-demand, active"


def test_every_planned_step_says_how_it_is_undone(place: Place) -> None:
    name = place.uneven()
    rows = place.run(["balance", name, "--dry-run"]).rows
    assert len(rows) > 4
    assert all(row["undo"].startswith("awsops kinesis ") for row in rows)


def test_an_undo_that_was_cut_off_goes_on_where_nothing_is_left_to_merge(
    place: Place, awsops: Callable[..., Result]
) -> None:
    name = place.make(2)
    run = place.run(["split", name, "0", "--into", "4", "-y"]).rows[0]["run"]
    undone = awsops(["history", "undo", run, "-y"]).rows
    assert {row["status"] for row in undone} == {"undone"}
    again = awsops(["history", "undo", run, "-y"])
    assert {row["status"] for row in again.rows} == {"nothing to do"}
    assert "NothingThere" not in again.stderr  # it is no failure
    assert again.exit_code == 0, again.stderr
