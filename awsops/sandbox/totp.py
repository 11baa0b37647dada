"""Time-based one-time passwords, as a virtual MFA device shows them (RFC 6238, RFC 4226)."""

from __future__ import annotations

import base64
import hmac
import struct

STEP_SECONDS = 30  # RFC 6238, 5.2; AWS's virtual devices use it
DIGITS = 6


def code(seed: str, step: int) -> str:
    """The six digits for a 30-second step counted from the epoch; `seed` is base32."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.digest(key, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(epoch_seconds: float) -> int:
    return int(epoch_seconds // STEP_SECONDS)


def find_step(seed: str, given: str, now: float, *, drift: int) -> int | None:
    """The step whose code was given, at most `drift` steps from now on either side; or None."""
    middle = step_of(now)
    for away in range(drift + 1):
        for step in {middle - away, middle + away}:
            if step >= 0 and hmac.compare_digest(code(seed, step), given):
                return step
    return None
