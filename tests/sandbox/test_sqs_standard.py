import base64
import json

import pytest

from awsops.sandbox.answers import AwsError
from awsops.sandbox.sqs import message as messages
from awsops.sandbox.sqs import queue as queues


@pytest.fixture
def url(sqs):
    return sqs.create("q")


def refused(code: str):
    return pytest.raises(AwsError, match=f"^{code}:")


def test_a_message_is_received_as_it_was_sent(sqs, url):
    attributes = {
        "text": {"DataType": "String", "StringValue": "é"},
        "number": {"DataType": "Number", "StringValue": "1.5"},
        "bytes": {"DataType": "Binary", "BinaryValue": "AAEC"},
        "label": {"DataType": "String.label", "StringValue": "x"},
    }
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5-6"}}
    sqs.send(url, "héllo", MessageAttributes=attributes, MessageSystemAttributes=trace)
    [got] = sqs.receive(url, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert got["Body"] == "héllo"
    assert got["MessageAttributes"] == attributes
    assert got["Attributes"]["AWSTraceHeader"] == "Root=1-5-6"
    assert got["Attributes"]["ApproximateReceiveCount"] == "1"


# Checksums that AWS itself gave.
@pytest.mark.parametrize(
    ("attributes", "md5"),
    [
        (
            {"Foo": {"DataType": "String", "StringValue": "Bar"}},
            "ae7155c6026991b6d54b11589678bf9c",
        ),
        (
            {
                "General": {"DataType": "String", "StringValue": "Kenobi"},
                "Hello": {"DataType": "String", "StringValue": "There"},
            },
            "fca026605781cb4126a1e9044df24232",
        ),
        (
            {
                "attr1": {
                    "DataType": "Binary",
                    "BinaryValue": base64.b64encode(
                        b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
                    ).decode(),
                }
            },
            "8cbe4db156db8a94db8b801b7addb984",
        ),
    ],
)
def test_the_checksum_of_attributes_is_that_of_aws(attributes, md5):
    assert messages.md5_of_attributes(attributes) == md5


def test_a_received_message_is_hidden_until_its_visibility_ends(sqs, url, clock):
    sqs.send(url, "m")
    [first] = sqs.receive(url, VisibilityTimeout=5)
    assert sqs.receive(url) == []
    clock.advance(5)
    [second] = sqs.receive(url, AttributeNames=["ApproximateReceiveCount"])
    assert second["Attributes"] == {"ApproximateReceiveCount": "2"}
    assert second["ReceiptHandle"] != first["ReceiptHandle"]


def test_counts_follow_each_message(sqs, url, clock):
    for number in range(4):
        sqs.send(url, str(number), DelaySeconds=60 if number == 3 else 0)
    received = sqs.receive(url, 2)
    assert sqs.depth(url) == (1, 2, 1)
    sqs.delete(url, received[0])
    clock.advance(61)
    assert sqs.depth(url) == (3, 0, 0)


def test_a_delayed_message_comes_when_its_time_has_come(sqs, url, clock):
    sqs.send(url, "later", DelaySeconds=10)
    assert sqs.receive(url) == []
    clock.advance(10)
    assert sqs.bodies(url) == ["later"]


def test_the_delay_of_the_queue_is_the_default(sqs, clock):
    url = sqs.create("slow", DelaySeconds="10")
    sqs.send(url, "later")
    sqs.send(url, "now", DelaySeconds=0)
    assert sqs.bodies(url) == ["now"]


def test_one_call_never_returns_a_message_twice(sqs, url):
    sqs.send(url, "only")
    assert sqs.bodies(url, VisibilityTimeout=0) == ["only"]
    assert sqs.bodies(url, VisibilityTimeout=0) == ["only"]


def test_a_deleted_message_never_returns(sqs, url, clock):
    sqs.send(url, "m")
    [got] = sqs.receive(url)
    sqs.delete(url, got)
    sqs.delete(url, got)  # deleting twice succeeds
    clock.advance(60)
    assert sqs.receive(url) == []


def test_a_message_can_be_deleted_after_its_visibility_has_ended(sqs, url, clock):
    sqs.send(url, "m")
    [got] = sqs.receive(url, VisibilityTimeout=1)
    clock.advance(2)
    assert sqs.depth(url) == (1, 0, 0)
    sqs.delete(url, got)
    assert sqs.receive(url) == []


def test_an_old_receipt_handle_deletes_nothing(sqs, url, clock):
    sqs.send(url, "m")
    [old] = sqs.receive(url, VisibilityTimeout=1)
    clock.advance(2)
    sqs.receive(url, VisibilityTimeout=1)
    sqs.delete(url, old)
    clock.advance(2)
    assert sqs.bodies(url) == ["m"]


def test_a_receipt_handle_of_another_queue_is_invalid(sqs, url):
    other = sqs.create("other")
    sqs.send(other, "m")
    [got] = sqs.receive(other)
    for handle in (got["ReceiptHandle"], "junk", "c2FuZGJveDp4"):
        with refused("ReceiptHandleIsInvalid"):
            sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)


