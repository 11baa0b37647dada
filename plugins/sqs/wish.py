"""What a command line of `sqs redrive` asks for, and how to ask for it once more."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from awsops.api import Aws
from awsops.elsewhere import Elsewhere

from .arguments import DEFAULT_LANES
from .each import EachRows
from .hands import LEASE
from .messages import Message
from .pacing import Pace
from .queues import QueueFacts
from .returns import Returns, read_share
from .rewriting import read_rewriting
from .selection import Selection
from .terms import Terms


@dataclass(frozen=True)
class Wish:
    """What the command line asks for, read. `rate` is messages a second, `lease` seconds."""

    selection: Selection | None
    where: str | None
    match: str | None
    limit: int | None
    rate: float | None
    backup: Path | None
    lanes: int
    lease: int
    resume: str | None
    engine: str | None
    transform: str | None
    keep_dedup_id: bool
    returned: str | None
    each: bool
    to_profile: str | None
    to_region: str | None

    def client_only(self) -> list[str]:
        """The options given that only our own engine understands."""
        given: dict[str, object] = {
            "--where": self.where,
            "--match": self.match,
            **(self.selection.times() if self.selection else {}),
            "--max": self.limit,
            "--backup": self.backup,
            "--resume": self.resume,
            "--transform": self.transform,
            "--keep-dedup-id": self.keep_dedup_id or None,
            "--stop-if-returned": self.returned,
            "--each": self.each or None,
            "--to-profile": self.to_profile,
            "--to-region": self.to_region,
        }
        return [name for name, value in given.items() if value is not None]

    def terms(
        self, aws: Aws, other: Elsewhere | None, backup: Callable[[Sequence[Message]], None] | None
    ) -> Terms:
        """What a redrive goes by; UsageError for an expression or a share that is none.

        `other` is the account that `--to` is in, `backup` keeps messages before they are sent.
        """
        return Terms(
            selects=self.selection.by(aws.clock) if self.selection else None,
            backup=backup,
            pace=Pace(self.rate, aws.clock) if self.rate is not None else None,
            rewriting=read_rewriting(self.transform, aws.clock),
            returns=Returns(read_share(self.returned)) if self.returned else None,
            keep_dedup_id=self.keep_dedup_id,
            each=EachRows() if self.each else None,
            to_sqs=other.client("sqs", lean=True) if other else None,
        )

    def command_to_go_on(self, aws: Aws, dlq: QueueFacts, run_id: str) -> str:
        """The command line that resumes the run on the same terms."""
        options = {
            "--resume": run_id,
            "--where": self.where,
            "--match": self.match,
            **(self.selection.times() if self.selection else {}),
            "--rate": f"{self.rate:g}" if self.rate is not None else None,
            "--backup": str(self.backup) if self.backup else None,
            "--transform": self.transform,
            "--stop-if-returned": self.returned,
            "--to-profile": self.to_profile,
            "--to-region": self.to_region,
            "--lanes": str(self.lanes) if self.lanes != DEFAULT_LANES else None,
            "--visibility": f"{self.lease}s" if self.lease != LEASE else None,
        }
        given = [word for flag, value in options.items() if value for word in (flag, value)]
        given += ["--keep-dedup-id"] if self.keep_dedup_id else []
        given += ["--each"] if self.each else []
        return shlex.join(["awsops", "sqs", "redrive", dlq.ref.name, *given, *aws.target_options()])


# What goes with --resume: all that says which messages, where to and how.
GOES_ON = {
    *("dlq", "to", "where", "match", "since", "until", "max", "rate", "backup", "transform"),
    *("keep_dedup_id", "stop_if_returned", "each", "to_profile", "to_region", "lanes"),
    "visibility",
}
