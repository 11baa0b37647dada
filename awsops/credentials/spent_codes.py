"""The last MFA code of each device that AWS took from us: it takes none twice.

AWS says the same of a mistyped code and of one that was used already, and the second is what
happens to whoever is quick: two commands within the 30 seconds that a device shows one code. Only a
salted hash is kept; the code itself is of no use by then.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from collections.abc import Callable
from pathlib import Path

from awsops.atomic_files import write_private
from awsops.credentials.session_cache import CODE_SUFFIX, source_of

# A code is good for its 30 seconds and, on most devices, for one step more.
SECONDS = 60.0


class SpentCodes:
    """The codes that were taken, in the folder of the sessions. Nothing of it ever fails: what
    cannot be written or read is as if it had not happened."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock

    def remember(self, serial: str, code: str) -> None:
        """AWS has just taken this code of the device."""
        salt = secrets.token_hex(16)
        held = {"salt": salt, "digest": _digest(salt, code), "at": self._clock()}
        with contextlib.suppress(OSError):
            write_private(self._file(serial), json.dumps(held))

    def seconds_since(self, serial: str, code: str) -> float | None:
        """How long ago the same code of the device was taken; None when it was not of late."""
        try:
            held = json.loads(self._file(serial).read_text(encoding="utf-8"))
            ago = self._clock() - float(held["at"])
            same = held["digest"] == _digest(str(held["salt"]), code)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return ago if same and 0 <= ago <= SECONDS else None

    def _file(self, serial: str) -> Path:
        return self._folder / f"{source_of(serial)}{CODE_SUFFIX}"


def _digest(salt: str, code: str) -> str:
    return hashlib.sha256(f"{salt} {code}".encode()).hexdigest()
