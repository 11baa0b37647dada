"""Lambda as the sandbox plays it: alias rules, versions, calls, mappings, scripted traffic."""

from __future__ import annotations

import base64
import json
import uuid

import pytest

from awsops.sandbox import control

ROLE = "arn:aws:iam::111111111111:role/r"


class Fn:
    """A function of a test's own with versions 1 to 3."""

    def __init__(self, client, sandbox, account=0):
        self.api = client("lambda", account)
        self.errors = self.api.exceptions
        self.sandbox = sandbox
        self.name = f"f-{uuid.uuid4().hex[:8]}"
        self.api.create_function(
            FunctionName=self.name,
            Runtime="python3.12",
            Role=ROLE,
            Handler="a.h",
            Code={"ZipFile": b"0"},
        )
        for number in (1, 2, 3):
            self.api.update_function_code(FunctionName=self.name, ZipFile=b"%d" % number)
            self.api.publish_version(FunctionName=self.name)

    def __getattr__(self, operation):
        call = getattr(self.api, operation)
        return lambda **params: call(FunctionName=self.name, **params)


@pytest.fixture
def fn(client, sandbox):
    return Fn(client, sandbox)


@pytest.fixture
def live(fn):
    fn.create_alias(Name="live", FunctionVersion="1")
    return fn


def _weights(fn, weights, **params):
    return fn.update_alias(
        Name="live", RoutingConfig={"AdditionalVersionWeights": weights}, **params
    )


