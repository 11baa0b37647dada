import base64
import json

import pytest

from awsops.sandbox.answers import AwsError


@pytest.fixture
def dlq(sqs):
    return sqs.create("dlq")


@pytest.fixture
def source(sqs, dlq):
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(dlq), "maxReceiveCount": 1})
    return sqs.create("q", RedrivePolicy=policy)


@pytest.fixture
def kill(sqs):
    """Has messages die in a queue."""

    def run(url: str, *bodies: str) -> None:
        for body in bodies:
            sqs.send(url, body)
        while sqs.receive(url, VisibilityTimeout=0):
            pass

    return run


def refused(code: str):
    return pytest.raises(AwsError, match=f"^{code}:")


def start(sqs, dlq: str, **params):
    return sqs("StartMessageMoveTask", SourceArn=sqs.arn(dlq), **params)["TaskHandle"]


def newest(sqs, dlq: str):
    return sqs("ListMessageMoveTasks", SourceArn=sqs.arn(dlq))["Results"][0]


def test_messages_go_back_to_where_they_came_from(sqs, dlq, source, kill, clock):
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(dlq), "maxReceiveCount": 1})
    other = sqs.create("other", RedrivePolicy=policy)
    kill(source, "a", "b")
    kill(other, "c")
    start(sqs, dlq)
    clock.advance(1)
    task = newest(sqs, dlq)
    assert task["Status"] == "COMPLETED"
    assert task["ApproximateNumberOfMessagesMoved"] == 3
    assert "TaskHandle" not in task
    assert "DestinationArn" not in task
    assert sorted(sqs.bodies(source)) == ["a", "b"]
    assert sqs.bodies(other) == ["c"]