def test_visibility_can_be_given_back_and_stretched(sqs, url, clock):
    sqs.send(url, "m")
    [got] = sqs.receive(url)
    change = {"QueueUrl": url, "ReceiptHandle": got["ReceiptHandle"]}
    sqs("ChangeMessageVisibility", VisibilityTimeout=100, **change)
    clock.advance(99)
    assert sqs.receive(url) == []
    sqs("ChangeMessageVisibility", VisibilityTimeout=0, **change)
    assert sqs.bodies(url) == ["m"]


def test_visibility_ends_twelve_hours_after_the_receive_at_the_latest(sqs, url, clock):
    sqs.send(url, "m")
    [got] = sqs.receive(url)
    clock.advance(10)
    with refused("InvalidParameterValue"):
        sqs(
            "ChangeMessageVisibility",
            QueueUrl=url,
            ReceiptHandle=got["ReceiptHandle"],
            VisibilityTimeout=queues.MAX_VISIBILITY,
        )


def test_a_message_just_visible_again_can_be_hidden_again(sqs, url, clock):
    sqs.send(url, "m")
    [got] = sqs.receive(url, VisibilityTimeout=1)
    clock.advance(2)
    change = {"QueueUrl": url, "ReceiptHandle": got["ReceiptHandle"]}
    sqs("ChangeMessageVisibility", VisibilityTimeout=10, **change)
    assert sqs.receive(url) == []
    assert sqs.depth(url) == (0, 1, 0)
    clock.advance(10)
    assert sqs.bodies(url, VisibilityTimeout=0) == ["m"]
    assert sqs.bodies(url) == ["m"]
    assert sqs.bodies(url) == []


def test_the_visibility_of_a_message_received_since_by_another_is_not_ours(sqs, url, clock):
    sqs.send(url, "m")
    [old] = sqs.receive(url, VisibilityTimeout=1)
    clock.advance(2)
    sqs.receive(url)
    with refused("AWS.SimpleQueueService.MessageNotInflight"):
        sqs(
            "ChangeMessageVisibility",
            QueueUrl=url,
            ReceiptHandle=old["ReceiptHandle"],
            VisibilityTimeout=5,
        )


def test_messages_older_than_the_retention_are_gone(sqs, clock):
    url = sqs.create("short", MessageRetentionPeriod="60")
    sqs.send(url, "old")
    clock.advance(30)
    sqs.send(url, "young")
    clock.advance(30)
    assert sqs.bodies(url) == ["young"]
    assert sqs.depth(url) == (0, 1, 0)


def test_a_shorter_retention_counts_for_messages_already_there(sqs, url, clock):
    sqs.send(url, "old")
    clock.advance(100)
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    assert sqs.receive(url) == []


def test_too_many_in_flight_is_over_limit(sqs, url, monkeypatch):
    monkeypatch.setattr(queues, "MAX_IN_FLIGHT", 3)
    for number in range(4):
        sqs.send(url, str(number))
    sqs.receive(url, 3)
    with refused("OverLimit"):
        sqs.receive(url)


def test_a_message_received_too_often_moves_to_the_dead_letter_queue(sqs, clock):
    dlq = sqs.create("dlq")
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(dlq), "maxReceiveCount": 2})
    url = sqs.create("q", RedrivePolicy=policy)
    sent_at = str(int(clock.now * 1000))
    sent = sqs.send(url, "poison")
    clock.advance(1)
    for _ in range(2):
        assert sqs.bodies(url, VisibilityTimeout=0) == ["poison"]
    assert sqs.receive(url) == []
    [dead] = sqs.receive(dlq, AttributeNames=["All"])
    assert dead["MessageId"] == sent["MessageId"]
    assert dead["Attributes"]["DeadLetterQueueSourceArn"] == sqs.arn(url)
    assert dead["Attributes"]["ApproximateReceiveCount"] == "3"  # "across all queues"
    assert dead["Attributes"]["SentTimestamp"] == sent_at


