"""`kinesis split`, `merge`, `scale`, `balance` and `mode` through the front door.

tests/peers/test_kinesis_local.py runs these on a Kinesis that is not ours.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins.kinesis.keyspace import KEYS, hash_of

from awsops.testing import Result, Sandbox
from tests.plugins.kinesis_place import Place, assert_even, widths

DEV = ("-p", "demo-dev", "-r", "eu-west-1")
SCALE = int(os.environ.get("AWSOPS_TEST_SCALE", "1"))


@pytest.fixture
def place(
    awsops: Callable[..., Result],
    awsops_sandbox: Sandbox,
    process: Callable[..., Any],
    tmp_path: Path,
) -> Iterator[Place]:
    import botocore.session
    from botocore.config import Config

    from awsops.sandbox.accounts import ACCOUNTS

    account = ACCOUNTS[0]
    client = botocore.session.Session(profile=None).create_client(
        "kinesis",
        region_name="eu-west-1",
        endpoint_url=awsops_sandbox.endpoint,
        aws_access_key_id=account.access_key,
        aws_secret_access_key=account.secret,
        config=Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 8}),
    )
    made = Place(
        client,
        lambda argv, **options: awsops(["kinesis", *argv, *DEV], **options),
        lambda argv: process(["kinesis", *argv, *DEV], awsops_sandbox.environ),
        tmp_path,
    )
    yield made
    made.clean()
    client.close()


def test_a_shard_is_split_in_half(place: Place) -> None:
    name = place.make(1)
    result = place.run(["split", name, place.ids(name)[0], "-y"])
    assert result.exit_code == 0, result.stderr
    assert widths(place.map(name)) == [2**127, 2**127]
    (row,) = result.rows
    assert (row["before"], row["open_shards"], row["steps"]) == (1, 2, 1)


def test_a_shard_is_split_at_a_hash_key(place: Place) -> None:
    name = place.make(2)
    upper = place.map(name).starts[1]
    result = place.run(["split", name, "--at", "1000000", "-y"])
    assert result.exit_code == 0, result.stderr
    assert place.map(name).starts == [0, 1_000_000, upper]


def test_a_shard_is_split_into_five_equal_parts(place: Place) -> None:
    name = place.make(1)
    result = place.run(["split", name, "0", "--into", "5", "-y"])
    assert result.exit_code == 0, result.stderr
    found = widths(place.map(name))
    assert len(found) == 5
    assert max(found) - min(found) <= 1


def test_a_hot_partition_key_gets_a_shard_of_its_own(place: Place) -> None:
    name = place.make(2)
    result = place.run(["split", name, "--isolate", "customer-042", "-y"])
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["steps"] == 2
    assert place.map(name).range_of(hash_of("customer-042")).width <= 6
    put = place.client.put_record(StreamName=name, PartitionKey="customer-042", Data=b"x")
    home = next(s for s in place.opened(name) if s["ShardId"] == put["ShardId"])
    assert int(home["HashKeyRange"]["EndingHashKey"]) >= hash_of("customer-042")


def test_two_neighbours_are_merged_in_any_order(place: Place) -> None:
    name = place.make(3)
    first, second, _ = place.ids(name)
    result = place.run(["merge", name, second, first, "-y"])
    assert result.exit_code == 0, result.stderr
    assert len(place.map(name)) == 2


def test_what_the_plan_says_undoes_it_does(place: Place) -> None:
    name = place.make(2)
    before = place.map(name)
    planned = place.run(["split", name, "0", "--dry-run"])
    assert place.run(["split", name, "0", "-y"]).exit_code == 0
    undo = planned.rows[0]["undo"].split()[2:-4]  # without the target, which `run` adds
    assert place.run([*undo, "-y"]).exit_code == 0
    assert place.map(name) == before


def test_a_dry_run_shows_exact_ranges_and_changes_nothing(place: Place) -> None:
    name = place.make(1)
    result = place.run(["split", name, "0", "--dry-run"])
    (row,) = result.rows
    assert row["before"] == f"0 to {KEYS - 1}"
    assert row["after"] == f"0 to {2**127 - 1}, {2**127} to {KEYS - 1}"
    assert len(place.map(name)) == 1


def test_a_split_is_undone_by_merging_where_it_was_made(place: Place) -> None:
    name = place.make(2)
    before = place.map(name)
    assert place.run(["split", name, "--at", "77777", "-y"]).exit_code == 0
    assert place.run(["merge", name, "--at", "77777", "-y"]).exit_code == 0
    assert place.map(name) == before


def test_merging_where_nothing_meets_names_the_nearest_boundary(place: Place) -> None:
    name = place.make(2)
    bound = place.map(name).starts[1]
    result = place.run(["merge", name, "--at", "12345"])
    assert result.exit_code == 2, result.stderr
    assert f"the nearest where two do is {bound}" in result.stderr
    assert f"hint: awsops kinesis merge {name} --at {bound}" in result.stderr
    assert len(place.map(name)) == 2


def test_a_slip_of_a_digit_is_told_both_boundaries_around_it(place: Place) -> None:
    name = place.make(3)
    low, high = place.map(name).starts[1:]
    result = place.run(["merge", name, "--at", str(high - 1)])
    assert f"the nearest where two do are {low} and {high}" in result.stderr
    assert f"merge {name} --at {high}" in result.stderr


@pytest.mark.parametrize(("shards", "key"), [(1, "12345"), (2, "0")])
def test_where_no_boundary_can_be_the_message_says_why(place: Place, shards: int, key: str) -> None:
    name = place.make(shards)
    result = place.run(["merge", name, "--at", key])
    assert result.exit_code == 2, result.stderr
    why = {"0": "the key space begins there", "12345": f"{name} has one open shard"}[key]
    assert why in result.stderr


def test_scaling_doubles_by_updating_the_count(place: Place) -> None:
    name = place.make(2)
    result = place.run(["scale", name, "--to", "8", "-y"])
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["steps"] == 2
    assert_even(place.map(name), 8)


def test_scaling_by_splits_ends_in_the_same_map(place: Place) -> None:
    name = place.make(2)
    result = place.run(["scale", name, "--by", "2x", "--engine", "split-merge", "-y"])
    assert result.exit_code == 0, result.stderr
    assert_even(place.map(name), 4)


def test_scaling_down_by_merges(place: Place) -> None:
    name = place.make(4)
    result = place.run(["scale", name, "--by", "-50%", "--engine", "split-merge", "-y"])
    assert result.exit_code == 0, result.stderr
    assert_even(place.map(name), 2)


def test_an_uneven_stream_is_balanced_to_one_hash_key(place: Place) -> None:
    name = place.uneven()
    result = place.run(["balance", name, "--exact", "-y"])
    assert result.exit_code == 0, result.stderr
    found = widths(place.map(name))
    assert len(found) == 6
    assert max(found) - min(found) <= 1


def test_a_balanced_stream_has_nothing_to_balance(place: Place) -> None:
    name = place.make(3)
    result = place.run(["balance", name])
    assert (result.exit_code, result.rows[0]["steps"]) == (0, 0), result.stderr


def test_the_capacity_mode_is_switched(place: Place) -> None:
    name = place.make(1)
    result = place.run(["mode", name, "on-demand", "-y"])
    assert (result.exit_code, result.rows[0]["mode"]) == (0, "on-demand"), result.stderr


def test_an_on_demand_stream_is_explained_and_left_alone(place: Place) -> None:
    name = place.make(1)
    place.run(["mode", name, "on-demand", "-y"])
    before = place.map(name)
    result = place.run(["split", name, "0", "-y"])
    assert result.exit_code == 2
    assert "on demand" in result.stderr
    # With its target: typed as it stands, it changes no stream of another account.
    assert f"awsops kinesis mode {name} provisioned -p " in result.stderr
    assert place.map(name) == before


@pytest.mark.parametrize("verb", ["split", "merge", "scale", "balance", "shards"])
def test_an_unknown_stream_is_not_found(place: Place, verb: str) -> None:
    words = {"split": ["0"], "merge": ["0", "1"], "scale": ["--to", "2"]}.get(verb, [])
    result = place.run([verb, "no-such-stream", *words])
    assert result.exit_code == 5
    assert "no stream named no-such-stream" in result.stderr


def test_a_closed_shard_is_refused_and_its_children_named(place: Place) -> None:
    name = place.make(1)
    assert place.run(["split", name, "0", "-y"]).exit_code == 0
    result = place.run(["split", name, "0", "-y"])
    assert result.exit_code == 2
    children = place.ids(name)
    assert f"it became {children[0]} and {children[1]}" in result.stderr


def test_an_unknown_shard_is_not_found(place: Place) -> None:
    name = place.make(1)
    result = place.run(["split", name, "77", "-y"])
    assert result.exit_code == 5


@pytest.mark.parametrize("key", [str(2**127), str(KEYS - 1)])
def test_a_hash_key_outside_of_the_shard_is_refused(place: Place, key: str) -> None:
    name = place.make(2)
    result = place.run(["split", name, "0", "--at", key, "-y"])
    assert result.exit_code == 2
    assert "does not cut the range" in result.stderr
    assert len(place.map(name)) == 2


@pytest.mark.parametrize("key", ["-1", str(KEYS), "12ab", ""])
def test_what_is_no_hash_key_is_refused(place: Place, key: str) -> None:
    name = place.make(1)
    result = place.run(["split", name, f"--at={key}", "-y"])
    assert result.exit_code == 2
    assert len(place.map(name)) == 1


def test_shards_that_are_no_neighbours_are_not_merged(place: Place) -> None:
    name = place.make(3)
    ids = place.ids(name)
    result = place.run(["merge", name, ids[0], ids[2], "-y"])
    assert result.exit_code == 2
    assert f"beside {ids[0]} lies {ids[1]}" in result.stderr
    assert place.ids(name) == ids


@pytest.mark.parametrize("count", ["0", "10001"])
def test_a_count_that_no_stream_has_is_refused(place: Place, count: str) -> None:
    name = place.make(1)
    assert place.run(["scale", name, "--to", count, "-y"]).exit_code == 2
    assert place.run(["split", name, "0", "--into", count, "-y"]).exit_code == 2
    assert place.run(["scale", name, "--by", f"+{count}", "--dry-run"]).exit_code in (0, 2)
    assert len(place.map(name)) == 1


def test_two_ways_to_split_at_once_are_refused(place: Place) -> None:
    result = place.run(["split", "any", "0", "--at", "5", "--into", "3"])
    assert result.exit_code == 2
    assert "--at and --into are different ways" in result.stderr


def test_a_stream_that_is_being_changed_is_waited_for(place: Place) -> None:
    name = place.make(2, seconds=0.6)
    place.client.split_shard(
        StreamName=name, ShardToSplit=place.ids(name)[1], NewStartingHashKey=str(2**127 + 2**126)
    )
    result = place.run(["split", name, "0", "-y"])
    assert result.exit_code == 0, result.stderr
    assert len(place.map(name)) == 4


def test_somebody_elses_split_stops_the_run(place: Place) -> None:
    name = place.make(1, seconds=0.3)
    child = place.spawn(["split", name, "0", "--into", "12", "-y"])
    _await_step(child)
    child.send_signal(signal.SIGSTOP)
    time.sleep(0.3)  # a call that it had sent has arrived by then
    place.settle(name)
    widest = max(place.map(name).ranges(), key=lambda each: each.width)
    shard = place.client.list_shards(StreamName=name)["Shards"]
    (whole,) = [s["ShardId"] for s in shard if s in place.opened(name) and _starts(s, widest.start)]
    place.split(name, whole, widest.start + widest.width // 7)
    foreign = place.map(name)
    child.send_signal(signal.SIGCONT)
    said = child.stderr.read()
    assert child.wait() == 1
    assert "ForeignChange: somebody else changed the shards" in said
    place.settle(name)
    assert len(place.map(name)) - len(foreign) in (0, 1)  # one that was on its way at most


def _starts(shard: dict[str, Any], key: int) -> bool:
    return int(shard["HashKeyRange"]["StartingHashKey"]) == key


def _await_step(child: Any) -> None:
    for line in child.stderr:
        if "] split s-" in line:
            return
    raise AssertionError("the run ended before its first step")


def _killed_in_a_split(place: Place) -> str:
    """A stream whose split into six was killed after its first step."""
    name = place.make(1, seconds=0.3)
    child = place.spawn(["split", name, "0", "--into", "6", "-y"])
    _await_step(child)
    child.kill()
    child.wait()
    place.settle(name)
    return name


def test_a_resumed_run_refuses_what_somebody_else_made_of_the_stream(place: Place) -> None:
    name = _killed_in_a_split(place)
    place.split(name, place.ids(name)[-1], KEYS - 1000)
    before = place.map(name)
    result = place.run(["split", name, "--resume", _run_of(place), "-y"])
    assert result.exit_code == 1
    assert "ForeignChange" in result.stderr
    assert place.map(name) == before


def test_a_resumed_run_does_not_do_again_what_somebody_has_taken_back(place: Place) -> None:
    name = _killed_in_a_split(place)
    while len(shards := place.ids(name)) > 1:
        first, second = shards[:2]
        place.client.merge_shards(StreamName=name, ShardToMerge=first, AdjacentShardToMerge=second)
        place.settle(name)
    result = place.run(["split", name, "--resume", _run_of(place), "-y"])
    assert (result.exit_code, len(place.map(name))) == (1, 1)
    assert "ForeignChange" in result.stderr


def test_a_stream_deleted_meanwhile_ends_the_run(place: Place) -> None:
    name = place.make(1, seconds=0.3)
    child = place.spawn(["split", name, "0", "--into", "6", "-y"])
    _await_step(child)
    child.send_signal(signal.SIGSTOP)
    time.sleep(0.3)  # a call that it had sent has arrived by then
    place.settle(name)
    place.client.delete_stream(StreamName=name)
    place.made.remove(name)
    child.send_signal(signal.SIGCONT)
    said = child.stderr.read()
    assert child.wait() in (1, 5)
    assert "delet" in said.lower()


def test_killed_after_every_few_steps_and_resumed_it_ends_in_the_same_map(place: Place) -> None:
    name, twin = place.uneven(), place.uneven()
    words, run_id, kills = ["--to", "8", "--engine", "split-merge"], "", 0
    assert place.run(["balance", twin, *words, "-y"]).exit_code == 0
    while True:
        child = place.spawn(["balance", name, *words, "-y"])
        if not _kill_after(child, steps=max(2 // SCALE, 1)):
            break
        kills += 1
        place.settle(name)
        if not _records(place):
            break  # killed after its last step
        run_id = run_id or _run_of(place)
        words = ["--resume", run_id]
    assert kills >= 1
    assert place.map(name) == place.map(twin)


def _kill_after(child: Any, *, steps: int) -> bool:
    """Kill -9 once so many steps were told of; False when the run ended before."""
    seen = 0
    for line in child.stderr:
        seen += " split s-" in line or " merge s-" in line or "update-shard-count s-" in line
        if seen >= steps and "] " in line:
            child.kill()
            child.wait()
            return True
    assert child.wait() == 0
    return False


def _records(place: Place) -> list[Path]:
    return list((place.home / ".local/state/awsops/kinesis").glob("*.ndjson"))


def _run_of(place: Place) -> str:
    (record,) = _records(place)
    return record.name.split(".")[0]


def test_an_interrupted_run_says_how_to_go_on_and_goes_on(place: Place) -> None:
    name = place.make(1, seconds=0.3)
    child = place.spawn(["split", name, "0", "--into", "6", "-y"])
    _await_step(child)
    child.send_signal(signal.SIGINT)
    said = child.stderr.read()
    assert child.wait() == 130
    assert "to go on: awsops kinesis split" in said
    run_id = said.split("--resume ")[1].split()[0]
    place.settle(name)
    assert 1 < len(place.map(name)) < 6
    again = place.spawn(["split", name, "--resume", run_id, "-y"])
    again.communicate()
    assert again.returncode == 0
    assert len(place.map(name)) == 6


def test_resuming_an_unknown_run_is_not_found(place: Place) -> None:
    name = place.make(1)
    assert place.run(["split", name, "--resume", "20260101-000000-abcd"]).exit_code == 5


def test_resuming_takes_no_other_wishes(place: Place) -> None:
    result = place.run(["scale", "any", "--to", "4", "--resume", "x"])
    assert result.exit_code == 2
    assert "leave out --to" in result.stderr
