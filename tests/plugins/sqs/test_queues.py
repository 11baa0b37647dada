from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from awsops_plugins.sqs.queues import list_queues, resolve_queue, source_queues

from awsops.errors import NotFoundError, UsageError
from awsops.events import Note

REGION = "eu-west-1"


def listed(sqs: Any, **options: Any) -> list[Any]:
    with ThreadPoolExecutor(4) as pool:
        return list(list_queues(sqs, pool, **options))


@pytest.mark.parametrize(
    "text",
    [
        "orders",
        "arn:aws:sqs:eu-west-1:123456789012:orders",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
        "https://eu-west-1.queue.amazonaws.com/123456789012/orders",
        "http://127.0.0.1:4566/123456789012/orders",
    ],
)
def test_a_queue_is_found_by_name_arn_and_url(sqs: Any, text: str) -> None:
    queue = sqs.add_queue("orders")
    found = resolve_queue(sqs, text, region=REGION)
    assert (found.name, found.url) == ("orders", queue.url)


def test_an_unknown_queue_is_named_with_its_place_and_a_suggestion(sqs: Any) -> None:
    sqs.add_queue("orders-dlq")
    with pytest.raises(NotFoundError) as caught:
        resolve_queue(sqs, "order-dlq", region=REGION, where=lambda: "account 1, eu-west-1")
    assert caught.value.message == "no queue named order-dlq in account 1, eu-west-1"
    assert caught.value.hint == "did you mean orders-dlq?"


def test_without_the_right_to_list_there_is_no_suggestion_and_no_other_error(
    sqs: Any, service_error: Any
) -> None:
    sqs.faults.append(lambda name, _: service_error("AccessDenied") if "List" in name else None)
    with pytest.raises(NotFoundError) as caught:
        resolve_queue(sqs, "order-dlq", region=REGION)
    assert "awsops sqs ls" in str(caught.value.hint)


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:sns:eu-west-1:123456789012:orders",
        "arn:aws:sqs:eu-west-1",
        "https://sqs.eu-west-1.amazonaws.com/",
        "a/b",
        "",
    ],
)
def test_what_is_no_queue_is_refused_without_a_call(sqs: Any, text: str) -> None:
    with pytest.raises(UsageError):
        resolve_queue(sqs, text, region=REGION)
    assert sqs.calls == []


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:sqs:us-east-1:123456789012:orders",
        "https://sqs.us-east-1.amazonaws.com/123456789012/orders",
        "https://us-east-1.queue.amazonaws.com/123456789012/orders",
    ],
)
def test_a_queue_of_another_region_is_refused_with_the_option_to_add(sqs: Any, text: str) -> None:
    sqs.add_queue("orders")
    with pytest.raises(UsageError) as caught:
        resolve_queue(sqs, text, region=REGION)
    assert caught.value.hint == "add -r us-east-1"


def test_errors_other_than_a_missing_queue_are_the_services_own(
    sqs: Any, service_error: Any
) -> None:
    sqs.faults.append(lambda name, _: service_error("AccessDenied"))
    with pytest.raises(service_error):
        resolve_queue(sqs, "orders", region=REGION)


def test_ls_pages_through_every_queue_in_order_of_name(sqs: Any) -> None:
    for number in range(25):
        sqs.add_queue(f"q{number:02}")
    assert [row.name for row in listed(sqs)] == [f"q{n:02}" for n in range(25)]


def test_ls_shows_depth_type_and_wiring(sqs: Any) -> None:
    sqs.add_queue("orders-dlq.fifo")
    sqs.add_queue("orders.fifo", dlq="orders-dlq.fifo")
    sqs.put("orders.fifo", "a", group="g")
    sqs.put("orders.fifo", "b", group="g", visible_at=sqs.clock.now + 9)
    (row,) = listed(sqs, pattern="orders.fifo")
    assert (row.type, row.visible, row.in_flight, row.delayed) == ("fifo", 1, 1, 0)
    assert (row.dlq, row.max_receive_count) == ("orders-dlq.fifo", 3)


def test_ls_asks_only_for_names_that_begin_like_the_pattern(sqs: Any) -> None:
    for name in ("orders-a", "orders-b", "refunds"):
        sqs.add_queue(name)
    assert [row.name for row in listed(sqs, pattern="orders-*")] == ["orders-a", "orders-b"]
    assert sqs.names("ListQueues")[0]["QueueNamePrefix"] == "orders-"


def test_ls_can_show_only_dead_letter_queues(sqs: Any) -> None:
    sqs.add_queue("dead")
    sqs.add_queue("looks-like-a-dlq")
    sqs.add_queue("orders", dlq="dead")
    assert [row.name for row in listed(sqs, only_dlqs=True)] == ["dead"]


def test_a_queue_deleted_meanwhile_is_left_out(sqs: Any) -> None:
    for name in ("a", "b", "c"):
        sqs.add_queue(name)

    def delete_b(name: str, params: dict[str, Any]) -> None:
        if name == "GetQueueAttributes":
            sqs.queues.pop("b", None)

    sqs.faults.append(delete_b)
    assert [row.name for row in listed(sqs)] == ["a", "c"]


def test_queues_that_may_not_be_read_are_named_and_the_others_shown(
    sqs: Any, service_error: Any
) -> None:
    for name in ("a", "b"):
        sqs.add_queue(name)

    def closed(name: str, params: dict[str, Any]) -> BaseException | None:
        denied = name == "GetQueueAttributes" and params["QueueUrl"].endswith("/b")
        return service_error("AccessDenied", status=403) if denied else None

    sqs.faults.append(closed)
    row, note = listed(sqs)
    assert row.name == "a"
    assert isinstance(note, Note)
    assert "b" in note.text


def test_when_no_queue_may_be_read_the_error_is_the_services(sqs: Any, service_error: Any) -> None:
    sqs.add_queue("a")
    sqs.faults.append(
        lambda name, _: (
            service_error("AccessDenied", status=403) if name == "GetQueueAttributes" else None
        )
    )
    with pytest.raises(service_error):
        listed(sqs)


def test_all_source_queues_are_found_page_after_page(sqs: Any) -> None:
    dlq = sqs.add_queue("dlq")
    for number in range(8):
        sqs.add_queue(f"s{number}", dlq="dlq")
    found = source_queues(sqs, resolve_queue(sqs, dlq.name, region=REGION))
    assert [queue.name for queue in found] == [f"s{n}" for n in range(8)]