def test_a_moved_message_is_new_but_carries_what_it_carried(sqs, dlq, source, kill, clock):
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2-3"}}
    attributes = {"a": {"DataType": "Binary", "BinaryValue": "AAEC"}}
    old = sqs.send(source, "m", MessageAttributes=attributes, MessageSystemAttributes=trace)
    kill(source)
    clock.advance(100)
    start(sqs, dlq)
    clock.advance(1)
    [moved] = sqs.receive(source, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert moved["MessageId"] != old["MessageId"]
    assert moved["MessageAttributes"] == attributes
    assert moved["Attributes"]["AWSTraceHeader"] == "Root=1-2-3"
    assert moved["Attributes"]["ApproximateReceiveCount"] == "1"
    assert int(moved["Attributes"]["SentTimestamp"]) > (clock.now - 10) * 1000
    assert "DeadLetterQueueSourceArn" not in moved["Attributes"]


def test_the_rate_is_kept(sqs, dlq, source, kill, clock):
    kill(source, *"abcdefghij")
    start(sqs, dlq, MaxNumberOfMessagesPerSecond=2)
    clock.advance(2)
    task = newest(sqs, dlq)
    assert task["Status"] == "RUNNING"
    assert task["ApproximateNumberOfMessagesMoved"] == 4
    assert task["ApproximateNumberOfMessagesToMove"] == 10
    assert task["MaxNumberOfMessagesPerSecond"] == 2
    assert task["TaskHandle"]
    clock.advance(3)
    assert newest(sqs, dlq)["Status"] == "COMPLETED"


@pytest.mark.parametrize("rate", [0, 501, -1])
def test_a_rate_is_one_to_five_hundred(sqs, dlq, source, rate):
    with refused("InvalidParameterValue"):
        start(sqs, dlq, MaxNumberOfMessagesPerSecond=rate)


def test_a_task_can_have_a_destination(sqs, dlq, source, kill, clock):
    parking = sqs.create("parking")
    kill(source, "a")
    sqs.send(dlq, "never died")
    start(sqs, dlq, DestinationArn=sqs.arn(parking))
    clock.advance(1)
    assert newest(sqs, dlq)["DestinationArn"] == sqs.arn(parking)
    assert sorted(sqs.bodies(parking)) == ["a", "never died"]


def test_a_message_without_a_source_fails_the_task_and_stays(sqs, dlq, source, clock):
    sqs.send(dlq, "never died")
    start(sqs, dlq)
    clock.advance(1)
    task = newest(sqs, dlq)
    assert task["Status"] == "FAILED"
    assert task["FailureReason"] == "CouldNotDetermineMessageSource"
    assert sqs.bodies(dlq) == ["never died"]


def test_a_destination_deleted_on_the_way_fails_the_task(sqs, dlq, source, kill, clock):
    parking = sqs.create("parking")
    kill(source, "a", "b")
    start(sqs, dlq, DestinationArn=sqs.arn(parking), MaxNumberOfMessagesPerSecond=1)
    clock.advance(1)
    sqs("DeleteQueue", QueueUrl=parking)
    clock.advance(1)
    task = newest(sqs, dlq)
    assert task["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert task["ApproximateNumberOfMessagesMoved"] == 1


def test_one_source_has_one_active_task(sqs, dlq, source, kill, clock):
    kill(source, "a", "b")
    start(sqs, dlq, MaxNumberOfMessagesPerSecond=1)
    with refused("InvalidParameterValue"):
        start(sqs, dlq)
    clock.advance(2)
    assert start(sqs, dlq)


def test_cancelling_stops_the_rest_and_reverts_nothing(sqs, dlq, source, kill, clock):
    kill(source, *"abcd")
    handle = start(sqs, dlq, MaxNumberOfMessagesPerSecond=1)
    clock.advance(1)
    answer = sqs("CancelMessageMoveTask", TaskHandle=handle)
    assert answer == {"ApproximateNumberOfMessagesMoved": 1}
    assert newest(sqs, dlq)["Status"] == "CANCELLING"
    clock.advance(5)
    assert newest(sqs, dlq)["Status"] == "CANCELLED"
    assert sqs.depth(dlq)[0] == 3
    assert sqs.depth(source)[0] == 1
    with refused("AWS.SimpleQueueService.UnsupportedOperation"):
        sqs("CancelMessageMoveTask", TaskHandle=handle)


def handle_of(**parts: str) -> str:
    return base64.b64encode(json.dumps(parts).encode()).decode()


def test_a_task_handle_that_is_none_is_refused(sqs, dlq, source):
    known, ghost = sqs.arn(dlq), "arn:aws:sqs:eu-west-1:111111111111:ghost"
    for handle, code in (
        ("junk", "InvalidParameterValue"),
        (handle_of(taskId="x", sourceArn=ghost), "ResourceNotFoundException"),
        (handle_of(taskId="x", sourceArn=known), "ResourceNotFoundException"),
    ):
        with refused(code):
            sqs("CancelMessageMoveTask", TaskHandle=handle)


def test_only_a_dead_letter_queue_has_moves(sqs, dlq, source):
    with refused("InvalidParameterValue"):
        start(sqs, source)
    with refused("ResourceNotFoundException"):
        sqs("StartMessageMoveTask", SourceArn="arn:aws:sqs:eu-west-1:111111111111:ghost")
    with refused("ResourceNotFoundException"):
        start(sqs, dlq, DestinationArn="arn:aws:sqs:eu-west-1:111111111111:ghost")


def test_both_ends_are_of_one_type(sqs, dlq, source):
    fifo = sqs.create("f.fifo", FifoQueue="true")
    with refused("InvalidParameterValue"):
        start(sqs, dlq, DestinationArn=sqs.arn(fifo))


def test_a_list_has_one_task_unless_more_are_asked_for(sqs, dlq, source, kill, clock):
    for body in "abc":
        kill(source, body)
        start(sqs, dlq)
        clock.advance(1)
        newest(sqs, dlq)
    arn = sqs.arn(dlq)
    assert len(sqs("ListMessageMoveTasks", SourceArn=arn)["Results"]) == 1
    tasks = sqs("ListMessageMoveTasks", SourceArn=arn, MaxResults=10)["Results"]
    times = [task["StartedTimestamp"] for task in tasks]
    assert times == sorted(times, reverse=True)
    assert len(times) == 3
    with refused("InvalidParameterValue"):
        sqs("ListMessageMoveTasks", SourceArn=arn, MaxResults=11)


def test_fifo_messages_move_in_order(sqs, clock):
    dlq = sqs.create("d.fifo", FifoQueue="true")
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(dlq), "maxReceiveCount": 1})
    source = sqs.create("s.fifo", FifoQueue="true", RedrivePolicy=policy)
    for number in range(4):
        sqs.send(source, str(number), MessageGroupId="g", MessageDeduplicationId=str(number))
    while sqs.receive(source, VisibilityTimeout=0):
        pass
    start(sqs, dlq)
    clock.advance(1)
    assert newest(sqs, dlq)["Status"] == "COMPLETED"
    assert sqs.bodies(source) == ["0", "1", "2", "3"]


def test_another_account_cannot_move_our_messages(sqs, dlq, source):
    stranger = sqs.caller_of("222222222222")
    with refused("AccessDenied"):
        sqs("StartMessageMoveTask", caller=stranger, SourceArn=sqs.arn(dlq))
