from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from awsops_plugins.sqs.archive import Archive, to_line
from awsops_plugins.sqs.copying import Copier
from awsops_plugins.sqs.guard import LoopGuard
from awsops_plugins.sqs.importing import Imported, apply_import, plan_import
from awsops_plugins.sqs.messages import Message
from awsops_plugins.sqs.queues import QueueRef
from awsops_plugins.sqs.record import MemoryRecord
from awsops_plugins.sqs.routing import read_destination

from awsops.errors import PartialError, UsageError


def write(path: Path, count: int, groups: str = "") -> Path:
    lines = []
    for number in range(count):
        system = {"MessageGroupId": groups[number % len(groups)]} if groups else {}
        record = {"message_id": f"m{number}", "body": f"b{number}", "attributes": {}}
        lines.append(json.dumps({**record, "system": system}) + "\n")
    path.write_text("".join(lines))
    return path


def run(sqs: Any, path: Path, queue: str, lanes: int = 3) -> tuple[Imported, BaseException | None]:
    plan = plan_import(path, read_destination(sqs, QueueRef(queue, sqs.queues[queue].url)))
    copier = Copier(
        sqs,
        run_id="run-1",
        record=MemoryRecord(),
        guard=LoopGuard(0.0),
        sleep=sqs.clock.sleep,
        clock=sqs.clock,
        stopping=lambda: False,
    )
    row, error = None, None
    with ThreadPoolExecutor(lanes) as pool:
        try:
            for event in apply_import(
                plan,
                copier,
                pool=pool,
                lanes=lanes,
                sleep=sqs.clock.sleep,
                clock=sqs.clock,
                stopped=lambda: False,
            ):
                row = event if isinstance(event, Imported) else row
        except Exception as caught:
            error = caught
    assert row is not None
    return row, error


def test_every_line_becomes_a_message(sqs: Any, tmp_path: Path) -> None:
    sqs.add_queue("orders")
    row, error = run(sqs, write(tmp_path / "f", 777), "orders")
    assert error is None
    assert row.sent == 777
    assert sorted(sqs.queues["orders"].bodies) == sorted(f"b{n}" for n in range(777))


def test_what_sqs_refuses_is_counted_and_the_rest_sent(sqs: Any, tmp_path: Path) -> None:
    sqs.add_queue("orders")
    sqs.entry_faults.append(
        lambda operation, entry: (
            {"SenderFault": True, "Code": "InvalidMessageContents"}
            if entry.get("MessageBody") == "b7"
            else None
        )
    )
    row, error = run(sqs, write(tmp_path / "f", 20), "orders")
    assert (row.sent, row.failed) == (19, 1)
    assert isinstance(error, PartialError)


def test_a_refused_message_holds_back_those_behind_it_in_its_group(
    sqs: Any, tmp_path: Path
) -> None:
    sqs.add_queue("orders.fifo")
    sqs.entry_faults.append(
        lambda operation, entry: (
            {"SenderFault": True, "Code": "InvalidMessageContents"}
            if entry.get("MessageBody") == "b4"
            else None
        )
    )
    row, _ = run(sqs, write(tmp_path / "f", 10, groups="ab"), "orders.fifo")
    assert (row.sent, row.failed) == (7, 3)
    order = [m.body for m in sqs.queues["orders.fifo"].messages if m.group == "a"]
    assert order == ["b0", "b2"]


def test_throttled_calls_are_made_again_until_all_is_sent_once(
    sqs: Any, tmp_path: Path, service_error: Any
) -> None:
    sqs.add_queue("orders")
    calls = 0

    def every_third(name: str, params: dict[str, Any]) -> BaseException | None:
        nonlocal calls
        calls += name == "SendMessageBatch"
        return service_error("RequestThrottled", status=403) if calls % 3 == 1 else None

    plan = write(tmp_path / "f", 100)
    sqs.faults.append(every_third)
    row, error = run(sqs, plan, "orders", lanes=1)
    assert (row.sent, error) == (100, None)
    assert len(sqs.queues["orders"].messages) == 100


@pytest.mark.parametrize(
    ("queue", "attributes", "complaint"),
    [
        ("orders.fifo", {}, "has no group"),
        ("orders", {"MaximumMessageSize": "1"}, "larger than"),
    ],
)
def test_a_file_that_does_not_fit_the_queue_is_refused_as_a_whole(
    sqs: Any, tmp_path: Path, queue: str, attributes: dict[str, str], complaint: str
) -> None:
    sqs.add_queue(queue, **attributes)
    destination = read_destination(sqs, QueueRef(queue, sqs.queues[queue].url))
    with pytest.raises(UsageError, match=complaint):
        plan_import(write(tmp_path / "f", 3), destination)


def test_a_line_that_repeats_a_message_is_not_sent_again(sqs: Any, tmp_path: Path) -> None:
    orders = sqs.add_queue("orders")
    path = write(tmp_path / "f", 30)
    path.write_text(path.read_text() * 2)
    destination = read_destination(sqs, QueueRef("orders", sqs.queues["orders"].url))
    (warning,) = plan_import(path, destination).describe().warnings
    assert warning == "30 lines repeat a message of the file: each message is sent once"
    assert run(sqs, path, "orders")[0].sent == 30
    assert sorted(m.body for m in orders.messages) == sorted(f"b{n}" for n in range(30))


def test_a_line_that_a_full_disk_tore_is_named_and_the_others_are_sent(
    sqs: Any, tmp_path: Path
) -> None:
    orders = sqs.add_queue("orders")
    path = tmp_path / "f"
    message = Message("m-1", "", "one", {}, {})
    path.write_bytes(to_line(message, "arn")[:-20])
    archive = Archive(path, "arn")
    archive.write([replace(message, id="m-2", body="two")])
    archive.close()
    destination = read_destination(sqs, QueueRef("orders", sqs.queues["orders"].url))
    (warning,) = plan_import(path, destination).describe().warnings
    assert "line 1 was torn" in warning
    run(sqs, path, "orders")
    assert [m.body for m in orders.messages] == ["two"]


def test_stdin_is_refused_as_it_could_not_be_read_twice(sqs: Any) -> None:
    sqs.add_queue("orders")
    destination = read_destination(sqs, QueueRef("orders", sqs.queues["orders"].url))
    with pytest.raises(UsageError, match="stdin"):
        plan_import(Path("-"), destination)
