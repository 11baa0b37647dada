from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from awsops_plugins.sqs.turns import GroupTurns


def test_a_later_turn_waits_only_for_earlier_ones_that_share_a_group() -> None:
    turns = GroupTurns()
    first, other, second = turns.enter("ab"), turns.enter("c"), turns.enter("bd")
    turns.wait(first)
    turns.wait(other)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(turns.wait, second)
        turns.leave(other, [])
        assert not waiting.done()
        turns.leave(first, [])
        waiting.result(timeout=60)


def test_a_group_that_an_earlier_turn_gave_back_is_broken_for_the_later_ones() -> None:
    turns = GroupTurns()
    first, second, unrelated = turns.enter("ab"), turns.enter("bc"), turns.enter("d")
    turns.leave(first, ["b"])
    assert (second.broken, unrelated.broken) == ({"b"}, set())


def test_turns_that_are_over_hold_nobody_up() -> None:
    turns = GroupTurns()
    for _ in range(3):
        turn = turns.enter("a")
        turns.wait(turn)
        turns.leave(turn, [])
    assert turns.enter("a").broken == set()
