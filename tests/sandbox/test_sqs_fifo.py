import itertools
import json

import pytest

from awsops.sandbox.answers import AwsError


@pytest.fixture
def url(sqs):
    return sqs.create("q.fifo", FifoQueue="true")


@pytest.fixture
def put(sqs, url):
    """Sends a message to a group, with a deduplication id of its own."""
    ids = itertools.count()

    def send(body: str, group: str = "g", **params):
        params = {"MessageDeduplicationId": f"d{next(ids)}", **params}
        return sqs.send(url, body, MessageGroupId=group, **params)

    return send


def refused(code: str):
    return pytest.raises(AwsError, match=f"^{code}:")


def test_a_fifo_queue_has_a_name_that_says_so(sqs, url):
    found = sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["FifoQueue"] == "true"
    assert found["ContentBasedDeduplication"] == "false"
    with refused("InvalidParameterValue"):
        sqs.create("q", FifoQueue="true")
    with refused("InvalidParameterValue"):
        sqs.create("other.fifo")


def test_the_type_of_a_queue_never_changes(sqs, url):
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"FifoQueue": "true"})
    with refused("InvalidAttributeValue"):
        sqs("SetQueueAttributes", QueueUrl=url, Attributes={"FifoQueue": "false"})


def test_messages_of_a_group_come_in_order(sqs, url, put):
    for number in range(15):
        put(str(number))
    first = sqs.receive(url)
    assert [message["Body"] for message in first] == [str(number) for number in range(10)]
    for message in first:
        sqs.delete(url, message)
    assert sqs.bodies(url) == [str(number) for number in range(10, 15)]


def test_a_group_is_locked_while_one_of_its_messages_is_in_flight(sqs, url, put, clock):
    put("g1", "g"), put("g2", "g"), put("h1", "h")
    [first] = sqs.receive(url, 1, VisibilityTimeout=5)
    assert first["Body"] == "g1"
    assert sqs.bodies(url, VisibilityTimeout=100) == ["h1"]
    assert sqs.bodies(url) == []
    sqs.delete(url, first)
    assert sqs.bodies(url) == ["g2"]


def test_a_message_not_deleted_in_time_is_first_again(sqs, url, put, clock):
    put("1"), put("2"), put("3")
    assert sqs.bodies(url, 2, VisibilityTimeout=5) == ["1", "2"]
    clock.advance(5)
    assert sqs.bodies(url) == ["1", "2", "3"]


def test_giving_one_back_keeps_the_order(sqs, url, put):
    put("1"), put("2"), put("3")
    first, second = sqs.receive(url, 2)
    give_back = {"QueueUrl": url, "VisibilityTimeout": 0}
    sqs("ChangeMessageVisibility", ReceiptHandle=second["ReceiptHandle"], **give_back)
    assert sqs.bodies(url) == []  # "1" is in flight yet
    sqs("ChangeMessageVisibility", ReceiptHandle=first["ReceiptHandle"], **give_back)
    assert sqs.bodies(url) == ["1", "2", "3"]


def test_a_peek_with_no_visibility_locks_nothing(sqs, url, put):
    put("1"), put("2")
    assert sqs.bodies(url, VisibilityTimeout=0) == ["1", "2"]
    assert sqs.bodies(url, VisibilityTimeout=0) == ["1", "2"]


def test_the_same_deduplication_id_is_delivered_once_in_five_minutes(sqs, url, put, clock):
    first = put("once", MessageDeduplicationId="d")
    [got] = sqs.receive(url)
    sqs.delete(url, got)
    again = put("once more", MessageDeduplicationId="d")
    assert again["MessageId"] == first["MessageId"]
    assert again["SequenceNumber"] == first["SequenceNumber"]
    assert sqs.receive(url) == []
    clock.advance(300)
    put("later", MessageDeduplicationId="d")
    assert sqs.bodies(url) == ["later"]


def test_deduplication_spans_groups_unless_its_scope_is_the_group(sqs):
    for name, extra, expected in (
        ("a.fifo", {}, ["1"]),
        ("b.fifo", {"DeduplicationScope": "messageGroup"}, ["1", "2"]),
    ):
        url = sqs.create(name, FifoQueue="true", **extra)
        sqs.send(url, "1", MessageGroupId="g", MessageDeduplicationId="d")
        sqs.send(url, "2", MessageGroupId="h", MessageDeduplicationId="d")
        assert sorted(sqs.bodies(url)) == expected


