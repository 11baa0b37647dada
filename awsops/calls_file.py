"""`AWSOPS_CALLS_FILE`: every call of a run with its redacted parameters, a line of JSON each.

What an IAM policy is made from. Calls that the gate refuses stand in it too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from awsops.errors import UsageError


class CallsFile:
    """Appends to a file, mode 0600; safe from any thread: a line is one write."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise UsageError(f"AWSOPS_CALLS_FILE {path}: {error.strerror}") from None

    def write(self, call: str, region: str, params: dict[str, Any]) -> None:
        """Add one call, `service:Operation`."""
        entry = {"call": call, "region": region, "params": params}
        os.write(self._file, json.dumps(entry, ensure_ascii=False).encode() + b"\n")
