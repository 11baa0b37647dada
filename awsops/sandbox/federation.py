"""The console's sign-in: a token for a role's session, and a link that can be opened with it once.

IAM user guide, "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import quote

from awsops.sandbox.identity import KeyStore
from awsops.sandbox.wire import Request, Response

PATH = "/federation"
TOKEN_SECONDS = 15 * 60.0
SESSION_SECONDS = range(900, 43_201)


class Federation:
    """Gives sign-in tokens and takes them. Safe to use from many threads."""

    def __init__(self, keys: KeyStore, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}

    def answer(self, request: Request) -> Response:
        """One request; what makes no sense is answered with 400, as AWS does."""
        fields = request.form or request.query
        action = fields.get("Action")
        if action == "getSigninToken":
            return self._token_for(fields)
        if action == "login" and self._take(fields.get("SigninToken", "")):
            where = quote(fields.get("Destination", ""), safe=":/?&=#%")
            return Response(HTTPStatus.FOUND, [("Location", where)])
        return Response(HTTPStatus.BAD_REQUEST)

    def _token_for(self, fields: Mapping[str, str]) -> Response:
        seconds = fields.get("SessionDuration", "3600")
        if not seconds.isdigit() or int(seconds) not in SESSION_SECONDS:
            return Response(HTTPStatus.BAD_REQUEST)
        if not self._is_live(fields.get("Session", "")):
            return Response(HTTPStatus.BAD_REQUEST)
        token = secrets.token_urlsafe(400)
        with self._lock:
            self._tokens[token] = self._clock() + TOKEN_SECONDS
        body = json.dumps({"SigninToken": token}).encode()
        return Response(HTTPStatus.OK, [("Content-Type", "application/json")], body)

    def _is_live(self, text: str) -> bool:
        """Whether it is the session of a role, or of a federated user, that has not ended."""
        try:
            given = json.loads(text)
            known = self._keys.find(given["sessionId"])
            secret, token = given["sessionKey"], given["sessionToken"]
        except (ValueError, KeyError, TypeError):
            return False
        return (
            known is not None
            and known.kind != "user"
            and known.user_name is None
            and (known.secret, known.token) == (secret, token)
            and (known.expires or 0) > self._clock()
        )

    def _take(self, token: str) -> bool:
        with self._lock:
            return self._tokens.pop(token, 0.0) > self._clock()