def test_content_can_be_the_deduplication_id(sqs):
    url = sqs.create("c.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for body in ("same", "same", "other"):
        sqs.send(url, body, MessageGroupId="g")
    assert sqs.bodies(url) == ["same", "other"]


def test_group_and_deduplication_id_are_needed(sqs, url):
    with refused("MissingParameter"):
        sqs.send(url, "m", MessageDeduplicationId="d")
    with refused("InvalidParameterValue"):
        sqs.send(url, "m", MessageGroupId="g")


def test_a_batch_without_a_group_is_refused_whole(sqs, url):
    good = {"Id": "a", "MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    for missing in ("MessageGroupId", "MessageDeduplicationId"):
        bad = {**good, "Id": "b"}
        del bad[missing]
        with refused("InvalidParameterValue"):
            sqs("SendMessageBatch", QueueUrl=url, Entries=[good, bad])
    assert sqs.depth(url) == (0, 0, 0)


def test_a_message_has_no_delay_of_its_own(sqs, url, put):
    with refused("InvalidParameterValue"):
        put("m", DelaySeconds=2)


def test_the_delay_of_the_queue_keeps_the_order(sqs, clock):
    url = sqs.create("d.fifo", FifoQueue="true", DelaySeconds="10")
    ids = {"MessageGroupId": "g"}
    sqs.send(url, "1", MessageDeduplicationId="1", **ids)
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"DelaySeconds": "0"})
    sqs.send(url, "2", MessageDeduplicationId="2", **ids)
    assert sqs.receive(url) == []
    assert sqs.depth(url)[2] == 1
    clock.advance(10)
    assert sqs.bodies(url) == ["1", "2"]


def test_sequence_numbers_have_twenty_digits_and_grow(sqs, url, put):
    numbers = [put(str(number))["SequenceNumber"] for number in range(3)]
    assert numbers == sorted(numbers)
    assert {len(number) for number in numbers} == {20}
    [first, *_] = sqs.receive(url, AttributeNames=["All"])
    assert first["Attributes"]["SequenceNumber"] == numbers[0]
    assert first["Attributes"]["MessageDeduplicationId"] == "d0"
    assert first["Attributes"]["MessageGroupId"] == "g"


def test_an_expired_handle_deletes_nothing_and_says_so(sqs, url, put, clock):
    put("m")
    [got] = sqs.receive(url, VisibilityTimeout=1)
    clock.advance(1)
    with refused("InvalidParameterValue"):
        sqs.delete(url, got)
    assert sqs.bodies(url) == ["m"]


def test_a_receive_can_be_repeated_with_its_attempt_id(sqs, url, put):
    put("1"), put("2")
    first = sqs.receive(url, ReceiveRequestAttemptId="a")
    assert sqs.receive(url, ReceiveRequestAttemptId="a") == first
    assert sqs.receive(url, ReceiveRequestAttemptId="b") == []


def test_dead_letters_keep_group_and_get_a_number_of_the_other_queue(sqs):
    dlq = sqs.create("dlq.fifo", FifoQueue="true")
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(dlq), "maxReceiveCount": 1})
    url = sqs.create("src.fifo", FifoQueue="true", RedrivePolicy=policy)
    for number in range(3):
        sqs.send(url, str(number), MessageGroupId="g", MessageDeduplicationId=str(number))
    assert sqs.bodies(url, VisibilityTimeout=0) == ["0", "1", "2"]
    assert sqs.receive(url) == []
    dead = sqs.receive(dlq, AttributeNames=["All"])
    assert [message["Body"] for message in dead] == ["0", "1", "2"]
    assert {message["Attributes"]["MessageGroupId"] for message in dead} == {"g"}
    assert dead[0]["Attributes"]["DeadLetterQueueSourceArn"] == sqs.arn(url)


def test_purging_frees_every_group(sqs, url, put):
    put("1"), put("2")
    sqs.receive(url, 1)
    sqs("PurgeQueue", QueueUrl=url)
    put("3")
    assert sqs.bodies(url) == ["3"]


def test_many_groups_are_served_side_by_side(sqs, url, put):
    for number in range(100):
        put(f"{number % 20}-{number // 20}", group=f"g{number % 20}")
    seen: dict[str, list[str]] = {}
    while received := sqs.receive(url, 3, VisibilityTimeout=30):
        for message in received:
            group, _, number = message["Body"].partition("-")
            seen.setdefault(group, []).append(number)
            sqs.delete(url, message)
    assert len(seen) == 20
    assert all(numbers == ["0", "1", "2", "3", "4"] for numbers in seen.values())


def test_an_expired_head_does_not_hold_its_group_back(sqs, clock):
    settings = {"DelaySeconds": "900", "MessageRetentionPeriod": "60"}
    url = sqs.create("e.fifo", FifoQueue="true", **settings)
    sqs.send(url, "1", MessageGroupId="g", MessageDeduplicationId="1")
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"DelaySeconds": "0"})
    clock.advance(30)
    sqs.send(url, "2", MessageGroupId="g", MessageDeduplicationId="2")
    assert sqs.receive(url) == []
    clock.advance(30)
    assert sqs.bodies(url) == ["2"]
