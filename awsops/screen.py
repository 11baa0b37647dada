"""Where the events of a run go: rows to stdout through a renderer, the rest to the console."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from awsops.errors import AwsopsError, DefectError
from awsops.events import Change, Document, Handover, Line, Note, Plan, Progress

if TYPE_CHECKING:
    from awsops.active import ActiveTarget
    from awsops.command_line.options import CommonOptions
    from awsops.config import Defaults
    from awsops.env import Env
    from awsops.journal import Journal
    from awsops.journal.writing import Announced
    from awsops.output.selection import Fields
    from awsops.running.tasks import Improve, PlannedTarget
    from awsops.targets import Target

# Formats that are written at the end in any case.
_WHOLE_FORMATS = ("table", "json", "yaml")


MOST_TOLD_AGAIN = 5

# A row as it waits for the end: the number of its target, the row, what stands before it.
_Kept = tuple[int, object, Mapping[str, object]]


class Screen:
    """The sink of a command line. Only the main thread calls it."""

    def __init__(
        self,
        env: Env,
        defaults: Defaults,
        journal: Callable[[], Journal],
        title: str,
        options: CommonOptions,
        *,
        reveal: bool,
        improve: Improve = lambda error, _: error,
        merge_by: str | None = None,
        document: bool = False,
    ) -> None:
        from awsops.output import default_format, open_renderer
        from awsops.output.console import Console

        self._env = env
        self._journal = journal
        self.title = title
        self._improve = improve
        self._merge_by = merge_by
        color = options.color or defaults.color or "auto"
        self._format = options.output or defaults.output or default_format(env)
        if document:  # nothing of ours before or behind it, and errors on stderr alone
            self._format = "text"
        self.renderer = open_renderer(
            self._format,
            env,
            color=color,
            query=options.query,
            fields=options.field_names,
            reveal=reveal,
        )
        self.console = Console(env, color=color, verbose=options.verbose)
        self._streams = self._format not in _WHOLE_FORMATS and options.query is None
        self._paints = env.color(color)
        self._colours: dict[str, str] = {}
        self._had_rows = False
        self._options = options
        self._chosen: Fields | None = None
        if options.field_names:
            from awsops.output.selection import Fields

            self._chosen = Fields(options.field_names)
        self._kept: list[_Kept] = []
        self._announced: dict[ActiveTarget, list[Announced]] = {}
        self._after: list[Note] = []
        self._told: list[tuple[str | None, AwsopsError]] = []
        self.handover: Handover | None = None

    def close(self) -> None:
        """Flush what the format buffers, then take the live progress off the screen."""
        self.console.close()
        # In the order in which the targets were named, whichever answered first.
        kept, self._kept = self._kept, []
        kept.sort(key=lambda each: each[0])
        for _, row, prefix in _merged(kept, self._merge_by) if self._merge_by else kept:
            self.renderer.row(row, prefix)
        self.renderer.close()
        for note in self._after:
            self.note(None, note)
        self._tell_again()

    def _tell_again(self) -> None:
        """Errors that the table has pushed off the screen, and what to type next with them."""
        told, self._told = self._told, []
        room = self.console.height() - 2 * len(told)
        if not self._env.interactive or not self._env.stdout_tty or self.renderer.height < room:
            return
        for label, error in told[:MOST_TOLD_AGAIN]:
            self.console.error(self.title, label, error)
        if len(told) > MOST_TOLD_AGAIN:
            more = len(told) - MOST_TOLD_AGAIN
            self.console.note(f"and {more} more, which stand above the table")

    def say_if_nothing(self) -> None:
        """A table without rows is nothing at all: a person is told that it was not forgotten."""
        for_person = self._format == "table" and self._env.stdout_tty and self._env.stderr_tty
        if for_person and not self._had_rows and not self.console.said:
            self.console.note("nothing found")

    def row(self, row: object, prefix: Mapping[str, object], order: int = 0) -> None:
        self._had_rows = True
        if isinstance(row, Handover):
            self.handover = row
        elif isinstance(row, Document):
            text = row.text if row.text.endswith("\n") else f"{row.text}\n"
            if not self._paged(text):
                self.console.in_turn(partial(self._say, text))
        elif isinstance(row, Line):
            self._line(row, prefix, order)
        elif self._format in _WHOLE_FORMATS or (self._merge_by and prefix):
            self._kept.append((order, row, prefix))
        else:
            if self._env.stdout_tty:
                self.console.in_turn(partial(self._row_now, row, prefix))
            else:
                if self._streams:
                    self.console.rows_begin()
                self.renderer.row(row, prefix)

    def _row_now(self, row: object, prefix: Mapping[str, object]) -> None:
        self.renderer.row(row, prefix)
        self.renderer.flush()  # before anything is drawn again below it

    def settle(self) -> None:
        """Let the rows so far be read."""
        self.renderer.flush()

    def _paged(self, text: str) -> bool:
        if not self._env.paging:
            return False
        from awsops.output.pager import show

        return show(text, self._env)

    def _line(self, line: Line, prefix: Mapping[str, object], order: int) -> None:
        as_rows = self._options.query is not None and line.row is not None
        if not line.always and (as_rows or self._format != "table"):
            if line.row is not None:
                self.row(line.row, prefix, order)
            return
        text = line.painted if line.painted is not None and self._paints else line.text
        if self._chosen is not None and line.row is not None and not line.always:
            text = self._cells(line.row, prefix)
        if line.whose and not line.always:
            text = f"{self._whose(line.whose)}  {text}"
        self.console.rows_begin()
        self.console.in_turn(partial(self._say, f"{text}\n"))

    def _cells(self, row: object, prefix: Mapping[str, object]) -> str:
        """What `--fields` chooses of a row that is shown as a line."""
        from awsops.output.cells import human_cell, visible
        from awsops.output.records import to_record

        assert self._chosen is not None
        record = {**to_record(prefix), **to_record(row)}
        return "  ".join(visible(human_cell(v)) for v in self._chosen.of(record).values())

    def _whose(self, name: str) -> str:
        """The target of a line, each in a colour of its own: in the order in which they appear."""
        from awsops.output.cells import visible
        from awsops.output.style import knows_cube, source_sgr

        name = visible(name)
        if not self._paints:
            return name
        cube = knows_cube(self._env.environ)
        colour = self._colours.setdefault(name, source_sgr(len(self._colours), cube=cube))
        return f"\x1b[{colour}m{name}\x1b[0m"

    def _say(self, text: str) -> None:
        self._env.stdout.write(text)
        self._env.stdout.flush()

    def error(self, target: Target | None, error: AwsopsError) -> None:
        label = target.label if target is not None else None
        error = self._improve(error, target)
        self.console.error(self.title, label, error)
        self._told.append((label, error))
        record = error.as_record()
        if target is not None:
            record |= {"profile": target.name, "region": target.region}
        self.renderer.error(record)

    def note(self, target: Target | None, note: Note) -> None:
        self.console.note(note.text, note.level, target.label if target is not None else None)

    def progress(self, target: Target, progress: Progress) -> None:
        self.console.progress(target.label, progress)

    def refresh(self) -> None:
        self.console.refresh()

    def finished(self, target: Target) -> None:
        self.console.finished(target.label)

    def change(self, target: Target, active: ActiveTarget, change: Change) -> None:
        self.made(target, active, change)
        detail = f": {change.detail}" if change.detail else ""
        self.console.note(f"{change.action} {change.resource}{detail}", "info", target.label)

    def made(self, target: Target, active: ActiveTarget, change: Change) -> None:
        """Keep a change in the journal."""
        identity = active.identity
        self._journal().record_change(
            active.run_id,
            identity.account if identity else "",
            target.region or "",
            target.profile or "",
            change,
        )

    def confirmed(self, active: ActiveTarget, changes: Sequence[Change]) -> None:
        """Have the journal say what is about to be changed before the first call does."""
        identity = active.identity
        announced = self._journal().announce(
            active.run_id,
            identity.account if identity else "",
            active.target.region or "",
            active.target.profile or "",
            changes,
        )
        self._announced.setdefault(active, []).append(announced)

    def settled(self, active: ActiveTarget) -> None:
        """What became of what was confirmed has been told, change by change."""
        for announced in self._announced.pop(active, ()):
            self._journal().settle(announced)

    def plans(self, planned: Sequence[PlannedTarget], *, dry_run: bool) -> None:
        from awsops.output.plan import plan_rows

        planned = [p for p in planned if dry_run or not p.plan.only_reads]
        if not planned:
            return
        shown = [(p.target.label, p.account, p.plan) for p in planned]
        guarded = {p.account: p.name for p in planned if p.protected and p.plan.changes}
        names = [
            name if name == account else f"{name} ({account})" for account, name in guarded.items()
        ]
        self.console.plan(shown, protected=names)
        if dry_run and self._format != "table":
            for record in plan_rows(shown):
                self.renderer.row(record, {})

    def confirm(self, planned: Sequence[PlannedTarget]) -> bool:
        changing = [p for p in planned if p.plan.changes]
        accounts = sorted({p.account for p in changing})
        named = ", ".join(accounts[:3]) + (f" and {len(accounts) - 3} more" if accounts[3:] else "")
        where = f"{len(changing)} targets: {named}" if len(changing) > 1 else f"account {named}"
        return self._env.prompter.confirm(f"Apply this in {where}?")

    def type_name(self, planned: PlannedTarget) -> str:
        return self._env.prompter.text(
            f"{planned.name} ({planned.account}) is protected; type its name to apply this"
        )

    def crash(self, error: BaseException, secrets: Sequence[str]) -> AwsopsError:
        from awsops.crash import record_crash

        return record_crash(self._env, error, secrets)

    def local_event(self, event: object) -> None:
        """One event of a command about awsops itself."""
        if isinstance(event, Note) and self._kept:
            self._after.append(event)  # its rows are shown at the end: it comes after them
        elif isinstance(event, Note):
            self.note(None, event)
        elif isinstance(event, Progress):
            self.console.progress("", event)
        elif isinstance(event, Change | Plan):
            raise DefectError(f"{self.title}: a local command yields rows, notes and progress")
        else:
            self.row(event, {})
            self.settle()


def _merged(kept: list[_Kept], column: str) -> list[_Kept]:
    """Rows of several targets in one order of the column, ascending where the first target's is;
    as they are where one of them lacks the column.
    """
    values = [row.get(column) if isinstance(row, Mapping) else None for _, row, _ in kept]
    if not kept or not all(isinstance(value, str) for value in values):
        return kept
    first = [str(v) for v, (order, *_) in zip(values, kept, strict=True) if order == kept[0][0]]
    numbers = sorted(range(len(kept)), key=lambda n: str(values[n]), reverse=first[0] >= first[-1])
    return [kept[n] for n in numbers]
