import os

import pytest

from awsops.sandbox import control, start, stop
from awsops.sandbox.client import AdminError


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("controlled")
    yield start(folder, seed=False, parent_pid=os.getpid())
    stop(folder, "default")


def test_the_day_is_changed_and_asked_for(own):
    control.set_chaos(own, "latency=1ms,seed=4")
    assert control.chaos(own) == "latency=1ms,seed=4"
    control.set_chaos(own, "")
    assert control.chaos(own) == ""
    with pytest.raises(ValueError, match="unknown key"):
        control.set_chaos(own, "weather=bad")


def test_calls_are_counted_from_the_last_reset(own, client):
    sqs = client("sqs", endpoint=own.endpoint)
    sqs.list_queues()
    control.reset_calls(own)
    sqs.list_queues()
    assert control.calls(own) == control.Calls({"sqs.ListQueues": 1}, {}, {})


def test_a_demo_user_can_show_a_code(own, client):
    serial = own.accounts[0].mfa_serial
    code, seconds = control.mfa_code(own, serial)
    assert 0 < seconds <= 30
    sts = client("sts", endpoint=own.endpoint)
    assert sts.get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"]
    with pytest.raises(KeyError):
        control.mfa_code(own, "arn:aws:iam::111111111111:mfa/other")


def test_a_reset_sandbox_is_empty(own, client):
    sqs = client("sqs", endpoint=own.endpoint)
    sqs.create_queue(QueueName="q")
    control.reset(own)
    assert "QueueUrls" not in sqs.list_queues()
    assert sqs.create_queue(QueueName="q")


def test_what_nobody_plays_says_so(own, client):
    codedeploy = client("codedeploy", endpoint=own.endpoint)
    with pytest.raises(codedeploy.exceptions.ClientError, match="does not play") as error:
        codedeploy.list_git_hub_account_token_names()
    assert error.value.response["Error"]["Code"] == "NotImplemented"


def test_sessions_are_shortened_until_the_next_reset(own, client):
    sts = client("sts", endpoint=own.endpoint)
    control.shorten_sessions(own, 60)
    short = sts.get_session_token()["Credentials"]["Expiration"]
    control.shorten_sessions(own, None)
    usual = sts.get_session_token()["Credentials"]["Expiration"]
    assert (usual - short).total_seconds() > 3_600
    with pytest.raises(AdminError, match="expected 0 or more"):
        control.shorten_sessions(own, -1)


def test_sessions_end_when_told_and_the_users_keys_go_on(own, client):
    sts = client("sts", endpoint=own.endpoint)
    keys = sts.get_session_token()["Credentials"]
    session = client("sts", endpoint=own.endpoint, keys=keys)
    assert session.get_caller_identity()["Account"] == "111111111111"
    assert control.end_sessions(own) >= 1
    with pytest.raises(session.exceptions.ClientError, match="ExpiredToken"):
        session.get_caller_identity()
    assert sts.get_caller_identity()["Account"] == "111111111111"
    assert control.end_sessions(own) == 0
