"""Encoded authorization messages: the details of a refusal, for DecodeAuthorizationMessage."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

MOST = 1_000  # messages that are remembered
_BYTES = 240  # AWS's are a few hundred letters long


class Verdicts:
    """The messages of this sandbox, by what they were encoded to. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def keep(self, account: str, verdict: Mapping[str, Any]) -> str:
        """Remembers a verdict and returns the encoded message that stands for it."""
        # Real ones hold "_" and "-", and are too long for one line of a terminal.
        encoded = base64.urlsafe_b64encode(secrets.token_bytes(_BYTES)).decode()
        with self._lock:
            self._known[encoded] = (account, json.dumps(verdict))
            while len(self._known) > MOST:
                self._known.popitem(last=False)
        return encoded

    def decode(self, account: str, encoded: str) -> str | None:
        """The verdict as JSON; None for what was not encoded here or for this account."""
        with self._lock:
            found = self._known.get(encoded)
        return found[1] if found is not None and found[0] == account else None

    def reset(self) -> None:
        with self._lock:
            self._known.clear()
