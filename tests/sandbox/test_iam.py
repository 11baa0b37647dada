import time
import uuid

import pytest
from botocore.exceptions import ClientError

from awsops.sandbox import totp
from awsops.sandbox.answers import AwsError
from awsops.sandbox.identity import user_identity
from awsops.sandbox.mfa import MfaStore


@pytest.fixture
def iam(client):
    return client("iam")


@pytest.fixture
def user(iam):
    name = f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    return name


@pytest.fixture
def keys(iam, user):
    return iam.create_access_key(UserName=user)["AccessKey"]


def enrol(iam, user: str) -> tuple[str, str]:
    """A device of the user's: its serial number and its seed."""
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
    seed, step = device["Base32StringSeed"].decode(), totp.step_of(time.time())
    iam.enable_mfa_device(
        UserName=user,
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=totp.code(seed, step - 1),
        AuthenticationCode2=totp.code(seed, step),
    )
    return device["SerialNumber"], seed


def code_of(error) -> str:
    return error.value.response["Error"]["Code"]


def test_a_new_access_key_works_at_once(client, user, keys):
    me = client("sts", keys=keys).get_caller_identity()
    assert me["Arn"] == f"arn:aws:iam::111111111111:user/{user}"


def test_a_deactivated_access_key_is_unknown_until_it_is_active_again(client, iam, keys):
    sts = client("sts", keys=keys)
    change = {"AccessKeyId": keys["AccessKeyId"], "UserName": keys["UserName"]}
    iam.update_access_key(Status="Inactive", **change)
    with pytest.raises(ClientError) as error:
        sts.get_caller_identity()
    assert code_of(error) == "InvalidClientTokenId"
    iam.update_access_key(Status="Active", **change)
    assert sts.get_caller_identity()


def test_a_deleted_access_key_is_unknown(client, keys):
    client("iam", keys=keys).delete_access_key(AccessKeyId=keys["AccessKeyId"])
    with pytest.raises(ClientError) as error:
        client("sts", keys=keys).get_caller_identity()
    assert code_of(error) == "InvalidClientTokenId"


def test_without_a_user_name_the_caller_is_meant(client, iam, user, keys):
    serial, _ = enrol(iam, user)
    own = client("iam", keys=keys)
    assert [device["SerialNumber"] for device in own.list_mfa_devices()["MFADevices"]] == [serial]
    assert own.get_user()["User"]["UserName"] == user
    listed = own.list_access_keys()["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in listed] == [keys["AccessKeyId"]]


def test_devices_of_an_unknown_user_are_no_such_entity(iam):
    with pytest.raises(ClientError) as error:
        iam.list_mfa_devices(UserName="nobody")
    assert code_of(error) == "NoSuchEntity"


def test_a_code_opens_a_session_once(client, iam, user, keys):
    serial, seed = enrol(iam, user)
    sts = client("sts", keys=keys)
    mfa = {"SerialNumber": serial, "TokenCode": totp.code(seed, totp.step_of(time.time()))}
    assert sts.get_session_token(**mfa)["Credentials"]
    with pytest.raises(ClientError, match="invalid MFA one time pass code") as error:
        sts.get_session_token(**mfa)
    assert code_of(error) == "AccessDenied"


def test_wrong_codes_do_not_enrol_a_device(iam, user):
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
    with pytest.raises(ClientError) as error:
        iam.enable_mfa_device(
            UserName=user,
            SerialNumber=device["SerialNumber"],
            AuthenticationCode1="000000",
            AuthenticationCode2="000000",
        )
    assert code_of(error) == "InvalidAuthenticationCode"
    assert iam.list_mfa_devices(UserName=user)["MFADevices"] == []


def test_a_device_in_use_is_deleted_only_after_it_is_deactivated(iam, user):
    serial, _ = enrol(iam, user)
    with pytest.raises(ClientError) as error:
        iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert code_of(error) == "DeleteConflict"
    iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert iam.list_mfa_devices(UserName=user)["MFADevices"] == []


def test_a_user_with_a_device_cannot_be_deleted(iam, user):
    enrol(iam, user)
    with pytest.raises(ClientError) as error:
        iam.delete_user(UserName=user)
    assert code_of(error) == "DeleteConflict"


def test_a_session_without_mfa_cannot_call_iam(client, user, keys, iam):
    serial, seed = enrol(iam, user)
    sts = client("sts", keys=keys)
    plain = sts.get_session_token()["Credentials"]
    with pytest.raises(ClientError) as error:
        client("iam", keys=plain).list_mfa_devices()
    assert code_of(error) == "InvalidClientTokenId"
    code = totp.code(seed, totp.step_of(time.time()))
    strong = sts.get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"]
    assert client("iam", keys=strong).list_mfa_devices()["MFADevices"]


def test_a_role_made_through_iam_trusts_whom_it_names(client, iam):
    name = f"role-{uuid.uuid4().hex[:8]}"
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
        ' "Principal": {"AWS": "arn:aws:iam::222222222222:root"},'
        ' "Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}]}'
    )
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    role = {"RoleArn": arn, "RoleSessionName": "me"}
    assert client("sts", 1).assume_role(ExternalId="secret", **role)["Credentials"]
    for number, external in ((1, "wrong"), (2, "secret"), (0, "secret")):
        with pytest.raises(ClientError) as error:
            client("sts", number).assume_role(ExternalId=external, **role)
        assert code_of(error) == "AccessDenied"
    with pytest.raises(ClientError, match="MaxSessionDuration"):
        client("sts", 1).assume_role(ExternalId="secret", DurationSeconds=3601, **role)


SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B, "12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "digits"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_codes_are_those_of_rfc_6238(seconds, digits):
    assert totp.code(SEED, totp.step_of(seconds)) == digits


def test_a_code_is_accepted_one_step_off_and_no_more():
    now, mfa = 1_000_000_000.0, MfaStore()
    device = mfa.create("111111111111", "/demo", SEED)
    mfa.assign(device, "demo", now)
    caller = user_identity("AKIA", None, "111111111111", "demo")
    step = totp.step_of(now)
    for away in (-1, 0, 1):
        mfa.authenticate(caller, device.serial, totp.code(SEED, step + away), now)
    for away in (-2, 2):
        with pytest.raises(AwsError, match="AccessDenied"):
            mfa.authenticate(caller, device.serial, totp.code(SEED, step + away), now)
