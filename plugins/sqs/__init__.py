"""Look into SQS queues, send to them, and redrive dead-letter queues."""

from __future__ import annotations

from .drain_command import drain as drain
from .file_commands import export as export
from .file_commands import import_ as import_
from .looking import ls as ls
from .looking import peek_ as peek_
from .looking import policy as policy
from .queue_commands import attrs_ as attrs_
from .queue_commands import cancel as cancel
from .queue_commands import moves as moves
from .queue_commands import purge as purge
from .redrive_command import redrive_ as redrive_
from .send_command import send as send
