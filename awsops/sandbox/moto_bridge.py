"""moto, loaded when something first needs it: its WSGI application, called in this process."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from awsops.sandbox.calls import Call
from awsops.sandbox.identity import Identity
from awsops.sandbox.wire import Request, Response

_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "keep-alive"})
_NOT_PASSED_ON = _HOP_BY_HOP | {"content-length"}  # which this server counts itself


class Moto:
    """moto's server without its socket. Importing it takes about half a second: hence late.

    users: long-term identities that moto's IAM is told of before it answers its first call.
    """

    def __init__(self, users: Iterable[Identity] = ()) -> None:
        self._users = list(users)
        self._lock = threading.Lock()
        self._app: Callable[..., Iterable[bytes]] | None = None

    def handle(self, call: Call) -> Response:
        """Has moto answer the call, in the account of its caller."""
        return self.pass_on(call.request, call.identity.account)

    def pass_on(self, request: Request, account: str | None) -> Response:
        """Has moto answer a request; without an account in moto's default one."""
        app = self._application()
        response = Response()

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: object = None
        ) -> Callable[[bytes], object]:
            response.status = int(status.split()[0])
            # The length of what a HEAD would have been is moto's to say; others are counted here.
            dropped = _HOP_BY_HOP if request.method == "HEAD" else _NOT_PASSED_ON
            response.headers = [
                (name, value) for name, value in headers if name.lower() not in dropped
            ]
            return lambda data: None

        try:
            chunks = app(_environ(request, account), start_response)
        except ModuleNotFoundError as error:  # the extra leaves the heaviest of them out
            missing = f"{error.name} is not installed: pip install 'moto[server]' adds it."
            raise NotImplementedError(missing) from error
        response.body = b"".join(chunks)
        return response

    def has_user(self, account: str, name: str) -> bool:
        return name in self._iam(account).users

    def role(self, account: str, name: str) -> tuple[Mapping[str, Any], int] | None:
        """A role made through IAM: its trust policy and its longest session in seconds."""
        if self._app is None:
            return None  # nothing can have been made yet, and nothing needs moto for this
        for role in self._iam(account).roles.values():
            if role.name == name:
                document = role.assume_role_policy_document or "{}"
                return json.loads(document), int(role.max_session_duration or 3600)
        return None

    def policies(self, identity: Identity) -> list[tuple[str, Mapping[str, Any]]]:
        """The policies that were put on a user or role, or attached to it, by name."""
        if self._app is None:
            return []
        iam, name = self._iam(identity.account), identity.arn.split("/")[-1]
        holder = iam.users.get(name) if identity.user_name is not None else None
        if identity.kind == "role":
            name = identity.arn.split("/")[1]
            holder = next((role for role in iam.roles.values() if role.name == name), None)
        if holder is None:
            return []
        own = [(name, json.loads(text)) for name, text in holder.policies.items()]
        attached = [
            (policy.name, json.loads(version.document))
            for policy in holder.managed_policies.values()
            for version in policy.versions
            if version.is_default
        ]
        return [*own, *attached]

    def reset(self) -> None:
        """Forgets everything that moto holds."""
        if self._app is None:
            return
        from moto.moto_api._internal.models import moto_api_backend

        moto_api_backend.reset()
        self._introduce_users()

    def _iam(self, account: str) -> Any:
        self._application()
        from moto.iam.models import iam_backends

        return iam_backends[account]["aws"]

    def _application(self) -> Callable[..., Iterable[bytes]]:
        with self._lock:
            if self._app is None:
                from moto.moto_server.werkzeug_app import (
                    DomainDispatcherApplication,
                    create_backend_app,
                )

                self._app = DomainDispatcherApplication(create_backend_app)
                self._introduce_users()
            return self._app

    def _introduce_users(self) -> None:
        from moto.iam.models import iam_backends

        for identity in self._users:
            backend = iam_backends[identity.account]["aws"]
            name = identity.user_name or ""
            user = backend.create_user("us-east-1", name)
            key = user.create_access_key(prefix="AKIA")
            key.access_key_id = identity.access_key
            key.secret_access_key = identity.secret or ""
            backend.access_keys[identity.access_key] = key  # moto keeps a second list of them


def _environ(request: Request, account: str | None) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of a request."""
    host = request.headers.get("host", "127.0.0.1")
    name, _, port = host.partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode().decode("latin-1"),
        "QUERY_STRING": request.query_string,
        "RAW_URI": request.target,
        "REQUEST_URI": request.target,
        "SERVER_NAME": name,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.client,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for header, value in request.headers.items():
        if header == "content-type":
            environ["CONTENT_TYPE"] = value
        elif header not in _NOT_PASSED_ON:
            environ["HTTP_" + header.upper().replace("-", "_")] = value
    if account is not None:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
    return environ
