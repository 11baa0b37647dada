import os

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from awsops.sandbox import chaos, start, stop
from awsops.sandbox import client as admin
from awsops.sandbox.chaos import Chaos, parse
from awsops.sandbox.control import set_chaos


def test_a_specification_is_read():
    spec = "throttle=0.1,error=0.02,latency=50ms,reset=0.01,lost=0.01,only=sqs+sts,seed=7"
    assert parse(spec) == Chaos(
        throttle=0.1,
        error=0.02,
        latency=0.05,
        reset=0.01,
        lost=0.01,
        only=("sqs", "sts"),
        seed=7,
    )


@pytest.mark.parametrize("spec", [None, "", " ", ","])
def test_no_specification_is_a_good_day(spec):
    assert parse(spec) == Chaos()


@pytest.mark.parametrize("spec", ["", "throttle=0.1", "latency=1500ms,only=sqs+sts,seed=3"])
def test_a_day_can_be_written_down_again(spec):
    assert parse(spec).spec() == spec


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("thortle=1", "unknown key 'thortle'; known keys: throttle, error, latency"),
        ("throttle", "expected a probability"),
        ("throttle=2", "expected a probability"),
        ("throttle=nan", "expected a probability"),
        ("error=-0.1", "expected a probability"),
        ("latency=fast", "expected a duration"),
        ("latency=61s", "expected a duration"),
        ("seed=x", "expected a whole number"),
        ("only=", "expected service names"),
        ("throttle=0.1,throttle=0.2", "given twice"),
        ("throttle=0.6,error=0.6", "add up to 1.2"),
        ("=1", "unknown key ''"),
    ],
)
def test_a_bad_specification_says_what_is_wrong(spec, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        parse(spec)


def faults(day: Chaos, count: int = 2000, name: str = "sqs.SendMessage") -> list[str | None]:
    return [day.fault(name, number) for number in range(count)]


def test_the_same_seed_is_the_same_day():
    day = parse("throttle=0.1,error=0.1,reset=0.1,lost=0.1,seed=7")
    assert faults(day) == faults(parse(day.spec()))
    assert faults(day) != faults(parse("throttle=0.1,error=0.1,reset=0.1,lost=0.1,seed=8"))
    assert faults(day) != faults(day, name="sqs.ReceiveMessage")


def test_faults_come_as_often_as_was_asked():
    met = faults(parse("throttle=0.2,error=0.1,reset=0.05,lost=0.05"), 20_000)
    assert 3600 < met.count("throttle") < 4400
    assert 1800 < met.count("error") < 2200
    assert 850 < met.count("reset") < 1150
    assert 850 < met.count("lost") < 1150


def test_a_day_can_be_bad_for_some_services_only():
    day = parse("throttle=1,only=sqs")
    assert day.concerns("sqs")
    assert not day.concerns("sts")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chaotic")
    yield start(folder, chaos="throttle=0.5,seed=7", parent_pid=os.getpid())
    stop(folder, "default")


@pytest.fixture
def day(own):
    """Changes the day while the sandbox runs."""

    def change(spec: str):
        answer = admin.request(own.port, "POST", "chaos", {"spec": spec}, instance=own.instance)
        admin.request(own.port, "POST", "calls/reset", {}, instance=own.instance)
        return answer["spec"]

    yield change
    change("")


@pytest.fixture
def there(own, client):
    return lambda service, **options: client(service, endpoint=own.endpoint, **options)


def outcome(call, **params) -> str:
    try:
        call(**params)
    except ClientError as error:
        return error.response["Error"]["Code"]
    except ConnectionClosedError:
        return "closed"
    return "ok"


def test_two_rehearsals_meet_the_same_faults(day, there):
    sqs, runs = there("sqs"), []
    for _ in range(2):
        day("throttle=0.3,error=0.2,seed=11")
        runs.append([outcome(sqs.list_queues) for _ in range(30)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {"ok", "RequestThrottled", "InternalFailure"}


def test_a_day_with_a_seed_is_the_same_whatever_was_asked_before(own, there):
    sqs, runs = there("sqs"), []
    for before in (0, 7):
        for _ in range(before):
            outcome(sqs.list_queues)
        set_chaos(own, "throttle=0.3,error=0.2,seed=11")
        runs.append([outcome(sqs.list_queues) for _ in range(30)])
        set_chaos(own, "")
    assert runs[0] == runs[1]


# What botocore calls each service by, and what that service says when it is called too often.
@pytest.mark.parametrize(
    ("service", "operation", "throttled", "failed"),
    [
        ("sqs", "list_queues", "RequestThrottled", "InternalFailure"),
        ("sts", "get_caller_identity", "Throttling", "InternalFailure"),
        ("iam", "list_users", "Throttling", "InternalFailure"),
        ("logs", "describe_log_groups", "ThrottlingException", "InternalFailure"),
        ("lambda", "list_functions", "TooManyRequestsException", "ServiceException"),
        ("cloudwatch", "list_metrics", "Throttling", "InternalFailure"),
        ("kinesis", "list_streams", "ProvisionedThroughputExceededException", "InternalFailure"),
        ("ecr", "describe_repositories", "ThrottlingException", "InternalFailure"),
        ("s3", "list_buckets", "SlowDown", "InternalError"),
        ("ec2", "describe_regions", "RequestLimitExceeded", "InternalError"),
    ],
)
def test_each_service_fails_in_its_own_words(day, there, service, operation, throttled, failed):
    call = getattr(there(service), operation)
    day("throttle=1")
    assert outcome(call) == throttled
    day("error=1")
    assert outcome(call) == failed


@pytest.mark.parametrize("service", ["sqs", "sts", "logs", "lambda", "kinesis", "ec2", "s3"])
def test_botocore_takes_every_throttle_for_one(day, there, service):
    """Whoever throttles is tried again: the tally shows more than one call."""
    operation = {
        "sqs": "list_queues",
        "sts": "get_caller_identity",
        "logs": "describe_log_groups",
        "lambda": "list_functions",
        "kinesis": "list_streams",
        "ec2": "describe_regions",
        "s3": "list_buckets",
    }[service]
    boto = there(service, attempts=2)
    day("throttle=1")
    outcome(getattr(boto, operation))
    day_calls = admin.request(_port(boto), "GET", "calls")["calls"]
    assert sum(day_calls.values()) == 2


def _port(boto) -> int:
    return int(boto.meta.endpoint_url.rpartition(":")[2])


def test_a_reset_call_was_not_carried_out_and_a_lost_one_was(day, there, own):
    sqs = there("sqs")
    url = sqs.create_queue(QueueName="lossy")["QueueUrl"]

    def depth() -> str:
        day("")
        names = ["ApproximateNumberOfMessages"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return found["Attributes"][names[0]]

    day("reset=1,only=sqs")
    assert outcome(sqs.send_message, QueueUrl=url, MessageBody="m") == "closed"
    assert depth() == "0"
    day("lost=1,only=sqs")
    assert outcome(sqs.send_message, QueueUrl=url, MessageBody="m") == "closed"
    assert depth() == "1"


def test_calls_and_faults_are_counted(day, there, own):
    sqs = there("sqs")
    day("throttle=1,only=sqs")
    outcome(sqs.list_queues)
    there("sts").get_caller_identity()
    assert admin.request(own.port, "GET", "calls") == {
        "calls": {"sqs.ListQueues": 1, "sts.GetCallerIdentity": 1},
        "errors": {"sqs.ListQueues:RequestThrottled": 1},
        "faults": {"sqs.ListQueues:throttle": 1},
    }


def test_a_sandbox_can_start_with_a_bad_day(own):
    assert own.chaos == "throttle=0.5,seed=7"


def test_a_bad_change_leaves_the_day_as_it_was(day, own):
    day("latency=1ms")
    with pytest.raises(admin.AdminError, match="unknown key"):
        day("weather=bad")
    assert admin.request(own.port, "GET", "chaos") == {"spec": "latency=1ms"}


def test_latency_is_slept_before_the_call():
    from awsops.sandbox.front import Front
    from awsops.sandbox.wire import Request

    slept: list[float] = []
    front = Front(parse("latency=50ms"), sleep=slept.append)
    front.answer(Request("POST", "/", {"x-amz-target": "AmazonSQS.ListQueues"}, b"{}"))
    assert slept == [0.05]


def test_no_throttle_is_without_a_code():
    for service in ("sqs", "something-new"):
        assert chaos.throttled(service, "json").code
