"""Virtual MFA devices: enrolled with two codes, then each code is good once."""

from __future__ import annotations

import base64
import secrets
import threading
from dataclasses import dataclass, field

from awsops.sandbox import totp
from awsops.sandbox.answers import AwsError
from awsops.sandbox.identity import EXAMPLE_KEY, Identity

SEED_BYTES = 40  # 64 letters of base32, as AWS's seeds have
LOGIN_DRIFT = 1  # steps of 30 s that a device's clock may be off
ENROL_DRIFT = 20  # AWS learns the drift at enrolment; ten minutes either way is generous


@dataclass
class Device:
    """One virtual device. enabled: epoch seconds, None until it is assigned to a user."""

    account: str
    serial: str
    seed: str
    user: str | None = None
    enabled: float | None = None
    used: set[int] = field(default_factory=set)


class MfaStore:
    """All virtual MFA devices of the sandbox. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._devices: dict[str, Device] = {}

    def create(self, account: str, path_and_name: str, seed: str | None = None) -> Device:
        """A new, unassigned device with a fresh seed (or the given base32 one)."""
        serial = f"arn:aws:iam::{account}:mfa{path_and_name}"
        seed = seed or base64.b32encode(secrets.token_bytes(SEED_BYTES)).decode()
        with self._lock:
            if serial in self._devices:
                raise AwsError(
                    "EntityAlreadyExists",
                    "MFADevice entity at the same path and name already exists.",
                    status=409,
                )
            device = self._devices[serial] = Device(account, serial, seed)
        return device

    def assign(self, device: Device, user: str, now: float) -> None:
        with self._lock:
            device.user, device.enabled = user, now

    def enable(
        self, account: str, serial: str, user: str, codes: tuple[str, str], now: float
    ) -> None:
        """Assigns a device to a user; the codes must be two in a row."""
        device = self.find(account, serial)
        if device.user is not None:
            raise AwsError("EntityAlreadyExists", f"{serial} is already in use.", status=409)
        self._check_pair(device, codes, now)
        self.assign(device, user, now)

    def resync(
        self, account: str, serial: str, user: str, codes: tuple[str, str], now: float
    ) -> None:
        self._check_pair(self._owned(account, serial, user), codes, now)

    def deactivate(self, account: str, serial: str, user: str | None) -> None:
        device = self._owned(account, serial, user)
        with self._lock:
            device.user = device.enabled = None

    def delete(self, account: str, serial: str) -> None:
        device = self.find(account, serial)
        if device.user is not None:
            raise AwsError(
                "DeleteConflict",
                "MFA VirtualDevice in use. Must deactivate first.",
                status=409,
            )
        with self._lock:
            self._devices.pop(serial, None)

    def of_user(self, account: str, user: str) -> list[Device]:
        return [device for device in self.of_account(account) if device.user == user]

    def of_account(self, account: str) -> list[Device]:
        with self._lock:
            known = sorted(self._devices.items())
        return [device for _, device in known if device.account == account]

    def reset(self) -> None:
        with self._lock:
            self._devices.clear()

    def find(self, account: str, serial: str) -> Device:
        with self._lock:
            device = self._devices.get(serial)
        if device is None or device.account != account:
            raise AwsError(
                "NoSuchEntity",
                f"VirtualMFADevice with serial number {serial} doesn't exist.",
                status=404,
            )
        return device

    def authenticate(self, caller: Identity, serial: str, code: str, now: float) -> None:
        """Accepts the code once; anything else is AccessDenied, as STS says it.

        The device must be the caller's own. The documentation's example key stands for whoever
        administers its account, so it may use any device there.
        """
        with self._lock:
            device = self._devices.get(serial)
            owned = (
                device is not None
                and device.account == caller.account
                and (device.user == caller.user_name or caller.access_key == EXAMPLE_KEY)
            )
            if device is None or device.user is None or not owned:
                raise _refused(
                    ", unable to validate MFA code. Please verify your MFA serial number is valid "
                    "and associated with this user."
                )
            step = totp.find_step(device.seed, code, now, drift=LOGIN_DRIFT)
            if step is None or step in device.used:
                raise _refused(" with invalid MFA one time pass code.")
            oldest = totp.step_of(now) - LOGIN_DRIFT
            device.used = {old for old in device.used if old >= oldest} | {step}

    def _owned(self, account: str, serial: str, user: str | None) -> Device:
        device = self.find(account, serial)
        if user is not None and device.user != user:
            raise AwsError(
                "NoSuchEntity",
                f"MFA Device for user {user} and serial number {serial} doesn't exist.",
                status=404,
            )
        return device

    def _check_pair(self, device: Device, codes: tuple[str, str], now: float) -> None:
        first = totp.find_step(device.seed, codes[0], now, drift=ENROL_DRIFT)
        if first is None or totp.code(device.seed, first + 1) != codes[1]:
            raise AwsError(
                "InvalidAuthenticationCode",
                "Authentication code for device is not valid.",
                status=403,
            )


def _refused(why: str) -> AwsError:
    return AwsError("AccessDenied", f"MultiFactorAuthentication failed{why}", status=403)
