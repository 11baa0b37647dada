"""The parts of IAM that credentials rest on: access keys and MFA devices. moto does the rest."""

from __future__ import annotations

import base64
import html
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from awsops.sandbox.answers import AwsError, query_response
from awsops.sandbox.calls import Call
from awsops.sandbox.identity import KeyStore, user_identity
from awsops.sandbox.mfa import Device, MfaStore
from awsops.sandbox.moto_bridge import Moto
from awsops.sandbox.wire import Response

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
# "If you do not specify a user name, IAM determines the user name implicitly based on the access
# key that signs the request" (IAM API reference, each of these).
_CALLER_BY_DEFAULT = frozenset(
    {
        "CreateAccessKey",
        "DeleteAccessKey",
        "GetUser",
        "ListAccessKeys",
        "ListMFADevices",
        "UpdateAccessKey",
    }
)


class IamService:
    """Stands in front of moto's IAM, serving MFA devices itself and learning access keys."""

    def __init__(
        self,
        keys: KeyStore,
        mfa: MfaStore,
        moto: Moto,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._mfa = mfa
        self._moto = moto
        self._clock = clock
        self._operations: dict[str, Callable[[Call], dict[str, Any] | None]] = {
            "CreateVirtualMFADevice": self._create_device,
            "DeactivateMFADevice": self._deactivate,
            "DeleteVirtualMFADevice": self._delete_device,
            "EnableMFADevice": self._enable,
            "GetMFADevice": self._get_device,
            "ListMFADevices": self._list_devices,
            "ListVirtualMFADevices": self._list_virtual,
            "ResyncMFADevice": self._resync,
        }

    def reset(self) -> None:
        self._mfa.reset()

    def handle(self, call: Call) -> Response | None:
        """One call of IAM; what it does not serve itself it has moto answer."""
        if call.identity.kind == "session" and not call.identity.mfa:
            # "You cannot call any IAM API operations unless MFA authentication information is
            # included in the request" (STS API reference, GetSessionToken).
            raise AwsError(
                "InvalidClientTokenId",
                "The security token included in the request is invalid",
                status=403,
            )
        call = _with_caller(call)
        operation = self._operations.get(call.operation)
        if operation is not None:
            return query_response(call.operation, operation(call), NAMESPACE)
        if call.operation == "DeleteUser":
            self._refuse_user_with_device(call)
        response = self._moto.handle(call)
        if call.operation == "GetCredentialReport" and response.status == 200:
            return self._with_devices(call, response)
        if response.status == 200:
            self._learn(call, response.body.decode())
        return response

    def _with_devices(self, call: Call, response: Response) -> Response:
        """moto's credential report, with the MFA devices that moto knows nothing of."""
        text = response.body.decode()
        found = re.search(r"<Content>([^<]*)</Content>", text)
        if found is None:
            return response
        lines = base64.b64decode(found[1]).decode().splitlines()
        column = lines[0].split(",").index("mfa_active")
        for number, line in enumerate(lines[1:], 1):
            fields = line.split(",")
            devices = self._mfa.of_user(call.identity.account, fields[0])
            fields[column] = "true" if devices else "false"
            lines[number] = ",".join(fields)
        content = base64.b64encode("\n".join(lines).encode()).decode()
        body = text.replace(found[1], content).encode()
        return replace(response, body=body)

    def _learn(self, call: Call, answer: str) -> None:
        """Keeps the key store in step with the keys that moto made, changed or deleted."""
        account, key = call.identity.account, call.params.get("AccessKeyId", "")
        if call.operation == "CreateAccessKey":
            fields = dict(re.findall(r"<(UserName|AccessKeyId|SecretAccessKey)>([^<]*)<", answer))
            secret = html.unescape(fields["SecretAccessKey"])
            self._keys.add(
                user_identity(fields["AccessKeyId"], secret, account, fields["UserName"])
            )
        elif call.operation == "DeleteAccessKey":
            self._keys.remove(key)
        elif call.operation == "UpdateAccessKey":
            self._keys.set_active(key, call.params.get("Status") == "Active")

    def _create_device(self, call: Call) -> dict[str, Any]:
        path = call.params.get("Path", "/") + _required(call, "VirtualMFADeviceName")
        device = self._mfa.create(call.identity.account, path)
        # The seed is a blob in the model: base32 inside, base64 for the journey.
        seed = base64.b64encode(device.seed.encode()).decode()
        return {"VirtualMFADevice": {"SerialNumber": device.serial, "Base32StringSeed": seed}}

    def _delete_device(self, call: Call) -> None:
        self._mfa.delete(call.identity.account, _required(call, "SerialNumber"))

    def _enable(self, call: Call) -> None:
        self._mfa.enable(
            call.identity.account,
            _required(call, "SerialNumber"),
            self._existing_user(call),
            _two_codes(call),
            self._clock(),
        )

    def _resync(self, call: Call) -> None:
        self._mfa.resync(
            call.identity.account,
            _required(call, "SerialNumber"),
            self._existing_user(call),
            _two_codes(call),
            self._clock(),
        )

    def _deactivate(self, call: Call) -> None:
        serial, user = _required(call, "SerialNumber"), call.params.get("UserName")
        self._mfa.deactivate(call.identity.account, serial, user)

    def _get_device(self, call: Call) -> dict[str, Any]:
        device = self._mfa.find(call.identity.account, _required(call, "SerialNumber"))
        return {name: value for name, value in _show(device).items() if name != "User"}

    def _list_devices(self, call: Call) -> dict[str, Any]:
        devices = self._mfa.of_user(call.identity.account, self._existing_user(call))
        return {"MFADevices": [_show(device) for device in devices], "IsTruncated": False}

    def _list_virtual(self, call: Call) -> dict[str, Any]:
        wanted = call.params.get("AssignmentStatus", "Any")
        shown = []
        for device in self._mfa.of_account(call.identity.account):
            if wanted == "Any" or (wanted == "Assigned") == (device.user is not None):
                row = _show(device)
                if device.user is not None:
                    arn = f"arn:aws:iam::{device.account}:user/{device.user}"
                    row["User"] = {"UserName": device.user, "Arn": arn}
                shown.append({name: row[name] for name in row if name != "UserName"})
        return {"VirtualMFADevices": shown, "IsTruncated": False}

    def _existing_user(self, call: Call) -> str:
        name = _required(call, "UserName")
        if not self._moto.has_user(call.identity.account, name):
            raise AwsError(
                "NoSuchEntity", f"The user with name {name} cannot be found.", status=404
            )
        return name

    def _refuse_user_with_device(self, call: Call) -> None:
        name = call.params.get("UserName", "")
        if self._mfa.of_user(call.identity.account, name):
            raise AwsError(
                "DeleteConflict", "Cannot delete entity, must delete MFA device first.", status=409
            )


def _with_caller(call: Call) -> Call:
    """The call with the caller's own user name where AWS would take it from the key."""
    name = call.identity.user_name
    if call.operation not in _CALLER_BY_DEFAULT or "UserName" in call.params or name is None:
        return call
    body = urlencode({**call.params, "UserName": name}).encode()
    headers = {**call.request.headers, "content-length": str(len(body))}
    return replace(call, request=replace(call.request, body=body, headers=headers))


def _show(device: Device) -> dict[str, Any]:
    when = device.enabled
    enabled = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)) if when else None
    return {"UserName": device.user, "SerialNumber": device.serial, "EnableDate": enabled}


def _two_codes(call: Call) -> tuple[str, str]:
    return _required(call, "AuthenticationCode1"), _required(call, "AuthenticationCode2")


def _required(call: Call, name: str) -> str:
    value = call.params.get(name)
    if not value:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value null at '{name[0].lower()}{name[1:]}' failed to "
            "satisfy constraint: Member must not be null",
        )
    return value
