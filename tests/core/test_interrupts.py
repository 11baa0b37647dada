"""The first signal asks, the second insists, and in between Python's own handler is back."""

from __future__ import annotations

import signal
import threading

import pytest

from awsops.interrupts import Interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_the_first_signal_is_a_call_and_the_second_an_exception(number: signal.Signals) -> None:
    interrupts, seen = Interrupts(threading.Event()), []
    with interrupts.watching(lambda: seen.append(1)):
        signal.raise_signal(number)
        assert (seen, interrupts.interrupted) == ([1], True)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert seen == [1]


def test_a_signal_in_a_later_watch_is_the_second_when_one_came_before() -> None:
    interrupts = Interrupts(threading.Event())
    with interrupts.watching(lambda: None):
        signal.raise_signal(signal.SIGINT)
    with interrupts.watching(lambda: None), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_the_handlers_of_before_come_back() -> None:
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    with Interrupts(threading.Event()).watching(lambda: None):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


def test_off_the_main_thread_signals_are_left_alone() -> None:
    handlers = []

    def watch() -> None:
        with Interrupts(threading.Event()).watching(lambda: None):
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=watch)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGINT)]
