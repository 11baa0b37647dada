import time

import pytest
from botocore.exceptions import ClientError

from awsops.sandbox import client as admin
from awsops.sandbox.accounts import ACCOUNTS
from awsops.sandbox.identity import KeyStore
from awsops.sandbox.sts import ROLE_SECONDS, SESSION_SECONDS

OPS = "arn:aws:iam::222222222222:role/ops"


def code_of(error) -> str:
    return error.value.response["Error"]["Code"]


@pytest.fixture
def sts(client):
    return client("sts", parameter_validation=False)


@pytest.fixture
def refused():
    def check(code, call, **params):
        with pytest.raises(ClientError) as error:
            call(**params)
        assert code_of(error) == code
        return error.value.response["Error"]["Message"]

    return check


def test_each_key_belongs_to_its_account(client):
    for number, account in enumerate(ACCOUNTS):
        me = client("sts", number).get_caller_identity()
        assert me["Account"] == account.account_id
        assert me["Arn"] == f"arn:aws:iam::{account.account_id}:user/demo"
        assert me["UserId"].startswith("AIDA")


def test_the_example_key_of_the_documentation_needs_no_secret(client):
    keys = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "whatever"}
    assert client("sts", keys=keys).get_caller_identity()["Account"] == "123456789012"


def test_a_wrong_secret_is_refused(client, refused):
    keys = {"AccessKeyId": ACCOUNTS[0].access_key, "SecretAccessKey": "wrong"}
    refused("SignatureDoesNotMatch", client("sts", keys=keys).get_caller_identity)
    refused("SignatureDoesNotMatch", client("sqs", keys=keys).list_queues)
    refused("InvalidSignatureException", client("logs", keys=keys).describe_log_groups)


def test_an_unknown_key_is_refused_by_each_service_in_its_own_words(client, refused):
    keys = {"AccessKeyId": "AKIANOBODYXXXEXAMPLE", "SecretAccessKey": "x"}
    refused("InvalidClientTokenId", client("sts", keys=keys).get_caller_identity)
    refused("InvalidClientTokenId", client("sqs", keys=keys).list_queues)
    refused("UnrecognizedClientException", client("logs", keys=keys).describe_log_groups)
    refused("UnrecognizedClientException", client("lambda", keys=keys).list_functions)
    refused("AuthFailure", client("ec2", keys=keys).describe_regions)
    refused("InvalidAccessKeyId", client("s3", keys=keys).list_buckets)


def test_an_unsigned_call_is_refused(client, refused):
    from botocore import UNSIGNED

    sqs = client("sqs", signature_version=UNSIGNED)
    refused("MissingAuthenticationToken", sqs.list_queues)


def test_a_session_acts_as_its_user(sts, client):
    asked = time.time()
    keys = sts.get_session_token(DurationSeconds=900)["Credentials"]
    begun = keys["Expiration"].timestamp() - 900
    assert int(asked) <= begun <= time.time()
    assert keys["AccessKeyId"].startswith("ASIA")
    me = client("sts", keys=keys).get_caller_identity()
    assert me["Arn"] == "arn:aws:iam::111111111111:user/demo"


def test_a_session_without_its_token_is_unknown(sts, client, refused):
    keys = sts.get_session_token()["Credentials"]
    del keys["SessionToken"]
    refused("InvalidClientTokenId", client("sts", keys=keys).get_caller_identity)


@pytest.mark.parametrize("seconds", [SESSION_SECONDS[0] - 1, SESSION_SECONDS[-1] + 1, 0, -5])
def test_a_session_has_bounds(sts, refused, seconds):
    refused("ValidationError", sts.get_session_token, DurationSeconds=seconds)


@pytest.mark.parametrize("seconds", [ROLE_SECONDS[0] - 1, ROLE_SECONDS[-1] + 1])
def test_a_role_session_has_bounds(sts, refused, seconds):
    refused(
        "ValidationError",
        sts.assume_role,
        RoleArn=OPS,
        RoleSessionName="me",
        DurationSeconds=seconds,
    )


def test_a_session_token_is_not_for_temporary_credentials(sts, client, refused):
    session = sts.get_session_token()["Credentials"]
    role = sts.assume_role(RoleArn=OPS, RoleSessionName="me")["Credentials"]
    for keys in (session, role):
        refused("AccessDenied", client("sts", keys=keys).get_session_token)