def test_a_queue_that_is_its_own_dead_letter_queue_does_not_hang(sqs):
    url = sqs.create("q")
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(url), "maxReceiveCount": 1})
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"RedrivePolicy": policy})
    sqs.send(url, "m")
    for _ in range(3):
        assert sqs.bodies(url, VisibilityTimeout=0) == ["m"]


def test_purging_empties_a_queue_once_a_minute(sqs, url, clock):
    sqs.send(url, "waiting")
    sqs.send(url, "in flight")
    sqs.receive(url, 1)
    sqs("PurgeQueue", QueueUrl=url)
    assert sqs.depth(url) == (0, 0, 0)
    with refused("AWS.SimpleQueueService.PurgeQueueInProgress"):
        sqs("PurgeQueue", QueueUrl=url)
    clock.advance(60)
    sqs("PurgeQueue", QueueUrl=url)


def test_a_deleted_queue_is_gone_and_its_name_taken_for_a_minute(sqs, url, clock):
    sqs("DeleteQueue", QueueUrl=url)
    with refused("AWS.SimpleQueueService.NonExistentQueue"):
        sqs.send(url, "m")
    with refused("AWS.SimpleQueueService.QueueDeletedRecently"):
        sqs.create("q")
    clock.advance(60)
    assert sqs.create("q") == url


def test_creating_a_queue_again_gives_the_same_unless_its_attributes_differ(sqs):
    url = sqs.create("same", DelaySeconds="5")
    assert sqs.create("same", DelaySeconds="5") == url
    assert sqs.create("same") == url
    with refused("QueueAlreadyExists"):
        sqs.create("same", DelaySeconds="6")


@pytest.mark.parametrize("name", ["", "x" * 81, "a b", "é", "q.fifo", "q.q"])
def test_a_bad_queue_name_is_refused(sqs, name):
    with pytest.raises(AwsError) as failure:
        sqs.create(name)
    assert failure.value.code in ("InvalidParameterValue", "MissingParameter")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DelaySeconds", "901", "InvalidAttributeValue"),
        ("DelaySeconds", "-1", "InvalidAttributeValue"),
        ("MaximumMessageSize", "1048577", "InvalidAttributeValue"),
        ("MaximumMessageSize", "1023", "InvalidAttributeValue"),
        ("MessageRetentionPeriod", "59", "InvalidAttributeValue"),
        ("VisibilityTimeout", "43201", "InvalidAttributeValue"),
        ("ReceiveMessageWaitTimeSeconds", "21", "InvalidAttributeValue"),
        ("Policy", "{", "InvalidAttributeValue"),
        ("Colour", "red", "InvalidAttributeName"),
        ("QueueArn", "arn", "InvalidAttributeName"),
        ("ContentBasedDeduplication", "true", "InvalidAttributeName"),
        ("RedrivePolicy", "{}", "InvalidParameterValue"),
        ("RedriveAllowPolicy", '{"redrivePermission": "byQueue"}', "InvalidParameterValue"),
    ],
)
def test_a_bad_attribute_is_refused(sqs, name, value, code):
    with refused(code):
        sqs.create("bad", **{name: value})


@pytest.mark.parametrize("count", ["0", "1001", "many", None])
def test_max_receive_count_is_one_to_a_thousand(sqs, url, count):
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(url), "maxReceiveCount": count})
    with refused("InvalidParameterValue"):
        sqs.create("bad", RedrivePolicy=policy)


def test_a_dead_letter_queue_must_exist_and_be_of_the_same_type(sqs):
    fifo = sqs.create("dlq.fifo", FifoQueue="true")
    for arn in (sqs.arn(fifo), "arn:aws:sqs:eu-west-1:111111111111:ghost", "dummy"):
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        with refused("InvalidParameterValue"):
            sqs.create("bad", RedrivePolicy=policy)


def test_a_dead_letter_queue_can_choose_its_sources(sqs):
    dlq = sqs.create("dlq", RedriveAllowPolicy='{"redrivePermission": "denyAll"}')
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(dlq), "maxReceiveCount": 3})
    with refused("InvalidParameterValue"):
        sqs.create("q", RedrivePolicy=policy)
    arn = sqs.arn(dlq).replace("dlq", "q")
    allow = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn]})
    sqs("SetQueueAttributes", QueueUrl=dlq, Attributes={"RedriveAllowPolicy": allow})
    assert sqs.create("q", RedrivePolicy=policy)


