"""What a worker yields reaches the main thread whole, in order, and never more than may wait."""

from __future__ import annotations

import queue
import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from awsops.running.mailbox import Mailbox


@settings(max_examples=20)
@given(count=st.integers(1, 3_000), limit=st.integers(1, 200))
def test_nothing_is_lost_and_the_order_is_kept(count: int, limit: int) -> None:
    wakeups: queue.SimpleQueue[None] = queue.SimpleQueue()
    mailbox = Mailbox(lambda: wakeups.put(None), limit)

    def work() -> None:
        for number in range(count):
            mailbox.put("row", number)
        mailbox.put("done")

    worker = threading.Thread(target=work)
    worker.start()
    taken: list[object] = []
    while None not in taken[-1:]:
        wakeups.get(timeout=30)  # a wake-up that is missing fails here
        bunch = [value for _, value in mailbox.take()]
        assert len(bunch) <= limit
        taken += bunch
    worker.join()
    assert taken == [*range(count), None]


def test_a_worker_wakes_once_for_what_waits() -> None:
    woken: list[None] = []
    mailbox = Mailbox(lambda: woken.append(None), 10)
    for number in range(5):
        mailbox.put("row", number)
    assert len(woken) == 1
    assert [value for _, value in mailbox.take()] == [0, 1, 2, 3, 4]
    mailbox.put("row", 5)
    assert len(woken) == 2
