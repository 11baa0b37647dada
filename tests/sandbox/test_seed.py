import json
import os
import time
from collections import Counter

import pytest

from awsops.sandbox import client as admin
from awsops.sandbox import control, start, stop
from awsops.sandbox.seed import seed
from awsops.sandbox.seeding import seed_accounts
from awsops.sandbox.sqs.registry import Registry


@pytest.fixture
def started(tmp_path):
    """As a sandbox is when it has just started."""
    yield start(tmp_path, parent_pid=os.getpid())
    stop(tmp_path, "default")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeded")
    yield start(folder, seed=False, parent_pid=os.getpid())
    stop(folder, "default")


@pytest.fixture
def own(shared):
    """Seeded anew for each test."""
    control.reset(shared)
    seed(shared)
    return shared


def depth(sqs, name: str) -> int:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    names = ["ApproximateNumberOfMessages"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return int(found["Attributes"][names[0]])


def test_each_account_starts_with_500_dead_letters(started, client):
    for number in range(3):
        sqs = client("sqs", number, endpoint=started.endpoint)
        assert depth(sqs, "orders-dlq") == 500
        assert depth(sqs, "orders") == 0
        assert depth(sqs, "orders-dlq.fifo") == 6


def test_dead_letters_look_as_if_they_had_died(own, client):
    sqs = client("sqs", endpoint=own.endpoint)
    url = sqs.get_queue_url(QueueName="orders-dlq")["QueueUrl"]
    got = []
    for _ in range(50):
        got += sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )["Messages"]
    errors = Counter(m["MessageAttributes"]["error"]["StringValue"] for m in got)
    assert set(errors) == {"PaymentDeclined", "SchemaMismatch"}
    assert len({message["MessageId"] for message in got}) == 500
    for message in got:
        system = message["Attributes"]
        assert system["DeadLetterQueueSourceArn"].endswith(":111111111111:orders")
        assert system["ApproximateReceiveCount"] == "4"  # three in `orders`, one here
        assert system["SentTimestamp"] < system["ApproximateFirstReceiveTimestamp"]
        assert system["AWSTraceHeader"].startswith("Root=1-")
        kinds = {value["DataType"] for value in message["MessageAttributes"].values()}
        assert kinds == {"String", "Number", "Binary", "String.uuid"}
        assert json.loads(message["Body"])["order_id"].startswith("DEV-")


def test_seeding_again_restores_the_state(own, client):
    sqs = client("sqs", 1, endpoint=own.endpoint)
    kept = sqs.create_queue(QueueName="kept")["QueueUrl"]
    url = sqs.get_queue_url(QueueName="orders-dlq")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    assert set(seed(own, messages=20).values()) == {20}
    assert depth(sqs, "orders-dlq") == 20
    assert sqs.get_queue_attributes(QueueUrl=kept, AttributeNames=["QueueArn"])["Attributes"]


def test_a_seeded_dead_letter_queue_can_be_redriven_by_aws_itself(own, client):
    seed(own, messages=20)
    sqs = client("sqs", 2, endpoint=own.endpoint)
    arn = "arn:aws:sqs:eu-west-1:333333333333:orders-dlq"
    sqs.start_message_move_task(SourceArn=arn)
    orders = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    got = sqs.receive_message(QueueUrl=orders, MaxNumberOfMessages=10, WaitTimeSeconds=5)
    assert got["Messages"]


def test_a_silly_number_is_refused(own):
    with pytest.raises(admin.AdminError, match="100000"):
        seed(own, messages=100_001)


def test_message_ids_are_new_each_time(clock):
    registry = Registry(clock)
    ids = []
    for _ in range(2):
        seed_accounts(registry, 5)
        queue = registry.by_arn("arn:aws:sqs:eu-west-1:111111111111:orders-dlq")
        assert queue is not None
        ids.append(set(queue.messages))
    assert ids[0].isdisjoint(ids[1])


def test_a_reset_forgets_everything_and_the_keys_still_work(own, client):
    sqs, iam = client("sqs", endpoint=own.endpoint), client("iam", endpoint=own.endpoint)
    iam.create_user(UserName="temporary")
    client("logs", endpoint=own.endpoint).create_log_group(logGroupName="/temporary")
    admin.request(own.port, "POST", "reset", {}, instance=own.instance)
    assert "QueueUrls" not in sqs.list_queues()
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["demo"]
    groups = client("logs", endpoint=own.endpoint).describe_log_groups()["logGroups"]
    assert "/temporary" not in [group["logGroupName"] for group in groups]
    serials = [device["SerialNumber"] for device in iam.list_mfa_devices()["MFADevices"]]
    assert serials == ["arn:aws:iam::111111111111:mfa/demo"]


def test_a_reset_puts_the_clock_back(own):
    control.advance(own, 86_400)
    assert control.now(own) - time.time() > 80_000
    admin.request(own.port, "POST", "reset", {}, instance=own.instance)
    assert abs(control.now(own) - time.time()) < 60
