"""A screen that nobody looks at: it keeps what a run yields, and the journal as ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from awsops.errors import AwsopsError
from awsops.events import Document, Note, Plan, Progress
from awsops.screen import Screen

if TYPE_CHECKING:
    from awsops.command_line.binding import Invocation
    from awsops.kernel import Kernel
    from awsops.running.tasks import PlannedTarget
    from awsops.targets import Target


class Recorder(Screen):
    """The sink of a command that Python runs; `on_said` takes a label, a text and its level."""

    def __init__(
        self,
        kernel: Kernel,
        invocation: Invocation,
        on_said: Callable[[str | None, str, str], None],
    ) -> None:
        super().__init__(
            kernel.env,
            kernel.config.defaults,
            lambda: kernel.journal,
            invocation.title,
            invocation.options,
            reveal=invocation.spec.exports_secrets,
        )
        self._on_said = on_said
        self._reveal = invocation.spec.exports_secrets
        self._records: list[tuple[int, dict[str, object]]] = []
        self.errors: list[AwsopsError] = []
        self.planned: list[Plan] = []

    @property
    def rows(self) -> tuple[dict[str, object], ...]:
        """The rows as records, in the order in which the targets were named."""
        return tuple(record for _, record in sorted(self._records, key=lambda kept: kept[0]))

    def close(self) -> None:
        self.console.close()

    def row(self, row: object, prefix: Mapping[str, object], order: int = 0) -> None:
        from awsops.output.records import to_record

        record = (
            {"text": row.text} if isinstance(row, Document) else to_record(row, reveal=self._reveal)
        )
        self._records.append((order, {**prefix, **record}))

    def error(self, target: Target | None, error: AwsopsError) -> None:
        self.errors.append(error)
        self._on_said(target.label if target else None, error.message, "error")

    def note(self, target: Target | None, note: Note) -> None:
        self._on_said(target.label if target else None, note.text, note.level)

    def progress(self, target: Target, progress: Progress) -> None:
        """Nobody watches."""

    def plans(self, planned: Sequence[PlannedTarget], *, dry_run: bool) -> None:
        self.planned += [each.plan for each in planned]
