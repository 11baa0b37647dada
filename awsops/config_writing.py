"""config.toml on the disk: read as it is, written whole, by one process at a time.

What holds for the bytes that nobody set (a byte order mark, line ends of Windows, the mode, a link)
is that they stay.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from awsops.atomic_files import ANYBODY, private_folder, replace_file
from awsops.config import Config
from awsops.errors import AwsopsError, UsageError
from awsops.file_locks import lock

_MARK = "\ufeff"


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold off other processes that set something while this is open: two at once would each write
    back what the other has not seen. The folder itself is the lock, so nothing is left behind.
    """
    if os.name != "posix":
        yield
        return
    try:
        private_folder(path.parent)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise AwsopsError(f"{path} cannot be written: {error.strerror}") from None
    try:
        lock(folder)
        yield
    finally:
        os.close(folder)


def read_text(path: Path) -> str:
    """The file as it is, empty where there is none; UsageError when it cannot be read."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8", hint="awsops config edit") from None


def read_bytes(path: Path) -> bytes:
    """The bytes of the file, none where there is none; UsageError when it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", hint="check the file's mode and owner"
        ) from None


def in_plain_lines(text: str) -> tuple[str, str, str]:
    """The text without byte order mark and with `\\n` alone, then the mark and the line end that
    it had, for `as_it_was`. Where line ends are mixed they are part of the text."""
    mark = _MARK if text.startswith(_MARK) else ""
    text = text.removeprefix(_MARK)
    windows = 0 < text.count("\n") == text.count("\r\n")
    return (text.replace("\r\n", "\n"), mark, "\r\n") if windows else (text, mark, "\n")


def as_it_was(text: str, mark: str, end: str) -> str:
    """The opposite of `in_plain_lines`."""
    return mark + (text.replace("\n", end) if end != "\n" else text)


def replace(path: Path, content: bytes) -> None:
    """Write the file whole or not at all, and only what awsops will read again."""
    try:
        replace_file(path, content, new_mode=ANYBODY, check=lambda part: check(part, path))
    except OSError as error:
        raise AwsopsError(f"{path} cannot be written: {error.strerror}") from None


def check(part: Path, path: Path) -> Config:
    """What a file would mean in the place of `path`; UsageError for what awsops would refuse."""
    try:
        return Config.load(part)
    except UsageError as error:
        message = error.message.replace(str(part), str(path))
        raise UsageError(
            f"{message}; nothing was written", hint="awsops help configuration"
        ) from None
