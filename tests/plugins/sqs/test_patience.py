"""Long runs on bad days: slowed down, not ended, and ended when nothing works for minutes."""

from __future__ import annotations

from typing import Any

from awsops_plugins.sqs.patience import GIVE_UP_SECONDS


def seed(sqs: Any, count: int) -> None:
    sqs.add_queue("dlq")
    sqs.add_queue("orders", dlq="dlq")
    for number in range(count):
        sqs.put("dlq", f"body-{number}", source="orders")


def throttled_until(sqs: Any, moment: float, error: Any) -> Any:
    def fault(name: str, params: Any) -> BaseException | None:
        return error if name != "GetQueueAttributes" and sqs.clock.now < moment else None

    return fault


def test_two_minutes_of_throttles_slow_a_run_and_do_not_end_it(
    sqs: Any, Run: Any, service_error: Any
) -> None:
    seed(sqs, 40)
    run = Run(sqs)
    plan = run.plan("dlq")
    sqs.faults.append(throttled_until(sqs, sqs.clock.now + 120, service_error("RequestThrottled")))
    run("dlq", plan)
    assert run.error is None
    assert run.counts() == (40, 0, 0)
    assert any("turned away (RequestThrottled)" in note for note in run.notes)


def test_when_nothing_works_for_minutes_the_run_ends_with_the_reason_and_the_way_on(
    sqs: Any, Run: Any, service_error: Any
) -> None:
    seed(sqs, 5)
    run = Run(sqs)
    plan, began = run.plan("dlq"), sqs.clock.now
    error = service_error("ServiceUnavailable", status=503)
    sqs.faults.append(throttled_until(sqs, float("inf"), error))
    run("dlq", plan)
    assert run.error is error
    assert sqs.clock.now - began >= GIVE_UP_SECONDS
    assert any("--resume run-1" in note for note in run.notes)


def test_a_refusal_that_would_come_again_ends_the_run_at_once(
    sqs: Any, Run: Any, service_error: Any
) -> None:
    seed(sqs, 5)
    run = Run(sqs)
    plan, began = run.plan("dlq"), sqs.clock.now
    error = service_error("ExpiredToken", status=403)
    sqs.faults.append(throttled_until(sqs, float("inf"), error))
    run("dlq", plan)
    assert run.error is error
    assert sqs.clock.now - began < 5
    assert any("--resume run-1" in note for note in run.notes)


def test_a_delete_whose_handle_has_expired_waits_for_the_message_to_come_again(
    sqs: Any, Run: Any
) -> None:
    seed(sqs, 1)
    refused: list[str] = []

    def expired(operation: str, entry: dict[str, Any]) -> dict[str, Any] | None:
        if operation == "DeleteMessageBatch" and entry["ReceiptHandle"] == (
            refused[0] if refused else entry["ReceiptHandle"]
        ):
            refused[:] = [entry["ReceiptHandle"]]
            return {"SenderFault": True, "Code": "ReceiptHandleIsInvalid"}
        return None

    sqs.entry_faults.append(expired)
    run = Run(sqs)("dlq")
    assert run.error is None
    assert run.counts() == (1, 0, 0)
    assert sqs.queues["orders"].bodies == ["body-0"]


def test_what_could_not_be_given_back_at_once_is_tried_again(
    sqs: Any, Run: Any, service_error: Any
) -> None:
    seed(sqs, 3)
    failures = [service_error("InternalError", status=500)] * 2

    def fault(name: str, params: Any) -> BaseException | None:
        hides = name == "ChangeMessageVisibilityBatch"
        return failures.pop() if hides and failures else None

    from awsops_plugins.sqs.terms import Terms

    run = Run(sqs, terms=Terms(selects=lambda message: False))
    plan = run.plan("dlq")
    sqs.faults.append(fault)
    run("dlq", plan)
    assert run.counts() == (0, 3, 0)
    assert sqs.hidden("dlq") == []
    assert not failures
