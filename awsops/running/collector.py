"""Where the events of a command go that another one runs: a recipe's step, an undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from awsops.errors import AwsopsError
from awsops.events import Change, Line, Note, Progress
from awsops.secrecy import scrub_error, scrub_event

if TYPE_CHECKING:
    from awsops.active import ActiveTarget
    from awsops.running.tasks import Improve, PlannedTarget
    from awsops.screen import Screen
    from awsops.targets import Target


class Collector:
    """A sink that keeps the rows of a nested run as records and shows the rest on the screen."""

    def __init__(
        self,
        screen: Screen,
        title: str,
        improve: Improve,
        *,
        quiet: bool,
        secrets: Sequence[str] = (),
    ) -> None:
        self._screen = screen
        self._title = title
        self._improve = improve
        self._secrets = secrets
        self._told: dict[int, AwsopsError] = {}
        self._quiet = quiet
        self._rows: list[tuple[int, dict[str, object]]] = []

    @property
    def rows(self) -> list[dict[str, object]]:
        """The rows as records, in the order in which the targets were named."""
        return [record for _, record in sorted(self._rows, key=lambda kept: kept[0])]

    def row(self, row: object, prefix: Mapping[str, object], order: int = 0) -> None:
        from awsops.output.records import to_record

        row = row.row if isinstance(row, Line) else row
        if row is None:
            return
        self._rows.append((order, {**prefix, **to_record(row)}))

    def settle(self) -> None:
        """The rows are read when the run has ended."""

    def error(self, target: Target | None, error: AwsopsError) -> None:
        label = target.label if target is not None else None
        self._told[id(error)] = better = self._improve(error, target)
        if not self._quiet:
            self._screen.console.error(self._title, label, scrub_error(better, self._secrets))

    def told(self, errors: Sequence[AwsopsError]) -> tuple[AwsopsError, ...]:
        """Errors of the run as they were told."""
        return tuple(self._told.get(id(error), error) for error in errors)

    def note(self, target: Target | None, note: Note) -> None:
        if not self._quiet:
            self._screen.note(target, scrub_event(note, self._secrets))

    def progress(self, target: Target, progress: Progress) -> None:
        if not self._quiet:
            self._screen.progress(target, scrub_event(progress, self._secrets))

    def refresh(self) -> None:
        self._screen.refresh()

    def finished(self, target: Target) -> None:
        self._screen.finished(target)

    def change(self, target: Target, active: ActiveTarget, change: Change) -> None:
        self._screen.change(target, active, scrub_event(change, self._secrets))

    def confirmed(self, active: ActiveTarget, changes: Sequence[Change]) -> None:
        clean = [scrub_event(change, self._secrets) for change in changes]
        self._screen.confirmed(active, clean)

    def made(self, target: Target, active: ActiveTarget, change: Change) -> None:
        self._screen.made(target, active, scrub_event(change, self._secrets))

    def settled(self, active: ActiveTarget) -> None:
        self._screen.settled(active)

    def plans(self, planned: Sequence[PlannedTarget], *, dry_run: bool) -> None:
        if not (self._quiet and dry_run):
            clean = [replace(each, plan=scrub_event(each.plan, self._secrets)) for each in planned]
            self._screen.plans(clean, dry_run=dry_run)

    def confirm(self, planned: Sequence[PlannedTarget]) -> bool:
        return self._screen.confirm(planned)

    def type_name(self, planned: PlannedTarget) -> str:
        return self._screen.type_name(planned)

    def crash(self, error: BaseException, secrets: Sequence[str]) -> AwsopsError:
        return self._screen.crash(error, [*secrets, *self._secrets])

    def local_events(self, events: Iterable[Any]) -> None:
        """What a nested local command yields; an error of it comes out improved."""
        try:
            for event in events:
                if not isinstance(event, Note | Progress):
                    self.row(event, {})
                elif not self._quiet:
                    self._screen.local_event(scrub_event(event, self._secrets))
        except AwsopsError as error:
            better = self._improve(error, None)
            if better is error:
                raise
            raise better from error
