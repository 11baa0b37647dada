"""Live Tail against the sandbox's Logs in this process: nothing is lost around its sessions."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from awsops_plugins.logs.live_tail import LiveTail, Once, identifiers
from awsops_plugins.logs.tailing import Follower, Seen
from botocore.eventstream import ChecksumMismatch
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from tests.plugins.logs_place import ACCOUNT, ARN, GROUP, REGION, START, LocalLogs, ServiceError

NAMED = [{"logGroupArn": ARN, "logGroupName": GROUP}]


class Sessions(LocalLogs):
    """Live Tail as a client sees it: an update a second; `happens[second]` comes in meanwhile.

    A session ends after `lengths` updates, one number for each session; `refuse` are the errors
    of the next starts.
    """

    def __init__(self, lengths: list[int], happens: dict[int, list[tuple[float, str]]]) -> None:
        super().__init__()
        self._lengths = iter(lengths)
        self._happens = dict(happens)
        self.refuse: list[str] = []
        self.sampled = False
        self.ends_with: Exception = ServiceError("SessionTimeoutException", "Session timed out")
        self.over = False

    def sleep(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds))):
            self.tick()

    def tick(self) -> None:
        """A second passes."""
        self.now += 1
        for second in [s for s in self._happens if s <= self.now - START]:
            self.put(*((START + at, text) for at, text in self._happens.pop(second)))

    def start_live_tail(self, **params: Any) -> Any:
        self.calls.append("StartLiveTail")
        if self.refuse:
            raise ServiceError(self.refuse.pop(0), "no")
        length = next(self._lengths, None)
        if length is None:
            self.over = True
            length = 1
        return {"responseStream": _Stream(self._messages(length))}

    def _messages(self, length: int) -> Iterator[dict[str, Any]]:
        group = self.service.of(ACCOUNT, REGION).group(GROUP)
        seen = {event.id for event in group.events}
        yield {"sessionStart": {}}
        for _ in range(length):
            self.tick()
            fresh = [event for event in group.events if event.id not in seen]
            seen |= {event.id for event in fresh}
            yield {
                "sessionUpdate": {
                    "sessionMetadata": {"sampled": self.sampled},
                    "sessionResults": [
                        {
                            "logGroupIdentifier": f"{ACCOUNT}:{GROUP}",
                            "logStreamName": event.stream,
                            "timestamp": event.timestamp,
                            "ingestionTime": event.ingested,
                            "message": event.message,
                        }
                        for event in (fresh[::2] if self.sampled else fresh)
                    ],
                }
            }
        raise self.ends_with


class _Stream:
    def __init__(self, messages: Iterator[dict[str, Any]]) -> None:
        self._messages = messages

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._messages

    def close(self) -> None:
        pass


def followed(logs: Sessions, since: float = 0, *, until_sampled: bool = False) -> list[Seen | str]:
    """What a live tail shows until there are no more sessions."""
    follower = Follower(
        logs,
        ARN,
        GROUP,
        int((START + since) * 1000),
        None,
        sleep=logs.sleep,
        clock=lambda: logs.now,
        stopped=lambda: logs.over,
        since_arrival=START * 1000,
    )
    with ThreadPoolExecutor(1) as pool:
        live = LiveTail(
            logs,
            [ARN],
            identifiers(NAMED, {ARN: GROUP}),
            None,
            [follower],
            Once(),
            pool,
            sleep=logs.sleep,
            clock=lambda: logs.now,
            stopped=lambda: logs.over,
            until_sampled=until_sampled,
        )
        return list(live.run())


def texts(shown: list[Seen | str]) -> list[str]:
    return [event.message for event in shown if isinstance(event, Seen)]


def remarks(shown: list[Seen | str]) -> list[str]:
    return [remark for remark in shown if isinstance(remark, str)]


def test_what_came_before_the_first_session_is_shown_first() -> None:
    logs = Sessions([3], {2: [(2, "now")]})
    logs.put((START - 30, "before"))
    assert texts(followed(logs, since=-60)) == ["before", "now"]


def test_what_comes_in_between_two_sessions_is_shown_once() -> None:
    gap = 6  # the first session has ended at 5, the second begins at 6
    logs = Sessions([5, 5], {3: [(3, "first")], gap: [(5.5, "gap")], 8: [(8, "second")]})
    shown = followed(logs)
    assert texts(shown) == ["first", "gap", "second"]
    assert any("a new one goes on" in remark for remark in remarks(shown))


@pytest.mark.parametrize(
    "error",
    [
        ProtocolError("Response ended prematurely"),
        ReadTimeoutError(None, "", "Read timed out."),  # type: ignore[arg-type]
        ConnectionResetError(),
        ChecksumMismatch(1, 2),
    ],
)
def test_a_connection_that_breaks_loses_and_repeats_nothing(error: Exception) -> None:
    logs = Sessions([5, 5], {3: [(3, "first")], 6: [(5.5, "gap")], 8: [(8, "second")]})
    logs.ends_with = error
    assert texts(followed(logs)) == ["first", "gap", "second"]


def test_two_equal_lines_of_one_millisecond_are_two() -> None:
    logs = Sessions([4, 4], {2: [(2, "same"), (2, "same")], 6: [(2, "same")]})
    assert texts(followed(logs)) == ["same"] * 3


def test_an_event_dated_five_minutes_back_is_shown() -> None:
    logs = Sessions([3, 3], {2: [(2, "now")], 4: [(-298, "from a slow clock")]})
    assert sorted(texts(followed(logs))) == ["from a slow clock", "now"]


def test_a_throttled_start_waits_and_loses_nothing() -> None:
    logs = Sessions([4], {1: [(1, "while it waits")], 9: [(9, "then")]})
    logs.refuse = ["ThrottlingException"] * 3
    assert "while it waits" in texts(followed(logs))


def test_sampling_is_said_once() -> None:
    logs = Sessions([4, 4], {})
    logs.sampled = True
    assert sum("a sample" in remark for remark in remarks(followed(logs))) == 1


def test_a_tail_that_may_poll_leaves_a_sampled_session() -> None:
    logs = Sessions([4, 4], {})
    logs.sampled = True
    followed(logs, until_sampled=True)
    assert logs.calls.count("StartLiveTail") == 1


def test_a_refused_session_is_an_error() -> None:
    logs = Sessions([4], {})
    logs.refuse = ["AccessDeniedException"]
    with pytest.raises(ServiceError):
        followed(logs)


def test_without_the_right_to_look_back_the_session_goes_on_and_it_is_said() -> None:
    logs = Sessions([3], {2: [(2, "now")]})
    real: Callable[..., Any] = logs.service.answer

    def answer(operation: str, *rest: Any) -> Any:
        if operation == "FilterLogEvents":
            raise ServiceError("AccessDeniedException", "no")
        return real(operation, *rest)

    logs.service.answer = answer  # type: ignore[method-assign]
    shown = followed(logs)
    assert texts(shown) == ["now"]
    assert any("not allowed" in remark for remark in remarks(shown))


_EVENT = st.tuples(st.integers(1, 60), st.integers(0, 100), st.sampled_from("abc"))


@settings(max_examples=60, deadline=None)
@given(events=st.lists(_EVENT, max_size=25), lengths=st.lists(st.integers(1, 20), max_size=5))
def test_whatever_comes_in_around_sessions_is_shown_exactly_once(
    events: list[tuple[int, int, str]], lengths: list[int]
) -> None:
    happens: dict[int, list[tuple[float, str]]] = {}
    for second, late, text in events:
        happens.setdefault(second, []).append((second - late, text))
    # Sessions long enough that all has come in, and been looked back for, before the last ends.
    logs = Sessions([*lengths, 70, 5], happens)
    assert Counter(texts(followed(logs))) == Counter(text for _, _, text in events)


@given(ways=st.lists(st.sampled_from(["polled", "streamed"]), max_size=30))
def test_an_event_is_let_through_as_often_as_one_way_gave_it(ways: list[str]) -> None:
    once = Once()
    event = Seen(START * 1000, GROUP, "s", "text", START * 1000)
    let_through = sum(
        once.polled(event) if way == "polled" else once.streamed(event) for way in ways
    )
    assert let_through == max((ways.count(way) for way in ("polled", "streamed")), default=0)


def test_what_is_long_past_is_forgotten() -> None:
    once = Once()
    for number in itertools.count(0, 100):
        at = START * 1000 + number
        once.streamed(Seen(at, GROUP, "s", str(number), at))
        if number >= 3_000_000:
            break
    assert len(once._counts) < 15_000
