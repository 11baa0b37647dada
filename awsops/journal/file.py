"""The SQLite file under the journal: made private, migrated in one place, shared by processes."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.atomic_files import private_folder
from awsops.errors import AwsopsError

if TYPE_CHECKING:
    import sqlite3

# Many processes, each with many threads, wait in line; one commit takes a few milliseconds.
LOCK_SECONDS = 30.0

# One string of statements a version; `PRAGMA user_version` counts those that were run.
_MIGRATIONS = (
    """
    CREATE TABLE entries (
        seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL, kind TEXT NOT NULL,
        body TEXT NOT NULL, hash TEXT NOT NULL
    );
    CREATE INDEX entries_by_run ON entries (run_id, seq);
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY, command TEXT NOT NULL, argv TEXT NOT NULL,
        started_at REAL NOT NULL, ended_at REAL, exit_code INTEGER,
        calls INTEGER NOT NULL DEFAULT 0, changes INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX runs_by_start ON runs (started_at, run_id);
    CREATE TABLE run_scopes (
        run_id TEXT NOT NULL, account TEXT NOT NULL, service TEXT NOT NULL,
        PRIMARY KEY (run_id, account, service)
    ) WITHOUT ROWID;
    """,
)


class JournalError(AwsopsError):
    """The journal cannot be written or read; nothing is changed that cannot be recorded."""

    code = "Journal"


class NotClosedError(JournalError):
    """What a call came to cannot be written: the service may have carried it out."""

    after_call = True


class JournalFile:
    """One connection for all threads of this process; opened when it is first used.

    Reading never makes the file. Any failure is a JournalError that begins with the caller's
    sentence and says what to do about it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._ready_to_write = False
        self._durable: bool | None = None

    def read(self, query: str, values: Mapping[str, object]) -> list[Any]:
        """The rows of a query; none when there is no file yet."""
        import sqlite3

        with self._lock:
            try:
                db = self._open_to_read()
                return db.execute(query, dict(values)).fetchall() if db is not None else []
            except sqlite3.Error as error:
                raise self.failed("the journal cannot be read", error) from None

    @contextlib.contextmanager
    def transaction(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        """A write transaction that no other process shares; `durable` syncs it to the disk.

        The file is made if need be. Errors come as they are: `failed` turns them into ours.
        """
        with self._lock:
            db = self._open_to_write()
            if durable is not self._durable:
                # FULL syncs the log with each commit; NORMAL outlives the process, not a power cut.
                db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            with _transaction(db):
                yield db

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._db is not None:
                self._db.close()
            self._db, self._ready_to_write, self._durable = None, False, None

    def failed(self, what: str, error: BaseException, *, after_call: bool = False) -> JournalError:
        """`what` happened because of `error`, with what to do about it."""
        if isinstance(error, JournalError):
            return error
        name = getattr(error, "sqlite_errorname", "")
        path = shlex.quote(str(self.path))
        hint = f"check the disk, the owner and the mode of {path}"
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            away = shlex.quote(str(self.path.parent / "damaged"))
            hint = (
                f"move it away and a new one begins: mkdir {away} && mv {path}* {away}"
                " (sqlite3's .recover reads what is left of it)"
            )
        elif name.startswith("SQLITE_BUSY"):
            hint = f"another process has held {path} for {LOCK_SECONDS:.0f} s; try again"
        elif name == "SQLITE_FULL" or getattr(error, "errno", None) == errno.ENOSPC:
            hint = f"make room on the disk of {path}, then run it again"
        where = getattr(error, "filename", None) or self.path
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        kind = NotClosedError if after_call else JournalError
        return kind(f"{what}: {where}: {reason}", hint=hint)

    def _open_to_write(self) -> sqlite3.Connection:
        if self._db is None:
            private_folder(self.path.parent)
            # SQLite alone would make it readable for all; its -wal and -shm files take this mode.
            with contextlib.suppress(FileExistsError):
                self.path.touch(mode=0o600, exist_ok=False)
            self._db = _connect(self.path, "mode=rw")
        if not self._ready_to_write:
            _write_ahead(self._db)
            self._migrate(self._db)
            self._ready_to_write = True
        return self._db

    def _open_to_read(self) -> sqlite3.Connection | None:
        import sqlite3

        if self._db is None:
            if not self.path.exists():
                return None
            self._db = _connect(self.path, "mode=rw")
        try:
            version = _version(self._db)
        except sqlite3.OperationalError:
            # In a folder that we cannot write to, SQLite cannot make the -shm file that it shares
            # with writers.
            if os.access(self.path.parent, os.W_OK):
                raise
            self._db.close()
            self._db = _connect(self.path, "mode=ro&immutable=1")
            version = _version(self._db)
        if version == 0:
            return None  # another process is about to fill it
        self._migrate(self._db)
        return self._db

    def _migrate(self, db: sqlite3.Connection) -> None:
        if _version(db) < len(_MIGRATIONS):
            with _transaction(db):
                for migration in _MIGRATIONS[_version(db) :]:
                    for statement in migration.split(";"):
                        db.execute(statement)
                db.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
        if _version(db) > len(_MIGRATIONS):
            raise JournalError(
                f"the journal {self.path} was written by a newer awsops", hint="upgrade awsops"
            )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    import sqlite3

    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=LOCK_SECONDS,
        isolation_level=None,  # transactions are ours
        check_same_thread=False,  # the lock sees to it
    )


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. Two processes that do so at the same moment are told that
    the file is locked, at once: SQLite does not wait its timeout for this.
    """
    import sqlite3

    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > until:
                raise
        time.sleep(0.005)


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # After some errors (a full disk) SQLite has rolled back by itself.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)
