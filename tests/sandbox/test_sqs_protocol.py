"""SQS through botocore, which checks the checksums and reads the errors as every client does."""

import threading
import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def boto(client):
    return client("sqs", parameter_validation=False)


@pytest.fixture
def url(boto):
    return boto.create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]


def failure(call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    return error.value.response


def test_errors_carry_both_of_their_names(boto):
    response = failure(boto.get_queue_url, QueueName="ghost")
    assert response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert response["Error"]["QueryErrorCode"] == "QueueDoesNotExist"
    assert response["Error"]["Type"] == "Sender"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(boto.exceptions.QueueDoesNotExist):
        boto.get_queue_url(QueueName="ghost")


def test_a_queue_url_names_the_endpoint_account_and_queue(boto, url, sandbox):
    assert url.startswith(f"{sandbox.endpoint}/111111111111/q-")


def test_every_kind_of_attribute_passes_the_checksums(boto, url):
    attributes = {
        "text": {"DataType": "String", "StringValue": "naïve ✓"},
        "number": {"DataType": "Number", "StringValue": "-1.5e3"},
        "bytes": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
        "label": {"DataType": "Binary.png", "BinaryValue": b"\x00"},
    }
    sent = boto.send_message(QueueUrl=url, MessageBody="b ✓", MessageAttributes=attributes)
    [got] = boto.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert got["MessageAttributes"] == attributes
    assert got["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


def test_an_empty_queue_has_no_messages_in_its_answer(boto, url):
    assert "Messages" not in boto.receive_message(QueueUrl=url)


def test_a_long_poll_ends_as_soon_as_a_message_comes(boto, client, url):
    timer = threading.Timer(
        0.3,
        client("sqs").send_message,
        (),
        {
            "QueueUrl": url,
            "MessageBody": "here",
        },
    )
    timer.start()
    got = boto.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    timer.join()
    assert got[0]["Body"] == "here"


def test_a_long_poll_ends_when_a_delay_does(boto, url):
    boto.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=1)
    got = boto.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert got[0]["Body"] == "late"


def test_a_long_poll_on_a_queue_deleted_meanwhile_says_so(boto, client, url):
    timer = threading.Timer(0.2, client("sqs").delete_queue, (), {"QueueUrl": url})
    timer.start()
    response = failure(boto.receive_message, QueueUrl=url, WaitTimeSeconds=20)
    timer.join()
    assert response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_the_same_name_in_two_accounts_or_regions_is_two_queues(client):
    name = f"q-{uuid.uuid4().hex[:8]}"
    places = [client("sqs"), client("sqs", 1), client("sqs", region="us-east-1")]
    urls = [place.create_queue(QueueName=name)["QueueUrl"] for place in places]
    for number, (place, url) in enumerate(zip(places, urls, strict=True)):
        place.send_message(QueueUrl=url, MessageBody=str(number))
    for number, (place, url) in enumerate(zip(places, urls, strict=True)):
        bodies = [message["Body"] for message in place.receive_message(QueueUrl=url)["Messages"]]
        assert bodies == [str(number)]


def test_a_queue_of_another_account_is_denied(client, url):
    response = failure(client("sqs", 1).send_message, QueueUrl=url, MessageBody="m")
    assert response["Error"]["Code"] == "AccessDenied"
    assert "arn:aws:iam::222222222222:user/demo" in response["Error"]["Message"]


def test_a_role_may_use_what_its_account_owns(client):
    role = {"RoleArn": "arn:aws:iam::333333333333:role/ops", "RoleSessionName": "me"}
    keys = client("sts").assume_role(**role)["Credentials"]
    queues = client("sqs", keys=keys).list_queues()["QueueUrls"]
    assert {url.split("/")[-2] for url in queues} == {"333333333333"}


def test_pages_end(boto):
    prefix = f"p{uuid.uuid4().hex[:8]}-"
    urls = [boto.create_queue(QueueName=f"{prefix}{n}")["QueueUrl"] for n in range(5)]
    pages = boto.get_paginator("list_queues").paginate(
        QueueNamePrefix=prefix, PaginationConfig={"PageSize": 2}
    )
    assert [url for page in pages for url in page["QueueUrls"]] == urls


def test_an_empty_batch_is_refused(boto, url):
    response = failure(boto.send_message_batch, QueueUrl=url, Entries=[])
    assert response["Error"]["Code"] == "AWS.SimpleQueueService.EmptyBatchRequest"


def test_many_threads_lose_and_double_nothing(client, url):
    """64 connections at once, as a fan-out opens them."""
    clients = [client("sqs") for _ in range(8)]
    for start in range(0, 320, 10):
        entries = [{"Id": str(n), "MessageBody": str(start + n)} for n in range(10)]
        clients[0].send_message_batch(QueueUrl=url, Entries=entries)
    seen: list[str] = []

    def drain(boto) -> None:
        while got := boto.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            entries = [
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
                for n, message in enumerate(got)
            ]
            boto.delete_message_batch(QueueUrl=url, Entries=entries)
            seen.extend(message["Body"] for message in got)

    threads = [threading.Thread(target=drain, args=(clients[n % 8],)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, seen)) == list(range(320))
