"""The person's AWS config and credentials files, parsed once a process instead of once a profile.

200 profiles mean 200 parses of the same file in botocore (12 ms each). Within `parsed_once` the
parser that botocore's own providers call answers from memory as long as the file on disk is the
same one (device, inode, size, time of change), so what they resolve does not change.

botocore's functions are those of the process, where several runs may be under way at once
(`run_command` in threads): each thread is answered from the memory of its own run, and no run ever
waits for another's lock.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session

Parser = Callable[[str], Any]


class ConfigFiles:
    """A cache of parsed config files, safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._parsed: dict[tuple[str, str], tuple[tuple[int, ...], Any]] = {}
        self._full: dict[str, Any] | None = None

    def full_config(self, session: Session) -> dict[str, Any]:
        """botocore's merged view of both files, computed by botocore once."""
        with self._lock:
            if self._full is None:
                with self.parsed_once():
                    self._full = session.full_config
                # botocore has merged the credentials file into what it was given; providers that
                # read the config file alone must not see that.
                self._parsed = {k: v for k, v in self._parsed.items() if k[0] != "load"}
            return self._full

    def raw(self, path: str) -> Any:
        """`botocore.configloader.raw_config_parse`, remembered."""
        import botocore.configloader

        with self.parsed_once():
            return botocore.configloader.raw_config_parse(path)

    @contextlib.contextmanager
    def parsed_once(self) -> Iterator[None]:
        """While this is open, botocore's providers read the files through this cache, as far as
        this thread calls them."""
        with _DIVERSION.open():
            token = _reading.set(self)
            try:
                yield
            finally:
                _reading.reset(token)

    def remembered(self, kind: str, parse: Parser, path: str) -> Any:
        """What `parse` makes of the file, from memory while the file is the same."""
        try:
            stat = os.stat(os.path.expanduser(os.path.expandvars(path)))
        except OSError:
            return parse(path)  # botocore's own error for a file that is missing
        identity = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
        with self._lock:
            known = self._parsed.get((kind, path))
            if known is None or known[0] != identity:
                known = (identity, parse(path))
                self._parsed[kind, path] = known
            return known[1]


_reading: ContextVar[ConfigFiles | None] = ContextVar("reading", default=None)


class _Diversion:
    """botocore's two parsers, led past the cache of whoever calls them while somebody has one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._originals: tuple[Parser, Parser] | None = None

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        import botocore.configloader

        loader: Any = botocore.configloader
        with self._lock:
            if self._originals is None:
                self._originals = loader.raw_config_parse, loader.load_config
                loader.raw_config_parse = _led_past_cache("raw", self._originals[0])
                loader.load_config = _led_past_cache("load", self._originals[1])
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    loader.raw_config_parse, loader.load_config = self._originals
                    self._originals = None


def _led_past_cache(kind: str, parse: Callable[..., Any]) -> Callable[..., Any]:
    def remembered(path: str, *args: Any, **kwargs: Any) -> Any:
        files = _reading.get()
        if files is None or args or kwargs:
            return parse(path, *args, **kwargs)
        return files.remembered(kind, parse, path)

    return remembered


# What it stands for is of the process as well: the functions of a module of botocore's.
_DIVERSION = _Diversion()