def test_sources_of_a_dead_letter_queue_are_listed_in_pages(sqs):
    dlq = sqs.create("dlq")
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(dlq), "maxReceiveCount": 3})
    urls = [sqs.create(f"q{number}", RedrivePolicy=policy) for number in range(3)]
    assert sqs("ListDeadLetterSourceQueues", QueueUrl=dlq) == {"queueUrls": urls}
    page = sqs("ListDeadLetterSourceQueues", QueueUrl=dlq, MaxResults=2)
    assert page["queueUrls"] == urls[:2]
    token = page["NextToken"]
    last = sqs("ListDeadLetterSourceQueues", QueueUrl=dlq, MaxResults=2, NextToken=token)
    assert last == {"queueUrls": urls[2:]}


def test_an_empty_policy_removes_it(sqs):
    dlq = sqs.create("dlq")
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(dlq), "maxReceiveCount": 3})
    url = sqs.create("q", RedrivePolicy=policy)
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"RedrivePolicy": ""})
    found = sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["RedrivePolicy"])
    assert found == {}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"MessageBody": ""}, "MissingParameter"),
        ({"MessageBody": "a\x00b"}, "InvalidMessageContents"),
        ({"MessageBody": "a\ufffeb"}, "InvalidMessageContents"),
        ({"MessageBody": "m", "DelaySeconds": 901}, "InvalidParameterValue"),
        ({"MessageBody": "m", "MessageDeduplicationId": "d"}, "InvalidParameterValue"),
        ({"MessageBody": "m", "MessageGroupId": "g g"}, "InvalidParameterValue"),
    ],
)
def test_a_message_that_aws_would_not_take_is_refused(sqs, url, params, code):
    with refused(code):
        sqs("SendMessage", QueueUrl=url, **params)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS.x", {"DataType": "String", "StringValue": "x"}),
        ("a..b", {"DataType": "String", "StringValue": "x"}),
        (".a", {"DataType": "String", "StringValue": "x"}),
        ("x" * 257, {"DataType": "String", "StringValue": "x"}),
        ("a", {"DataType": "Text", "StringValue": "x"}),
        ("a", {"DataType": "String", "StringValue": ""}),
        ("a", {"DataType": "String", "BinaryValue": "AA=="}),
        ("a", {"DataType": "Number", "StringValue": "one"}),
        ("a", {"DataType": "Binary", "BinaryValue": "%"}),
    ],
)
def test_a_bad_message_attribute_is_refused(sqs, url, name, value):
    with refused("InvalidParameterValue"):
        sqs.send(url, "m", MessageAttributes={name: value})


def test_a_message_has_ten_attributes_at_most(sqs, url):
    value = {"DataType": "String", "StringValue": "x"}
    sqs.send(url, "m", MessageAttributes={f"a{number}": value for number in range(10)})
    with refused("InvalidParameterValue"):
        sqs.send(url, "m", MessageAttributes={f"a{number}": value for number in range(11)})


def test_attributes_count_towards_the_size_of_a_message(sqs):
    url = sqs.create("small", MaximumMessageSize="1024")
    value = {"a": {"DataType": "String", "StringValue": "x" * 17}}
    sqs.send(url, "m" * 1000, MessageAttributes=value)
    with refused("InvalidParameterValue"):
        sqs.send(url, "m" * 1001, MessageAttributes=value)


def test_a_message_may_have_one_mebibyte(sqs, url):
    sqs.send(url, "m" * 1_048_576)
    with refused("InvalidParameterValue"):
        sqs.send(url, "m" * 1_048_577)


def test_a_standard_queue_keeps_the_group_of_a_message(sqs, url):
    sqs.send(url, "m", MessageGroupId="tenant")
    [got] = sqs.receive(url, AttributeNames=["All"])
    assert got["Attributes"]["MessageGroupId"] == "tenant"


