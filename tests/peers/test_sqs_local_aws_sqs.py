"""The sqs commands on `local-aws-sqs`, an SQS that we did not write (npm).

The sandbox answers for STS, which it has not.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.peers.processes import free_port, node_package, running
from tests.plugins.sqs.on_sandbox import drained

pytestmark = pytest.mark.peers

PACKAGE = "local-aws-sqs"
DEV = ("-p", "demo-dev", "-r", "us-east-1")
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793"


@dataclass
class Peer:
    """A running server and a plain client for it."""

    endpoint: str
    client: Any
    mark: str

    def make(self, name: str, dlq: str | None = None, receives: int = 3) -> str:
        stem, dot, suffix = name.partition(".")
        full = f"{stem}-{self.mark}{dot}{suffix}"
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        if dlq is not None:
            arn = self.attributes(dlq)["QueueArn"]
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": receives}
            attributes["RedrivePolicy"] = json.dumps(policy)
        self.client.create_queue(QueueName=full, Attributes=attributes)
        return full

    def url(self, name: str) -> str:
        return str(self.client.get_queue_url(QueueName=name)["QueueUrl"])

    def attributes(self, name: str) -> dict[str, str]:
        answer = self.client.get_queue_attributes(QueueUrl=self.url(name), AttributeNames=["All"])
        return dict(answer["Attributes"])

    def depth(self, name: str) -> tuple[int, int]:
        held = self.attributes(name)
        return (
            int(held["ApproximateNumberOfMessages"]),
            int(held["ApproximateNumberOfMessagesNotVisible"]),
        )

    def begin_move(self, dlq: str, to: str) -> None:
        """A move task of two messages a second, so that it is under way for a while."""
        self.client.start_message_move_task(
            SourceArn=self.attributes(dlq)["QueueArn"],
            DestinationArn=self.attributes(to)["QueueArn"],
            MaxNumberOfMessagesPerSecond=2,
        )

    def fill(self, name: str, count: int) -> None:
        for number in range(count):
            fifo = name.endswith(".fifo")
            group = {"MessageGroupId": f"g{number % 3}", "MessageDeduplicationId": f"d{number}"}
            self.client.send_message(
                QueueUrl=self.url(name),
                MessageBody=f"body-{number}",
                MessageAttributes={
                    "text": {"DataType": "String", "StringValue": "é"},
                    "number": {"DataType": "Number.int", "StringValue": "5"},
                    "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
                },
                MessageSystemAttributes={
                    "AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}
                },
                **(group if fifo else {}),
            )

    def fail_all(self, name: str, dlq: str, count: int) -> None:
        """Receive until SQS itself has given every message up."""
        while self.depth(dlq)[0] < count:
            self.client.receive_message(
                QueueUrl=self.url(name), MaxNumberOfMessages=10, VisibilityTimeout=0
            )

    def drain(self, name: str) -> list[dict[str, Any]]:
        return drained(self.client, self.url(name))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    node, folder = node_package(PACKAGE)
    port = free_port()
    options = json.dumps(
        {"port": port, "hostname": "127.0.0.1", "emulateQueueCreationLifecycle": True}
    )
    source = f"require({json.dumps(str(folder))}).createSqsServer({options})"
    with running([node, "-e", source], port) as url:
        yield url


@pytest.fixture
def peer(server: str) -> Iterator[Peer]:
    import botocore.session
    from botocore.config import Config

    client = botocore.session.Session(profile=None).create_client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=server,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="x" * 40,
        config=Config(proxies={}),
    )
    yield Peer(server, client, uuid.uuid4().hex[:8])
    client.close()


@pytest.fixture
def on_peer(awsops: Callable[..., Any], server: str) -> Callable[..., Any]:
    def run(argv: list[str], **options: Any) -> Any:
        return awsops([*argv, *DEV], environ={"AWS_ENDPOINT_URL_SQS": server}, **options)

    return run


def test_ls_shows_depth_and_wiring(on_peer: Any, peer: Peer) -> None:
    dlq = peer.make("dead")
    orders = peer.make("orders", dlq=dlq)
    peer.fill(orders, 3)
    rows = {row["name"]: row for row in on_peer(["sqs", "ls", f"*-{peer.mark}"]).rows}
    assert set(rows) == {dlq, orders}
    assert (rows[orders]["visible"], rows[orders]["dlq"]) == (3, dlq)
    only = on_peer(["sqs", "ls", f"*-{peer.mark}", "--dlq"]).rows
    assert [row["name"] for row in only] == [dlq]


def test_send_then_peek_shows_it_and_hides_nothing(on_peer: Any, peer: Peer) -> None:
    name = peer.make("inbox")
    sent = on_peer(["sqs", "send", name, "hello", "--attribute", "n:Number=5", "-y"])
    assert sent.exit_code == 0, sent.stderr
    seen = on_peer(["sqs", "peek", name])
    assert [(row["body"], row["attributes"]) for row in seen.rows] == [("hello", {"n": 5})]
    assert peer.depth(name) == (1, 0)


def test_send_to_a_fifo_queue_returns_its_place(on_peer: Any, peer: Peer) -> None:
    name = peer.make("line.fifo")
    argv = ["sqs", "send", name, "x", "--group-id", "g", "--dedup-id", "d", "-y"]
    assert on_peer(argv).rows[0]["sequence_number"].isdigit()


def test_redrive_routes_each_message_to_its_source_with_all_it_carries(
    on_peer: Any, peer: Peer
) -> None:
    dlq = peer.make("dead")
    sources = [peer.make(name, dlq=dlq, receives=1) for name in ("orders", "refunds")]
    for number, source in enumerate(sources):
        peer.fill(source, 40)
        peer.fail_all(source, dlq, 40 * (number + 1))
    result = on_peer(["sqs", "redrive", dlq, "-y"])
    assert result.exit_code == 0, result.stderr
    assert (result.rows[0]["matched"], result.rows[0]["moved"]) == (80, 80)
    assert peer.depth(dlq) == (0, 0)
    for source in sources:
        copies = peer.drain(source)
        assert sorted(copy["Body"] for copy in copies) == sorted(f"body-{n}" for n in range(40))
        for copy in copies:
            assert copy["MessageAttributes"]["bytes"]["BinaryValue"] == b"\x00\xff"
            assert copy["MessageAttributes"]["number"]["DataType"] == "Number.int"
            assert copy["Attributes"]["AWSTraceHeader"] == TRACE


def test_redrive_keeps_the_order_within_fifo_groups(on_peer: Any, peer: Peer) -> None:
    dlq = peer.make("dead.fifo")
    orders = peer.make("orders.fifo", dlq=dlq)
    peer.fill(dlq, 90)
    result = on_peer(["sqs", "redrive", dlq, "-y"])
    assert result.rows[0]["moved"] == 90, result.stderr
    arrived: dict[str, list[str]] = {}
    for message in peer.drain(orders):
        arrived.setdefault(message["Attributes"]["MessageGroupId"], []).append(message["Body"])
    assert arrived == {f"g{g}": [f"body-{n}" for n in range(g, 90, 3)] for g in range(3)}


def test_redrive_with_max_leaves_the_others_visible(on_peer: Any, peer: Peer) -> None:
    dlq = peer.make("dead")
    orders = peer.make("orders", dlq=dlq)
    peer.fill(dlq, 25)
    assert on_peer(["sqs", "redrive", dlq, "--max", "11", "-y"]).rows[0]["moved"] == 11
    assert (peer.depth(dlq), peer.depth(orders)) == ((14, 0), (11, 0))


def test_an_unknown_queue_is_exit_code_5(on_peer: Any, peer: Peer) -> None:
    result = on_peer(["sqs", "redrive", f"nope-{peer.mark}", "-y"])
    assert result.exit_code == 5
    assert "no queue named" in result.stderr


def test_the_engine_aws_moves_everything_and_is_listed(on_peer: Any, peer: Peer) -> None:
    dlq = peer.make("dead")
    orders = peer.make("orders", dlq=dlq, receives=1)
    peer.fill(orders, 20)
    peer.fail_all(orders, dlq, 20)
    result = on_peer(["sqs", "redrive", dlq, "--engine", "aws", "-y"])
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["moved"] == 20
    assert (peer.depth(dlq), peer.depth(orders)) == ((0, 0), (20, 0))
    assert [row["status"] for row in on_peer(["sqs", "moves", dlq]).rows] == ["COMPLETED"]


def test_the_engine_aws_moves_a_fifo_queue_and_keeps_the_order_of_its_groups(
    on_peer: Any, peer: Peer
) -> None:
    dlq, triage = peer.make("dead.fifo"), peer.make("triage.fifo")
    peer.make("orders.fifo", dlq=dlq)
    peer.fill(dlq, 12)
    result = on_peer(["sqs", "redrive", dlq, "--to", triage, "--engine", "aws", "-y"])
    assert (result.exit_code, result.rows[0]["moved"]) == (0, 12), result.stderr
    assert peer.depth(dlq) == (0, 0)
    arrived = peer.drain(triage)
    for group in ("g0", "g1", "g2"):
        bodies = [m["Body"] for m in arrived if m["Attributes"]["MessageGroupId"] == group]
        assert bodies == [f"body-{n}" for n in range(12) if f"g{n % 3}" == group]
    assert on_peer(["sqs", "moves", dlq]).rows[0]["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (["--rate", "501/s"], 2, "1 to 500 whole messages"),
        (["--rate", "0.5/s"], 2, "1 to 500 whole messages"),
        (["--to", "other.fifo"], 2, "FIFO"),
        (["--to", "dead"], 2, "is the queue that is redriven"),
        (["--to", "nowhere"], 5, "nowhere"),
        (["--max", "5"], 2, "does not know --max"),
        ([], 2, "name no source"),
    ],
    ids=["too fast", "too slow", "other type", "itself", "nowhere", "a limit", "no source"],
)
def test_what_a_move_task_cannot_do_is_refused_before_it_is_asked(
    words: list[str], exit_code: int, said: str, on_peer: Any, peer: Peer
) -> None:
    """The rules that StartMessageMoveTask answers with InvalidParameterValue or
    ResourceNotFoundException (SQS API reference); this server has them too."""
    dlq = peer.make("dead")
    peer.make("orders", dlq=dlq)
    peer.make("other.fifo")
    peer.fill(dlq, 3)
    names = {"dead": dlq, "other.fifo": f"other-{peer.mark}.fifo"}
    argv = ["sqs", "redrive", dlq, "--engine", "aws", *(names.get(word, word) for word in words)]
    refused = on_peer([*argv, "-y"])
    assert refused.exit_code == exit_code, refused.stderr
    assert said in " ".join(refused.stderr.split())
    assert peer.depth(dlq) == (3, 0)
    assert on_peer(["sqs", "moves", dlq]).rows == []


def test_a_queue_that_is_nobodys_dead_letter_queue_has_no_move_task(
    on_peer: Any, peer: Peer
) -> None:
    name, other = peer.make("inbox"), peer.make("other")
    peer.fill(name, 3)
    refused = on_peer(["sqs", "redrive", name, "--to", other, "--engine", "aws", "-y"])
    assert refused.exit_code == 2
    assert "no SQS queue's dead-letter queue" in refused.stderr
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match="InvalidParameterValue"):  # and SQS says so too
        peer.begin_move(name, other)


def test_cancel_stops_a_running_task(on_peer: Any, peer: Peer) -> None:
    dlq, triage = peer.make("dead"), peer.make("triage")
    peer.make("orders", dlq=dlq)
    peer.fill(dlq, 60)
    peer.begin_move(dlq, triage)
    result = on_peer(["sqs", "cancel", dlq, "-y"])
    assert result.exit_code == 0, result.stderr
    assert result.rows[0]["status"] == "CANCELLED"
    assert peer.depth(dlq)[0] + peer.depth(triage)[0] == 60


def test_redrive_of_a_selection_leaves_the_rest_visible(on_peer: Any, peer: Peer) -> None:
    dlq = peer.make("dead")
    orders = peer.make("orders", dlq=dlq)
    peer.fill(dlq, 30)
    result = on_peer(["sqs", "redrive", dlq, "--match", "-[0-4]$", "-y"])
    assert (result.rows[0]["moved"], result.rows[0]["skipped"]) == (5, 25)
    assert (peer.depth(dlq), peer.depth(orders)) == ((25, 0), (5, 0))


def test_a_second_purge_within_a_minute_is_refused_in_words(on_peer: Any, peer: Peer) -> None:
    name = peer.make("junk")
    peer.fill(name, 3)
    argv = ["sqs", "purge", name, "--confirm", name, "-y"]
    assert on_peer(argv).exit_code == 0
    again = on_peer(argv)
    assert again.exit_code == 1
    assert "one purge a minute" in again.stderr


def test_peek_counts_by_kind_and_hides_nothing(on_peer: Any, peer: Peer) -> None:
    name = peer.make("inbox")
    peer.fill(name, 12)
    seen = on_peer(["sqs", "peek", name, "--group-by", "attributes.number"])
    assert [(row["kind"], row["messages"]) for row in seen.rows] == [("5", 12)]
    assert peer.depth(name) == (12, 0)


def test_drain_takes_out_what_matches_and_import_puts_it_back(
    on_peer: Any, peer: Peer, tmp_path: Any
) -> None:
    name, file = peer.make("inbox"), str(tmp_path / "out.ndjson")
    peer.fill(name, 12)
    drained = on_peer(["sqs", "drain", name, file, "--match", "-1", "-y"])
    assert (drained.rows[0]["drained"], drained.rows[0]["skipped"]) == (3, 9), drained.stderr
    assert peer.depth(name) == (9, 0)
    assert on_peer(["sqs", "import", name, file, "-y"]).rows[0]["sent"] == 3
    assert peer.depth(name) == (12, 0)


def test_attributes_are_set(on_peer: Any, peer: Peer) -> None:
    name = peer.make("inbox")
    done = on_peer(["sqs", "attrs", name, "--set", "VisibilityTimeout=2m", "-y"])
    assert done.exit_code == 0, done.stderr
    assert peer.attributes(name)["VisibilityTimeout"] == "120"


def test_many_messages_arrive(on_peer: Any, peer: Peer) -> None:
    name = peer.make("inbox")
    lines = "\n".join(json.dumps({"body": {"n": n}}) for n in range(25))
    done = on_peer(["sqs", "send", name, "--many", "-", "-y"], stdin=lines)
    assert len(done.rows) == 25, done.stderr
    assert {json.loads(message["Body"])["n"] for message in peer.drain(name)} == set(range(25))


def test_policy_shows_the_wiring(on_peer: Any, peer: Peer) -> None:
    dlq = peer.make("dead")
    orders = peer.make("orders", dlq=dlq)
    rows = on_peer(["sqs", "policy", f"*-{peer.mark}"]).rows
    assert [(row["dlq"], row["source"]) for row in rows] == [(dlq, None), (dlq, orders)]


def test_a_redrive_with_a_transform_sends_the_new_body(on_peer: Any, peer: Peer) -> None:
    dlq = peer.make("dead")
    orders = peer.make("orders", dlq=dlq)
    peer.client.send_message(QueueUrl=peer.url(dlq), MessageBody='{"a": {"b": 1}}')
    done = on_peer(["sqs", "redrive", dlq, "--transform", "body.a", "-y"])
    assert done.rows[0]["moved"] == 1, done.stderr
    assert [message["Body"] for message in peer.drain(orders)] == ['{"b":1}']


def test_an_export_leaves_everything_and_can_be_imported_elsewhere(
    on_peer: Any, peer: Peer, tmp_path: Any
) -> None:
    name, other, file = peer.make("inbox"), peer.make("other"), str(tmp_path / "out.ndjson")
    peer.fill(name, 12)
    exported = on_peer(["sqs", "export", name, file])
    assert exported.rows[0]["messages"] == 12, exported.stderr
    assert peer.depth(name) == (12, 0)
    assert on_peer(["sqs", "import", other, file, "-y"]).rows[0]["sent"] == 12
    copies = peer.drain(other)
    assert sorted(copy["Body"] for copy in copies) == sorted(f"body-{n}" for n in range(12))
    assert all(copy["MessageAttributes"]["bytes"]["BinaryValue"] == b"\x00\xff" for copy in copies)


def test_attributes_are_shown(on_peer: Any, peer: Peer) -> None:
    rows = on_peer(["sqs", "attrs", peer.make("inbox")]).rows
    shown = {row["name"]: row["value"] for row in rows}
    assert (shown["VisibilityTimeout"], shown["MaximumMessageSize"].isdigit()) == ("30", True)


def test_the_plan_counts_what_goes_where(on_peer: Any, peer: Peer) -> None:
    dlq = peer.make("dead")
    orders, refunds = (peer.make(name, dlq=dlq, receives=1) for name in ("orders", "refunds"))
    for source, count, so_far in ((orders, 12, 12), (refunds, 5, 17)):
        peer.fill(source, count)
        peer.fail_all(source, dlq, so_far)
    (change,) = on_peer(["sqs", "redrive", dlq, "--dry-run"]).rows
    assert change["detail"] == f"17 messages: 12 to {orders}, 5 to {refunds}"
    assert peer.depth(dlq) == (17, 0)


def test_the_engine_aws_is_refused_while_a_task_is_under_way(on_peer: Any, peer: Peer) -> None:
    dlq, triage = peer.make("dead"), peer.make("triage")
    peer.make("orders", dlq=dlq)
    peer.fill(dlq, 60)
    peer.begin_move(dlq, triage)
    argv = ["sqs", "redrive", dlq, "--to", triage]
    refused = on_peer([*argv, "--engine", "aws", "-y"])
    assert refused.exit_code == 1
    assert f"a move task of {dlq} is under way" in refused.stderr
    warned = on_peer([*argv, "--engine", "client", "--dry-run"]).stderr
    assert f"awsops sqs cancel {dlq} stops it" in " ".join(warned.split())
    assert on_peer(["sqs", "cancel", dlq, "-y"]).exit_code == 0


def test_a_killed_redrive_goes_on_and_its_backup_puts_all_back(
    on_peer: Any, peer: Peer, server: str, awsops_sandbox: Any, process: Any, tmp_path: Any
) -> None:
    dlq = peer.make("dead")
    orders = peer.make("orders", dlq=dlq)
    peer.fill(dlq, 60)
    file = tmp_path / "backup.ndjson"
    argv = ["sqs", "redrive", dlq, "--backup", str(file), "--visibility", "10s", "-y"]
    environ = {**awsops_sandbox.environ, "AWS_ENDPOINT_URL_SQS": server}
    running = process([*argv, "--rate", "40/s", *DEV], environ=environ)
    while peer.depth(orders)[0] < 8:
        assert running.poll() is None, running.communicate()
    running.kill()
    running.communicate()
    (record,) = (tmp_path / ".local/state/awsops/sqs").glob("*.ndjson")
    result = on_peer([*argv, "--resume", record.name.partition(".")[0]])
    assert result.exit_code == 0, result.stderr
    assert peer.depth(dlq) == (0, 0)
    arrived = [message["Body"] for message in peer.drain(orders)]
    assert set(arrived) == {f"body-{n}" for n in range(60)}
    assert on_peer(["sqs", "import", dlq, str(file), "-y"]).rows[0]["sent"] == 60
    assert sorted(m["Body"] for m in peer.drain(dlq)) == sorted(f"body-{n}" for n in range(60))