def test_a_role_acts_in_its_account(sts, client):
    answer = sts.assume_role(RoleArn=OPS, RoleSessionName="me")
    arn = "arn:aws:sts::222222222222:assumed-role/ops/me"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    me = client("sts", keys=answer["Credentials"]).get_caller_identity()
    assert me["Arn"] == arn
    assert me["Account"] == "222222222222"
    assert me["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    queues = client("sqs", keys=answer["Credentials"]).list_queues(QueueNamePrefix="orders-dlq")
    assert "/222222222222/orders-dlq" in queues["QueueUrls"][0]


def test_a_chained_role_session_lasts_an_hour_at_most(sts, client, refused):
    keys = sts.assume_role(RoleArn=OPS, RoleSessionName="one")["Credentials"]
    chained = client("sts", keys=keys)
    role = {"RoleArn": "arn:aws:iam::333333333333:role/ops", "RoleSessionName": "two"}
    message = refused("ValidationError", chained.assume_role, DurationSeconds=3601, **role)
    assert "role chaining" in message
    assert chained.assume_role(DurationSeconds=3600, **role)["Credentials"]


def test_a_role_that_does_not_exist_is_denied(sts, refused):
    role = "arn:aws:iam::222222222222:role/ghost"
    refused("AccessDenied", sts.assume_role, RoleArn=role, RoleSessionName="me")


def test_a_role_arn_that_is_none_is_invalid(sts, refused):
    refused("ValidationError", sts.assume_role, RoleArn="ops", RoleSessionName="me")


def demo_code(sandbox) -> str:
    """A code of the demo user's device that is good for some seconds yet."""
    shown = admin.request(sandbox.port, "GET", "mfa")
    return shown["codes"][ACCOUNTS[0].mfa_serial]


def test_a_role_that_demands_mfa_wants_a_code_once(sts, sandbox, refused):
    role = {"RoleArn": "arn:aws:iam::333333333333:role/ops-mfa", "RoleSessionName": "me"}
    refused("AccessDenied", sts.assume_role, **role)
    mfa = {"SerialNumber": ACCOUNTS[0].mfa_serial, "TokenCode": demo_code(sandbox)}
    assert sts.assume_role(**role, **mfa)["Credentials"]
    refused("AccessDenied", sts.assume_role, **role, **mfa)


def test_mfa_does_not_pass_down_a_chain_of_roles(sts, sandbox, client, refused):
    wanted = {"RoleArn": "arn:aws:iam::333333333333:role/ops-mfa", "RoleSessionName": "me"}
    mfa = {"SerialNumber": ACCOUNTS[1].mfa_serial}
    shown = admin.request(sandbox.port, "GET", "mfa")["codes"][mfa["SerialNumber"]]
    staging = client("sts", 1)
    strong = staging.get_session_token(TokenCode=shown, **mfa)["Credentials"]
    first = client("sts", keys=strong).assume_role(**wanted)["Credentials"]
    refused("AccessDenied", client("sts", keys=first).assume_role, **wanted)


def test_the_device_of_another_user_is_refused(client, refused):
    mfa = {"SerialNumber": ACCOUNTS[1].mfa_serial, "TokenCode": "123456"}
    refused("AccessDenied", client("sts").get_session_token, **mfa)


def test_a_code_of_five_digits_is_invalid(sts, refused):
    mfa = {"SerialNumber": ACCOUNTS[0].mfa_serial, "TokenCode": "12345"}
    refused("ValidationError", sts.get_session_token, **mfa)


def test_a_federated_user_has_a_session(sts, client):
    keys = sts.get_federation_token(Name="guest")["Credentials"]
    me = client("sts", keys=keys).get_caller_identity()
    assert me["Arn"] == "arn:aws:sts::111111111111:federated-user/guest"


def test_web_identity_needs_no_signature(client):
    from botocore import UNSIGNED

    sts = client("sts", signature_version=UNSIGNED)
    answer = sts.assume_role_with_web_identity(
        RoleArn=OPS, RoleSessionName="pod", WebIdentityToken="token"
    )
    me = client("sts", keys=answer["Credentials"]).get_caller_identity()
    assert me["Arn"] == "arn:aws:sts::222222222222:assumed-role/ops/pod"


def test_decoding_a_message_that_is_none_is_refused(sts, refused):
    refused(
        "InvalidAuthorizationMessageException",
        sts.decode_authorization_message,
        EncodedMessage="nonsense",
    )


def test_a_presigned_call_is_verified(sts, sandbox):
    import urllib.error
    import urllib.request

    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url) as answer:
        assert b"user/demo" in answer.read()
    with pytest.raises(urllib.error.HTTPError) as failure:
        opener.open(url.replace("Signature=", "Signature=0"))
    failure.value.close()
    assert failure.value.code == 403


def test_issued_keys_are_forgotten_long_after_they_ended(clock):
    keys = KeyStore(clock)
    made = {"account": "1", "arn": "arn", "user_id": "u", "kind": "role", "mfa": False}
    old = keys.issue(seconds=900, **made)
    clock.advance(901)
    assert keys.find(old.access_key) == old  # known still, so that it can be called expired
    clock.advance(3600)
    keys.issue(seconds=900, **made)
    assert keys.find(old.access_key) is None