def test_attributes_are_chosen_by_name_and_prefix(sqs, url):
    value = {"DataType": "String", "StringValue": "x"}
    sqs.send(url, "m", MessageAttributes={"one": value, "two.a": value, "two.b": value})
    asked = {"VisibilityTimeout": 0}

    def names(wanted):
        [got] = sqs.receive(url, MessageAttributeNames=wanted, **asked)
        return sorted(got.get("MessageAttributes", {}))

    assert names([]) == []
    assert names(["one", "three"]) == ["one"]
    assert names(["two.*"]) == ["two.a", "two.b"]
    assert names([".*"]) == ["one", "two.a", "two.b"]


def entries(*ids: str, **params):
    return [{"Id": entry_id, **params} for entry_id in ids]


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        ([], "EmptyBatchRequest"),
        (entries(*map(str, range(11)), MessageBody="m"), "TooManyEntriesInBatchRequest"),
        (entries("a", "a", MessageBody="m"), "BatchEntryIdsNotDistinct"),
        (entries("a b", MessageBody="m"), "InvalidBatchEntryId"),
        (entries("x" * 81, MessageBody="m"), "InvalidBatchEntryId"),
        (entries("a", "b", MessageBody="m" * 524_289), "BatchRequestTooLong"),
    ],
)
def test_a_batch_against_the_rules_is_refused_whole(sqs, url, batch, code):
    with refused(f"AWS.SimpleQueueService.{code}"):
        sqs("SendMessageBatch", QueueUrl=url, Entries=batch)
    assert sqs.depth(url) == (0, 0, 0)


def test_one_bad_entry_fails_alone(sqs, url):
    batch = [{"Id": "good", "MessageBody": "m"}, {"Id": "bad", "MessageBody": "\x00"}]
    answer = sqs("SendMessageBatch", QueueUrl=url, Entries=batch)
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    [failed] = answer["Failed"]
    assert (failed["Id"], failed["Code"]) == ("bad", "InvalidMessageContents")
    assert failed["SenderFault"] is True


def test_the_size_of_the_queue_counts_for_each_entry(sqs):
    url = sqs.create("small", MaximumMessageSize="1024")
    batch = [{"Id": "a", "MessageBody": "m" * 1024}, {"Id": "b", "MessageBody": "m" * 1025}]
    answer = sqs("SendMessageBatch", QueueUrl=url, Entries=batch)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a"]
    assert [entry["Code"] for entry in answer["Failed"]] == ["InvalidParameterValue"]


def test_deleting_in_a_batch_reports_each_handle(sqs, url):
    sqs.send(url, "m")
    [got] = sqs.receive(url)
    batch = [
        {"Id": "good", "ReceiptHandle": got["ReceiptHandle"]},
        {"Id": "bad", "ReceiptHandle": "junk"},
    ]
    answer = sqs("DeleteMessageBatch", QueueUrl=url, Entries=batch)
    assert answer["Successful"] == [{"Id": "good"}]
    assert answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"


def test_visibility_in_a_batch_reports_each_handle(sqs, url):
    sqs.send(url, "m")
    [got] = sqs.receive(url)
    batch = [
        {"Id": "good", "ReceiptHandle": got["ReceiptHandle"], "VisibilityTimeout": 0},
        {"Id": "bad", "ReceiptHandle": got["ReceiptHandle"], "VisibilityTimeout": 43_201},
    ]
    answer = sqs("ChangeMessageVisibilityBatch", QueueUrl=url, Entries=batch)
    assert answer["Successful"] == [{"Id": "good"}]
    assert answer["Failed"][0]["Code"] == "InvalidParameterValue"
    assert sqs.bodies(url) == ["m"]


@pytest.mark.parametrize(
    "params",
    [
        {"MaxNumberOfMessages": 0},
        {"MaxNumberOfMessages": 11},
        {"VisibilityTimeout": -1},
        {"VisibilityTimeout": 43_201},
        {"WaitTimeSeconds": 21},
        {"ReceiveRequestAttemptId": "x"},
    ],
)
def test_a_receive_out_of_range_is_refused(sqs, url, params):
    with refused("InvalidParameterValue"):
        sqs("ReceiveMessage", QueueUrl=url, **params)


def test_tags_are_set_listed_and_removed(sqs, url):
    sqs("TagQueue", QueueUrl=url, Tags={"a": "1", "b": "2"})
    sqs("UntagQueue", QueueUrl=url, TagKeys=["a"])
    assert sqs("ListQueueTags", QueueUrl=url) == {"Tags": {"b": "2"}}


