"""Text to a stream, whatever its encoding, and quietly once the stream is no more."""

from __future__ import annotations

import os
from typing import NoReturn, TextIO

from awsops.errors import AwsopsError


class Sink:
    """Writes text to a stream such as stdout.

    Characters that the stream's encoding lacks are written as `\\xNN` or `\\uNNNN`. When the
    reader has closed the pipe, BrokenPipeError is raised; when the disk is full, AwsopsError. Both
    are raised once: what is written later, and what Python still holds for that stream, goes to
    the null device, so that nothing complains while the interpreter exits.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding or "utf-8"
        self._broken = False

    @property
    def ascii_only(self) -> bool:
        """Whether the stream cannot take every character (a Latin-1 or plain C locale)."""
        return not self.encoding.lower().replace("-", "").startswith("utf")

    def write(self, text: str) -> None:
        """Write without flushing. Raises BrokenPipeError and AwsopsError."""
        if self._broken:
            return
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            self.write(text.encode(self.encoding, "backslashreplace").decode(self.encoding))
        except OSError as error:
            self._fail(error)

    def flush(self) -> None:
        """Hand over what was written. Raises BrokenPipeError and AwsopsError."""
        if self._broken:
            return
        try:
            self._stream.flush()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> NoReturn:
        self._abandon()
        if isinstance(error, BrokenPipeError):
            raise error
        reason = error.strerror or str(error)
        raise AwsopsError(
            f"the output could not be written: {reason}", code="OutputFailed"
        ) from error

    def _abandon(self) -> None:
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        self._broken = True
        try:
            descriptor = self._stream.fileno()
        except (OSError, ValueError):  # a stream of a test has none
            return
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, descriptor)
        os.close(null)
