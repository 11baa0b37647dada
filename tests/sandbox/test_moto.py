"""What the sandbox leaves to moto still works through it, in the account of the caller."""

import sys
import uuid

import pytest

from awsops.sandbox.moto_bridge import Moto
from awsops.sandbox.wire import Request


def test_each_account_has_its_own_of_everything(client):
    name = f"/g/{uuid.uuid4().hex[:8]}"
    client("logs", 0).create_log_group(logGroupName=name)
    for number, count in ((0, 1), (1, 0)):
        found = client("logs", number).describe_log_groups(logGroupNamePrefix=name)
        assert len(found["logGroups"]) == count


def test_a_role_session_reaches_its_accounts_resources(client):
    role = {"RoleArn": "arn:aws:iam::222222222222:role/ops", "RoleSessionName": "me"}
    keys = client("sts").assume_role(**role)["Credentials"]
    name = f"s{uuid.uuid4().hex[:8]}"
    client("kinesis", keys=keys).create_stream(StreamName=name, ShardCount=1)
    assert name in client("kinesis", 1).list_streams()["StreamNames"]
    assert name not in client("kinesis", 0).list_streams()["StreamNames"]


def test_objects_with_odd_names_survive(client):
    s3 = client("s3", s3={"addressing_style": "path"})
    bucket = f"b-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    key = "a b/ü+?%2F#.txt"
    s3.put_object(Bucket=bucket, Key=key, Body=b"content", Metadata={"k": "v"})
    got = s3.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == b"content"
    assert got["Metadata"] == {"k": "v"}
    head = s3.head_object(Bucket=bucket, Key=key)
    assert head["ContentLength"] == 7


def test_services_of_every_protocol_answer(client):
    assert client("ec2").describe_regions()["Regions"]
    assert client("cloudwatch").list_metrics(Namespace="none")["Metrics"] == []
    assert client("lambda").list_layers()["Layers"] == []
    assert client("ecr").get_authorization_token()["authorizationData"]
    assert client("sns").list_topics()["Topics"] == []


def test_what_needs_a_package_that_the_extra_leaves_out_names_it(monkeypatch):
    for name in [
        n for n in sys.modules if n.startswith(("moto.cloudformation", "moto.apigateway"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openapi_spec_validator", None)
    scope = "AKIATESTXXXXEXAMPLE/20260101/eu-west-1/cloudformation/aws4_request"
    headers = {
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "content-type": "application/x-www-form-urlencoded",
    }
    request = Request("POST", "/", headers, b"Action=ListStacks&Version=2010-05-15")
    with pytest.raises(NotImplementedError, match="openapi_spec_validator"):
        Moto().pass_on(request, None)