def test_queues_are_listed_by_prefix_and_page_within_account_and_region(sqs):
    urls = [sqs.create(f"a{number}") for number in range(3)]
    sqs.create("b")
    sqs("CreateQueue", caller=sqs.caller_of("222222222222"), QueueName="a9")
    assert sqs("ListQueues", QueueNamePrefix="a") == {"QueueUrls": urls}
    page = sqs("ListQueues", QueueNamePrefix="a", MaxResults=2)
    last = sqs("ListQueues", QueueNamePrefix="a", MaxResults=2, NextToken=page["NextToken"])
    assert page["QueueUrls"] + last["QueueUrls"] == urls
    assert "NextToken" not in last


def test_a_queue_of_another_account_needs_its_policy(sqs, url):
    other = sqs.caller_of("222222222222")
    for operation, params in (
        ("SendMessage", {"MessageBody": "m"}),
        ("ReceiveMessage", {}),
        ("GetQueueAttributes", {}),
    ):
        with refused("AccessDenied"):
            sqs(operation, caller=other, QueueUrl=url, **params)
    permission = {"Label": "l", "AWSAccountIds": ["222222222222"], "Actions": ["SendMessage"]}
    sqs("AddPermission", QueueUrl=url, **permission)
    sqs("SendMessage", caller=other, QueueUrl=url, MessageBody="m")
    batch = entries("a", MessageBody="m")
    sqs("SendMessageBatch", caller=other, QueueUrl=url, Entries=batch)
    with refused("AccessDenied"):
        sqs("ReceiveMessage", caller=other, QueueUrl=url)
    sqs("RemovePermission", QueueUrl=url, Label="l")
    with refused("AccessDenied"):
        sqs("SendMessage", caller=other, QueueUrl=url, MessageBody="m")


def test_what_only_the_owner_may_do_no_policy_grants(sqs, url):
    permission = {"Label": "l", "AWSAccountIds": ["222222222222"], "Actions": ["*"]}
    sqs("AddPermission", QueueUrl=url, **permission)
    with refused("AccessDenied"):
        sqs("DeleteQueue", caller=sqs.caller_of("222222222222"), QueueUrl=url)


def test_a_denial_beats_a_permission_and_conditions_grant_nothing(sqs, url):
    arn, other = sqs.arn(url), sqs.caller_of("222222222222")
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": arn}

    def let_in(*statements) -> bool:
        policy = json.dumps({"Statement": list(statements)})
        sqs("SetQueueAttributes", QueueUrl=url, Attributes={"Policy": policy})
        try:
            sqs("SendMessage", caller=other, QueueUrl=url, MessageBody="m")
        except AwsError:
            return False
        return True

    assert let_in(allow)
    assert not let_in(allow, {**allow, "Effect": "Deny"})
    assert not let_in({**allow, "Condition": {"Bool": {"aws:SecureTransport": "true"}}})


def test_a_denial_holds_for_the_owner_too_who_can_still_take_it_back(sqs, url):
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage"}
    policy = json.dumps({"Statement": [{**statement, "Resource": sqs.arn(url)}]})
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"Policy": policy})
    with refused("AccessDenied"):
        sqs("SendMessage", QueueUrl=url, MessageBody="m")
    with refused("AccessDenied"):
        sqs("SendMessageBatch", QueueUrl=url, Entries=entries("a", MessageBody="m"))
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"Policy": ""})
    sqs("SendMessage", QueueUrl=url, MessageBody="m")


def test_ten_thousand_messages_pass_without_a_scan(sqs, url, clock):
    """Not timed: the test's own time limit ends it if a call should cost more with depth."""
    for start in range(0, 10_000, 10):
        batch = [{"Id": str(n), "MessageBody": f"{start + n}"} for n in range(10)]
        sqs("SendMessageBatch", QueueUrl=url, Entries=batch)
    seen = set()
    while received := sqs.receive(url):
        seen |= {message["Body"] for message in received}
        handles = [
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
            for n, message in enumerate(received)
        ]
        sqs("DeleteMessageBatch", QueueUrl=url, Entries=handles)
    assert len(seen) == 10_000
    assert sqs.depth(url) == (0, 0, 0)


def test_a_queue_does_not_keep_what_has_left_it(sqs, url):
    for _ in range(3000):
        sqs.send(url, "m")
        [got] = sqs.receive(url)
        sqs.delete(url, got)
    queue = sqs.registry.by_arn(sqs.arn(url))
    assert len(queue._expiry) < 2 * queues._SLACK
    assert len(queue._timers) < 2 * queues._SLACK
