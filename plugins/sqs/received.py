"""What a lane has received and not yet settled."""

from __future__ import annotations

from dataclasses import dataclass, field

from .budget import Permit
from .messages import Message
from .turns import Turn


@dataclass(slots=True)
class Received:
    """What one receive brought: `left` is still to be decided, `sent` is to be deleted."""

    received_at: float
    left: dict[str, Message]
    permit: Permit
    sent: list[str] = field(default_factory=list)
    went: dict[str, str] = field(default_factory=dict)  # id to the name of the destination
    gone: list[str] = field(default_factory=list)  # delivered again after their delete
    copied: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    early: bool = False  # something of it was sent before the run began
    full: bool = False
    turn: Turn | None = None  # on a FIFO queue

    @property
    def in_vain(self) -> bool:
        """Whether it says that nothing is left. Messages that keep coming while the run lasts do
        not prolong it, but as many of them as fit may have come before older ones."""
        return not self.early and not self.full