def test_a_weight_is_kept_and_cleared(live):
    _weights(live, {"2": 0.25})
    assert live.get_alias(Name="live")["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.25}
    _weights(live, {}, FunctionVersion="2")
    found = live.get_alias(Name="live")
    assert (found["FunctionVersion"], found.get("RoutingConfig")) == ("2", None)


def test_without_routing_the_weights_stay(live):
    _weights(live, {"2": 0.25})
    live.update_alias(Name="live", Description="x")
    assert live.get_alias(Name="live")["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.25}


def test_a_change_makes_a_new_revision_and_the_old_one_is_refused(live):
    before = live.get_alias(Name="live")["RevisionId"]
    assert _weights(live, {"2": 0.1}, RevisionId=before)["RevisionId"] != before
    with pytest.raises(live.errors.PreconditionFailedException):
        _weights(live, {"2": 0.2}, RevisionId=before)
    assert live.get_alias(Name="live")["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.1}


@pytest.mark.parametrize(
    "weights",
    [{"2": 1.5}, {"99": 0.5}, {"1": 0.5}, {"2": 0.1, "3": 0.1}, {"$LATEST": 0.1}],
)
def test_weights_that_lambda_refuses(live, weights):
    with pytest.raises(live.errors.ClientError) as error:
        _weights(live, weights)
    assert error.value.response["Error"]["Code"] in (
        "InvalidParameterValueException",
        "ResourceNotFoundException",
    )
    assert "RoutingConfig" not in live.get_alias(Name="live")


@pytest.mark.parametrize(
    "change",
    [
        {"Role": "arn:aws:iam::111111111111:role/other"},
        {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-west-1:111111111111:orders-dlq"}},
    ],
)
def test_both_versions_share_role_and_dead_letter_target(live, change):
    live.update_function_configuration(**change)
    other = live.publish_version()["Version"]
    with pytest.raises(live.errors.InvalidParameterValueException, match="must have the same"):
        _weights(live, {other: 0.1})


def test_an_alias_with_provisioned_concurrency_takes_no_weights(live):
    live.put_provisioned_concurrency_config(Qualifier="live", ProvisionedConcurrentExecutions=1)
    with pytest.raises(live.errors.InvalidParameterValueException, match="Provisioned"):
        _weights(live, {"2": 0.1})


def test_publishing_what_has_not_changed_publishes_nothing(fn):
    assert fn.publish_version()["Version"] == "3"


def test_publishing_is_guarded_by_code_and_revision(fn):
    with pytest.raises(fn.errors.InvalidParameterValueException, match="CodeSHA256"):
        fn.publish_version(CodeSha256="other")
    with pytest.raises(fn.errors.PreconditionFailedException):
        fn.publish_version(RevisionId=str(uuid.uuid4()))


def test_a_new_version_is_pending_for_a_moment(fn, sandbox):
    fn.update_function_code(ZipFile=b"new")
    assert fn.publish_version()["State"] == "Pending"
    control.advance(sandbox, 2)
    assert fn.get_function_configuration(Qualifier="4")["State"] == "Active"


def test_a_version_in_use_cannot_be_deleted(live):
    with pytest.raises(live.errors.ResourceConflictException):
        live.delete_function(Qualifier="1")
    live.delete_function(Qualifier="3")
    with pytest.raises(live.errors.ResourceNotFoundException):
        live.get_function(Qualifier="3")


def test_calls_are_spread_by_weight(live):
    _weights(live, {"2": 0.5})
    seen = {live.invoke(Qualifier="live")["ExecutedVersion"] for _ in range(40)}
    assert seen == {"1", "2"}


def test_a_call_answers_its_version_its_event_and_its_log(live):
    answer = live.invoke(Qualifier="live", Payload=b'{"a": 1}', LogType="Tail")
    assert json.loads(answer["Payload"].read()) == {"version": "1", "event": {"a": 1}}
    assert b"Version: 1" in base64.b64decode(answer["LogResult"])


def test_a_function_fails_when_it_is_told_to(live, sandbox):
    control.play_traffic(
        sandbox,
        live.name,
        "live",
        versions={"1": {"errors": 1}},
        account="111111111111",
        region="eu-west-1",
    )
    answer = live.invoke(Qualifier="live")
    assert answer["FunctionError"] == "Unhandled"


def test_nothing_runs_without_concurrency(fn):
    fn.put_function_concurrency(ReservedConcurrentExecutions=0)
    with pytest.raises(fn.errors.TooManyRequestsException):
        fn.invoke()
    fn.delete_function_concurrency()
    assert fn.invoke()["StatusCode"] == 200


def test_a_reservation_leaves_a_hundred_for_the_others(fn):
    with pytest.raises(fn.errors.InvalidParameterValueException, match="UnreservedConcurrent"):
        fn.put_function_concurrency(ReservedConcurrentExecutions=901)


def test_a_mapping_takes_a_moment_and_is_not_changed_meanwhile(live, sandbox):
    arn = f"arn:aws:sqs:eu-west-1:111111111111:{live.name}"
    made = live.create_event_source_mapping(EventSourceArn=arn)
    with pytest.raises(live.errors.ResourceInUseException):
        live.api.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
    control.advance(sandbox, 2)
    live.api.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
    control.advance(sandbox, 2)
    assert live.api.get_event_source_mapping(UUID=made["UUID"])["State"] == "Disabled"


def test_a_queue_is_not_bisected(live):
    arn = f"arn:aws:sqs:eu-west-1:111111111111:{live.name}"
    with pytest.raises(live.errors.InvalidParameterValueException, match="Bisect"):
        live.create_event_source_mapping(EventSourceArn=arn, BisectBatchOnFunctionError=True)


def test_a_policy_is_read_and_revoked_by_revision(fn):
    fn.add_permission(
        StatementId="s", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
    )
    policy = fn.get_policy()
    assert json.loads(policy["Policy"])["Statement"][0]["Principal"] == {
        "Service": "events.amazonaws.com"
    }
    with pytest.raises(fn.errors.PreconditionFailedException):
        fn.remove_permission(StatementId="s", RevisionId=str(uuid.uuid4()))
    fn.remove_permission(StatementId="s", RevisionId=policy["RevisionId"])
    with pytest.raises(fn.errors.ResourceNotFoundException):
        fn.get_policy()


def _sums(client, sandbox, fn, metric, version, seconds):
    now = control.now(sandbox)
    dimensions = {
        "FunctionName": fn.name,
        "Resource": f"{fn.name}:live",
        "ExecutedVersion": version,
    }
    points = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": n, "Value": v} for n, v in dimensions.items()],
        StartTime=now - seconds,
        EndTime=now + 60,
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def test_scripted_traffic_follows_the_weights_and_fails_from_a_weight_on(client, live, sandbox):
    control.play_traffic(
        sandbox,
        live.name,
        "live",
        per_second=100,
        versions={"2": {"errors": [[0, 0], [0.25, 0.2]]}},
        account="111111111111",
        region="eu-west-1",
    )
    _weights(live, {"2": 0.1})
    control.advance(sandbox, 60)
    assert _sums(client, sandbox, live, "Invocations", "2", 300) == pytest.approx(600, abs=20)
    assert _sums(client, sandbox, live, "Errors", "2", 300) == 0
    _weights(live, {"2": 0.25})
    control.advance(sandbox, 60)
    assert _sums(client, sandbox, live, "Errors", "2", 300) == pytest.approx(300, abs=20)
    assert _sums(client, sandbox, live, "Errors", "1", 300) == 0


def test_the_demo_accounts_have_functions_and_others_have_none(client, fn):
    names = {f["FunctionName"] for f in client("lambda").list_functions()["Functions"]}
    assert {"orders", "payments", "check-orders"} <= names
    assert client("lambda", region="eu-north-1").list_functions()["Functions"] == []


def test_a_name_may_be_an_arn_and_another_accounts_is_not_found(fn):
    arn = f"arn:aws:lambda:eu-west-1:111111111111:function:{fn.name}"
    assert fn.api.get_function(FunctionName=arn)["Configuration"]["FunctionName"] == fn.name
    with pytest.raises(fn.errors.ResourceNotFoundException):
        fn.api.get_function(FunctionName=arn.replace("1" * 12, "2" * 12))
