"""The small things that lanes share: hands, budget, emptiness, guard, record."""

from __future__ import annotations

from awsops_plugins.sqs.budget import LOOK_SECONDS, Budget
from awsops_plugins.sqs.guard import LoopGuard
from awsops_plugins.sqs.hands import LEASE, LONGEST_LEASE, Hands
from awsops_plugins.sqs.messages import Message
from awsops_plugins.sqs.record import REMEMBERED, MemoryRecord
from awsops_plugins.sqs.tally import EMPTY_POLLS, Emptiness


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def message(name: str, handle: str = "h1", sent: float = 0) -> Message:
    return Message(name, handle, "body", {}, {"SentTimestamp": str(int(sent * 1000))})


def test_a_message_delivered_twice_is_worked_on_once_with_its_newest_handle() -> None:
    hands = Hands()
    assert [m.id for m in hands.take([message("a", "old")])] == ["a"]
    assert hands.take([message("a", "new")]) == []
    assert hands.handles(["a"]) == {"a": "new"}


def test_what_is_delivered_again_during_its_delete_is_still_held() -> None:
    hands = Hands()
    hands.take([message("a", "old"), message("b", "old")])
    hands.take([message("a", "new")])
    assert hands.settled_by({"a": "old", "b": "old"}) == ["b"]
    assert hands.drop_deleted({"a": "old", "b": "old"}) == ["b"]
    assert hands.handles(["a", "b"]) == {"a": "new"}


def test_an_owed_message_that_comes_back_is_handed_out_again_and_claimed_once() -> None:
    hands = Hands()
    hands.take([message("a", "old")])
    hands.owe(["a"], 0.0)
    assert [m.id for m in hands.take([message("a", "new")])] == ["a"]
    assert (hands.claim("a"), hands.claim("a")) == (True, False)


def test_a_parked_message_is_renewed_for_longer_and_longer() -> None:
    hands, now, lengths = Hands(), 0.0, []
    hands.take([message("a")])
    hands.park("a", now)
    for _ in range(5):
        assert hands.renewals(now) == (0, [])
        now += (lengths[-1] if lengths else LEASE) / 2
        seconds, due = hands.renewals(now)
        assert due == ["a"]
        lengths.append(seconds)
    assert lengths == [120, 240, 480, 900, 900]
    assert max(lengths) == LONGEST_LEASE


def test_what_was_given_back_is_not_renewed() -> None:
    hands = Hands()
    hands.take([message("a")])
    hands.park("a", 0)
    hands.drop(["a"])
    assert hands.renewals(10_000) == (0, [])


def test_a_budget_is_never_overdrawn_and_what_comes_back_is_used() -> None:
    budget = Budget(15, Clock())
    first, second, third = (budget.reserve(10) for _ in range(3))
    assert (first.count, second.count, third.count) == (10, 5, 0)
    assert all(budget.admits(name, first) for name in "abcdefghij")
    budget.give_back(first, copied="abcdefg", doubtful=[])
    assert budget.reserve(10).count == 3


def test_a_message_that_may_have_arrived_keeps_its_place_and_no_other_takes_it() -> None:
    budget = Budget(1, Clock())
    permit = budget.reserve(10)
    assert budget.admits("a", permit)
    budget.give_back(permit, copied=[], doubtful=["a"])
    looking = budget.reserve(10)
    assert (budget.admits("b", looking), budget.admits("a", looking)) == (False, True)


def test_what_may_have_arrived_is_looked_for_until_it_comes_or_a_minute_is_over() -> None:
    clock = Clock()
    budget = Budget(0, clock, begun=["a", "b"])
    assert budget.reserve(10).count == 10
    clock.now += LOOK_SECONDS
    assert budget.reserve(10).count == 0
    found = Budget(0, Clock(), begun=["a"])
    found.settle(["a"])
    assert found.reserve(10).count == 0


def test_emptiness_needs_every_lane_several_times_in_a_row() -> None:
    emptiness = Emptiness(2)
    for _ in range(EMPTY_POLLS):
        emptiness.report(0, empty=True)
    assert not emptiness.believed
    for _ in range(EMPTY_POLLS - 1):
        emptiness.report(1, empty=True)
    emptiness.report(1, empty=False)
    assert not emptiness.believed
    emptiness.leave(1)
    assert emptiness.believed


def test_the_guard_lets_through_what_was_sent_within_the_second_that_the_run_began_in() -> None:
    guard = LoopGuard(100.0)
    assert not guard.is_late(message("a", sent=100.9))
    assert guard.is_late(message("a", sent=101.0))


def test_the_guard_knows_copies_sent_within_that_second_by_their_ids() -> None:
    guard = LoopGuard(100.0)
    guard.add_copies(["copy"], 100.0)
    assert guard.is_late(message("copy", sent=100.5))


def test_the_guard_stops_collecting_ids_when_times_tell_copies_apart() -> None:
    guard = LoopGuard(100.0)
    assert guard.wants_copies
    guard.add_copies(["late"], 110.0)
    assert not guard.wants_copies


def test_a_record_tells_the_sent_from_the_deleted() -> None:
    record = MemoryRecord()
    record.add_sending(["a", "b", "c"])
    record.add_answered(["a", "b"], ["c"])
    assert record.add_deleted(["a"]) == 1
    assert record.add_deleted(["a"]) == 0
    assert (record.was_sent("a"), record.was_sent("b"), record.was_sent("c")) == (
        False,
        True,
        False,
    )
    assert (record.was_deleted("a"), record.was_deleted("b")) == (True, False)
    assert record.doubtful == 0


def test_a_send_without_an_answer_stays_doubtful_even_when_it_is_sent_again() -> None:
    record = MemoryRecord()
    record.add_sending(["a"])
    assert record.doubtful == 1
    record.add_sending(["a"])
    record.add_answered(["a"], [])
    assert record.doubtful == 1


def test_a_record_in_memory_does_not_grow_with_the_run() -> None:
    record = MemoryRecord()
    count = 2 * REMEMBERED + 500
    for number in range(count):
        record.add_sending([str(number)])
        record.add_answered([str(number)], [])
        record.add_deleted([str(number)])
    assert not record.was_deleted("0")
    assert all(record.was_deleted(str(number)) for number in range(count - REMEMBERED, count))
