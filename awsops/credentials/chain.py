"""Every provider of a target's credential chain, asked in botocore's order, also behind the winner.

botocore stops at the first provider that has credentials. Here the others are asked too, since
what they hold is what a person trips over; but a shadowed provider never makes a call that costs
or asks: a role behind the winner is not assumed, and a process behind it gets no terminal and
PROCESS_SECONDS.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from awsops.aws_sessions import Sessions
    from awsops.targets import Target

PROCESS_SECONDS = 10.0  # for a credential_process whose answer nobody uses
METADATA_SECONDS = 1  # botocore's own default for instance metadata

Status = Literal["used", "shadowed", "empty", "error"]


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One provider and what it had. `method` is botocore's name of it (`env`, `assume-role`).

    `access_key` is None where there is none, or where it would have cost a call to know it;
    `metadata_versions` are those of instance metadata that answered ("v1", "v2").
    """

    method: str
    status: Status
    access_key: str | None = None
    expires_at: datetime | None = None
    error: str | None = None
    metadata_url: str | None = None
    metadata_versions: tuple[str, ...] = ()


def examine_chain(sessions: Sessions, target: Target) -> Iterator[ChainLink]:
    """The links of the target's profile, first to last; `--role` comes after them.

    The first that is not empty is what botocore resolves to, be it credentials or an error.
    """
    with sessions.files.parsed_once():
        decided = False
        for provider in sessions.resolver(target).providers:
            link = _examine(provider, decided)
            decided = decided or link.status != "empty"
            yield link


def _examine(provider: Any, decided: bool) -> ChainLink:
    method = str(provider.METHOD)
    if decided and hasattr(provider, "_popen"):
        provider._popen = _UnattendedProcess
    try:
        found = provider.load()
    except Exception as error:
        return ChainLink(method, "error", error=_message(error))
    url, versions = _metadata(provider, found)
    if found is None:
        return ChainLink(method, "empty", metadata_url=url, metadata_versions=versions)
    if not decided:
        try:
            found.get_frozen_credentials()  # what is deferred is fetched now, as a call would
        except Exception as error:
            return ChainLink(method, "error", error=_message(error), metadata_url=url)
    return _link(method, "shadowed" if decided else "used", found, url, versions)


def _link(
    method: str, status: Status, found: Any, url: str | None, versions: tuple[str, ...]
) -> ChainLink:
    # vars, not getattr: a property of botocore's would refresh the credentials.
    held = vars(found)
    key = held.get("_access_key") or held.get("access_key")
    expiry = held.get("_expiry_time")
    return ChainLink(
        method,
        status,
        access_key=str(key) if key else None,
        expires_at=expiry if isinstance(expiry, datetime) and key else None,
        metadata_url=url,
        metadata_versions=versions,
    )


def _message(error: Exception) -> str:
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        return f"{response['Error'].get('Code')}: {response['Error'].get('Message')}"
    return str(error).strip().replace("\n", " ") or type(error).__name__


class _UnattendedProcess:
    """A credential_process that is asked out of curiosity: nobody answers it, nobody waits long."""

    def __init__(self, argv: list[str], **streams: Any) -> None:
        self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **streams)
        self.returncode = 0

    def communicate(self) -> tuple[bytes, bytes]:
        try:
            output: tuple[bytes, bytes] = self._process.communicate(timeout=PROCESS_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            self.returncode = 1
            return b"", f"no answer within {PROCESS_SECONDS:g} s".encode()
        self.returncode = self._process.returncode
        return output


def _metadata(provider: Any, found: Any) -> tuple[str | None, tuple[str, ...]]:
    """Where instance metadata is asked, and which of its versions answer there."""
    fetcher = getattr(provider, "_role_fetcher", None)
    base = getattr(fetcher, "_base_url", None)
    if base is None:
        return None, ()
    if found is None:
        return str(base), ()
    return str(base), tuple(
        name for name, probe in _METADATA_PROBES.items() if _answers(base, *probe)
    )


# What each version asks first (EC2 user guide, "Use the Instance Metadata Service").
_METADATA_PROBES: dict[str, tuple[str, str, dict[str, str]]] = {
    "v1": ("GET", "latest/meta-data/", {}),
    "v2": ("PUT", "latest/api/token", {"x-aws-ec2-metadata-token-ttl-seconds": "60"}),
}


def _answers(base: str, method: str, path: str, headers: dict[str, str]) -> bool:
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session

    request = AWSRequest(method=method, url=f"{base}{path}", headers=headers).prepare()
    try:
        answer = URLLib3Session(timeout=METADATA_SECONDS, proxies={}).send(request)
    except Exception:  # refused, unreachable, too late: it does not answer
        return False
    return int(answer.status_code) == 200
