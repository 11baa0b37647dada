"""Temporary credentials kept between runs: one file a session, readable by its owner alone.

A file is written beside and renamed, mode 0600 from its first byte, in a folder of mode 0700. What
cannot be read as a session is a miss, never an error. A lock for each source of sessions lets many
processes that want the same one wait for the one that asks for it. What nobody needs any more is
removed whenever a session is kept, and by `auth status`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from awsops.atomic_files import UNFINISHED_SECONDS, private_folder, write_private, written_beside
from awsops.errors import AwsopsError, CancelledError
from awsops.file_locks import lock_unless

VERSION = 1
SUFFIX = ".session"
CODE_SUFFIX = ".code"  # of what spent_codes.py keeps beside the sessions
# A session that ends sooner is as good as gone: a call that starts now still needs it.
LEAST_SECONDS = 60.0
_POLL_SECONDS = 0.05  # how often a taken lock is tried again
# A session with MFA that has ended still says that these keys are used with MFA, so that nobody is
# handed the bare keys instead. A role's session says nothing once it has ended.
_REMEMBERED = {"mfa": 90 * 86_400.0}  # seconds after its end, by kind
_UNUSED_LOCK_SECONDS = 86_400.0
_ROOM = 8_192  # bytes that a session needs at most, tokens of STS have a few hundred


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """Temporary credentials and what they are. `expires_at` is seconds since the epoch, `source`
    names the credentials they were made from, `serial` the MFA device (None: without)."""

    kind: str
    source: str
    profile: str
    account: str
    arn: str
    serial: str | None
    access_key: str
    secret_key: str
    token: str
    expires_at: float

    def __repr__(self) -> str:
        return f"Session({self.kind} {self.arn} ...{self.access_key[-4:]})"

    @property
    def expires(self) -> datetime:
        """When it ends, in UTC."""
        return datetime.fromtimestamp(self.expires_at, UTC)


def source_of(access_key: str, detail: str = "") -> str:
    """What sessions made from these credentials are found by; tells nothing of them."""
    return hashlib.sha256(f"awsops {access_key} {detail}".encode()).hexdigest()[:32]


class SessionCache:
    """The sessions in a folder. Safe to use from many threads and processes."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    def live(self, source: str, serial: str | None = None) -> Session | None:
        """The session of a source (and device, when one is given) that lasts longest from now."""
        held = [
            session
            for session in self.all()
            if session.source == source
            and (serial is None or session.serial == serial)
            and session.expires_at - self._clock() >= LEAST_SECONDS
        ]
        return max(held, key=lambda session: session.expires_at, default=None)

    def live_with_device(self, serial: str) -> Session | None:
        """A session made with this MFA device, whoever asked for it."""
        held = [
            session
            for session in self.all()
            if session.kind == "mfa"
            and session.serial == serial
            and session.expires_at - self._clock() >= LEAST_SECONDS
        ]
        return max(held, key=lambda session: session.expires_at, default=None)

    def all(self) -> list[Session]:
        """Every session that can be read, also an expired one."""
        try:
            paths = sorted(self._folder.glob(f"*{SUFFIX}"))
        except OSError:
            return []
        return [session for path in paths if (session := _read(path)) is not None]

    def unreadable(self) -> list[Path]:
        """Files that hold no session: cut short, edited, or of another version."""
        return [path for path in sorted(self._folder.glob(f"*{SUFFIX}")) if _read(path) is None]

    def put(self, session: Session) -> None:
        """Keep a session in place of the one of the same source, kind and device.

        AwsopsError when it cannot be written; what was there before stays.
        """
        path = self._path(session)
        text = json.dumps({"version": VERSION, **asdict(session)})
        with self._kept():
            write_private(path, text)
        self.prune()

    def check_room(self) -> None:
        """AwsopsError when no session could be kept, before anybody is asked for a code."""
        with self._kept(), written_beside(self._folder / f"room{SUFFIX}", " " * _ROOM):
            pass  # it is gone again

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        """AwsopsError for an OSError of what is kept in the folder meanwhile."""
        try:
            self._make_folder()
            yield
        except OSError as error:
            raise AwsopsError(
                f"a session cannot be kept in {self._folder}: {error.strerror}",
                hint="AWSOPS_CACHE_DIR says where else to keep it",
                code="SessionCache",
            ) from error

    def prune(self) -> None:
        """Remove what writers that were killed left, sessions that ended (those with MFA are
        remembered for 90 days) and locks of sources that have none; what cannot be, stays."""
        for session in self.all():
            if self._is_forgotten(session):
                self._remove_ended(session)
        for path in self._older(f"*{SUFFIX}.*", UNFINISHED_SECONDS):
            with contextlib.suppress(OSError):
                path.unlink()
        for path in self._older(f"*{CODE_SUFFIX}", UNFINISHED_SECONDS):
            with contextlib.suppress(OSError):
                path.unlink()
        sources = {session.source for session in self.all()}
        for path in self._older("*.lock", _UNUSED_LOCK_SECONDS):
            if path.stem not in sources:
                _unless_held(path, path.unlink)

    def _is_forgotten(self, session: Session) -> bool:
        return session.expires_at + _REMEMBERED.get(session.kind, 0.0) < self._clock()

    def _remove_ended(self, session: Session) -> None:
        path = self._path(session)

        def remove() -> None:
            found = _read(path)  # another process may have put a new one there
            if found is not None and self._is_forgotten(found):
                path.unlink()

        _unless_held(self._folder / f"{session.source}.lock", remove)

    def _older(self, pattern: str, seconds: float) -> list[Path]:
        """Files of the folder that nobody has touched for so long."""
        found = []
        with contextlib.suppress(OSError):
            for path in self._folder.glob(pattern):
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_mtime > seconds:
                        found.append(path)
        return found

    def remove(self, session: Session) -> None:
        """Forget a session on this machine; AWS has no call that ends it. AwsopsError when the
        file cannot be removed."""
        path = self._path(session)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise AwsopsError(
                f"{path} cannot be removed: {error.strerror}", code="SessionCache"
            ) from error

    @contextlib.contextmanager
    def locked(self, source: str, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Hold the lock of a source; waits for whoever holds it. CancelledError on Ctrl-C."""
        try:
            self._make_folder()
            file = _hold(self._folder / f"{source}.lock", cancelled)
        except OSError:
            yield  # nowhere to keep a session: nobody to share one with
            return
        try:
            yield
        finally:
            os.close(file)

    def _make_folder(self) -> None:
        private_folder(self._folder)
        if self._folder.stat().st_mode & 0o077:
            self._folder.chmod(0o700)

    def _path(self, session: Session) -> Path:
        device = source_of(session.serial or "none", session.kind)[:8]
        return self._folder / f"{session.source}.{device}{SUFFIX}"


def _hold(path: Path, cancelled: Callable[[], bool]) -> int:
    """The descriptor of a lock that is held; of the file that is there, not of one that was removed
    while we waited for it."""
    while True:
        file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            _wait_for(file, cancelled)
            os.utime(path)
            if os.path.samestat(os.fstat(file), os.stat(path)):
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _unless_held(path: Path, remove: Callable[[], None]) -> None:
    """Hold a lock while something is removed; where another process holds it, nothing is."""
    with contextlib.suppress(OSError, CancelledError):
        file = _hold(path, lambda: True)
        try:
            remove()
        finally:
            os.close(file)


def _wait_for(file: int, cancelled: Callable[[], bool]) -> None:
    if not lock_unless(cancelled, file, poll_seconds=_POLL_SECONDS):
        raise CancelledError("cancelled while another process asks for the session")


def _read(path: Path) -> Session | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("version") != VERSION:
            return None
        session = Session(**found)
        if session.serial is not None and not isinstance(session.serial, str):
            return None
        if not all(isinstance(getattr(session, f.name), str) for f in fields(Session)[:5]):
            return None
        return session if isinstance(session.expires_at, int | float) else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
