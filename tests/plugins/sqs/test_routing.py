"""Where messages go, whatever dead-letter queue they lie in."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# Sources that are wired, that were and still exist, that were deleted, and none at all.
ORIGINS = ("wired-0", "wired-1", "wired-2", "unwired", "deleted", None)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    wired=st.integers(0, 3),
    origins=st.lists(st.sampled_from(ORIGINS), min_size=1, max_size=40),
    lanes=st.integers(1, 4),
    fixed=st.booleans(),
)
def test_each_message_goes_where_it_came_from_or_stays(
    new_sqs: Any, Run: Any, wired: int, origins: list[str | None], lanes: int, fixed: bool
) -> None:
    sqs = new_sqs()
    sqs.add_queue("dlq")
    for number in range(3):
        sqs.add_queue(f"wired-{number}", dlq="dlq" if number < wired else None)
    for name in ("unwired", "deleted", "triage"):
        sqs.add_queue(name)
    for number, origin in enumerate(origins):
        sqs.put("dlq", f"{origin} {number}", source=origin)
    del sqs.queues["deleted"]

    def goes_to(origin: str | None) -> str:
        if fixed:
            return "triage"
        if origin is None:  # the one source there is takes what names none
            return "wired-0" if wired == 1 else "dlq"
        return "dlq" if origin == "deleted" else origin

    run = Run(sqs, lanes=lanes, to="triage" if fixed else None)
    if not fixed and not wired and all(origin is None for origin in origins):
        return  # refused before the plan: nobody knows where to
    run("dlq")
    lies = {body: queue.name for queue in sqs.queues.values() for body in queue.bodies}
    assert lies == {f"{o} {n}": goes_to(o) for n, o in enumerate(origins)}
    assert sum(Counter(q.bodies).total() for q in sqs.queues.values()) == len(origins)
    assert sqs.hidden("dlq") == []
