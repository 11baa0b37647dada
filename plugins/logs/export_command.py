"""`awsops logs export`: the events of a time, into files here or by AWS into a bucket."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awsops.api import (
    Annotated,
    Argument,
    Aws,
    Note,
    Option,
    Plan,
    Progress,
    RunRecord,
    UsageError,
    command,
)
from awsops.units import format_duration, format_time

from .arguments import FromOption, SinceOption, ToOption, clock_notes, command_line, moments
from .choices import complete_buckets, complete_exports
from .export_files import Piece, Written, folder_name, pieces_of
from .export_tasks import ExportTask, plan_tasks, run_tasks
from .exporting import (
    LANES,
    PAGE_BYTES,
    Estimate,
    Export,
    is_complete,
    piece_count,
    stored_within,
)
from .groups import complete_groups, resolve
from .quotas import paces
from .tailing import calls_a_second

KEEP_SECONDS = 30 * 86_400.0
ENGINES = ("auto", "read", "task")
# Reading takes its time by FilterLogEvents' quota; a task may wait for up to 12 hours.
TASK_SECONDS = 12 * 3_600.0


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export has of one log group: `file_bytes` are those on disk."""

    group: str
    events: int
    files: int
    file_bytes: int
    folder: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be exported, as the record of the run has it too. Times are milliseconds since
    the epoch, both inclusive; `counts` are the pieces of each group."""

    account: str
    region: str
    folder: str
    groups: tuple[Mapping[str, Any], ...]
    counts: tuple[int, ...]
    start: int
    end: int
    pattern: str | None
    gzip: bool

    def pieces(self) -> list[Piece]:
        pairs = zip(self.groups, self.counts, strict=True)
        return [
            piece
            for group, count in pairs
            for piece in pieces_of(group, self.start, self.end, count, gzip=self.gzip)
        ]

    @property
    def when(self) -> str:
        return f"{format_time(self.start / 1000)} to {format_time((self.end + 1) / 1000)}"

    def header(self) -> dict[str, Any]:
        names = ("account", "region", "folder", "start", "end", "pattern", "gzip")
        groups = [{k: g[k] for k in ("logGroupName", "logGroupArn")} for g in self.groups]
        return {n: getattr(self, n) for n in names} | {
            "groups": groups,
            "counts": list(self.counts),
        }

    @classmethod
    def read(cls, header: Mapping[str, Any]) -> Wish:
        names = ("account", "region", "folder", "start", "end", "pattern", "gzip")
        try:
            return cls(
                groups=tuple(header["groups"]),
                counts=tuple(header["counts"]),
                **{name: header[name] for name in names},
            )
        except (KeyError, TypeError) as error:
            raise UsageError("that is not the record of an export") from error


@command(mutates=True)
def export_(
    aws: Aws,
    group: Annotated[
        list[str] | None,
        Argument(help="Log groups: names, globs or ARNs.", complete=complete_groups),
    ] = None,
    since: SinceOption = "1h",
    begin: FromOption = None,
    end: ToOption = None,
    folder: Annotated[
        Path | None,
        Option(help="Where the files go: a folder of each account and region.", metavar="DIR"),
    ] = None,
    filter_: Annotated[
        str | None, Option(help="The service's filter pattern.", name="--filter", metavar="PATTERN")
    ] = None,
    gzip: Annotated[bool, Option(help="Compress the files.")] = False,
    bucket: Annotated[
        str | None,
        Option(
            help="The S3 bucket that a task writes to.", complete=complete_buckets, metavar="BUCKET"
        ),
    ] = None,
    prefix: Annotated[
        str, Option(help="What the keys in the bucket begin with.", metavar="KEY")
    ] = "exportedlogs",
    engine: Annotated[
        str,
        Option(
            help="read writes files here, task has AWS write to --bucket; auto takes what there "
            "is a place for, of both the faster.",
            choices=ENGINES,
        ),
    ] = "auto",
    resume: Annotated[
        str | None,
        Option(help="Go on with an interrupted run.", complete=complete_exports, metavar="RUN"),
    ] = None,
) -> Iterator[Plan | Progress | Note | Exported | ExportTask]:
    """Export the events of log groups, into files here or by an export task into S3."""
    if resume is not None:
        if group or folder or bucket or filter_ or begin or end or gzip:
            raise UsageError(
                "a run goes on as it began: --resume takes nothing else",
                hint=f"awsops logs export --resume {shlex.quote(resume)}",
            )
        yield from _go_on(aws, resume)
        return
    if not group:
        raise UsageError("say which log groups", hint="awsops logs groups lists them")
    logs = aws.client("logs")
    groups = resolve(logs, group)
    first, last = moments(aws, since, begin, end)
    yield from clock_notes(aws)
    start, stop = int(first * 1000), max(int(first * 1000), int(last * 1000) - 1)
    now = aws.service_clock()
    stored = [stored_within(found, start, stop, now) for found in groups]
    chosen, why = _choose(engine, folder, bucket, filter_, groups, sum(stored), aws.region)
    yield Note(f"engine {chosen}: {why}")
    if chosen == "task":
        assert bucket is not None
        yield plan_tasks(groups, start, stop, bucket, prefix)
        yield from run_tasks(aws, groups, start, stop, bucket, prefix)
        return
    assert folder is not None
    account = aws.identity().account
    counts = tuple(piece_count(size, start, stop, len(groups)) for size in stored)
    place = _fresh_folder(folder, account, aws.region)
    wish = Wish(account, aws.region, str(place), tuple(groups), counts, start, stop, filter_, gzip)
    estimate = Estimate(sum(stored), max(sum(counts), sum(stored) // PAGE_BYTES))
    yield _announce(wish, estimate, aws.region)
    record = RunRecord.begin(
        _records(aws),
        _name(aws.run_id, account, aws.region),
        wish.header(),
        keep_seconds=KEEP_SECONDS,
    )
    yield from _run(aws, wish, record, aws.run_id)


def _choose(
    engine: str,
    folder: Path | None,
    bucket: str | None,
    pattern: str | None,
    groups: Sequence[Mapping[str, Any]],
    stored: int,
    region: str,
) -> tuple[str, str]:
    """The engine and why; UsageError when what it needs was not given."""
    needs = {"read": (folder, "--folder DIR"), "task": (bucket, "--bucket BUCKET")}
    if engine in needs and needs[engine][0] is None:
        raise UsageError(f"--engine {engine} needs {needs[engine][1]}")
    cannot = _no_task(pattern, groups)
    if engine == "task" and cannot:
        raise UsageError(f"an export task cannot do this: {cannot}", hint="--engine read can")
    if engine != "auto":
        return engine, "as asked for"
    if folder is None and bucket is None:
        raise UsageError("say where to: --folder DIR, or --bucket BUCKET for an export task")
    if folder is None:
        if cannot:
            raise UsageError(f"an export task cannot do this: {cannot}", hint="give --folder DIR")
        return "task", "there is a bucket and no folder; AWS may take up to 12 hours"
    if bucket is None:
        return "read", "there is a folder and no bucket"
    if cannot:
        return "read", cannot
    seconds = stored / PAGE_BYTES / calls_a_second(region)
    took = format_duration(max(1.0, round(seconds)))
    if seconds > TASK_SECONDS:
        return "task", f"reading would take {took}; a task may take up to 12 hours"
    return "read", f"reading takes about {took}; a task may take up to 12 hours"


def _no_task(pattern: str | None, groups: Sequence[Mapping[str, Any]]) -> str:
    """Why an export task cannot do it; empty when it can."""
    if pattern:
        return "a task knows no filter pattern"
    for group in groups:
        if group.get("logGroupClass", "STANDARD") != "STANDARD":
            return f"{group['logGroupName']} is of the class {group['logGroupClass']}"
    return ""


def _announce(wish: Wish, estimate: Estimate, region: str) -> Plan:
    rate = calls_a_second(region)
    took = format_duration(max(1.0, round(estimate.calls / rate)))
    summary = (
        f"nothing changes in AWS: {len(wish.groups)} log groups, {wish.when}, {estimate} "
        f"of FilterLogEvents ({took} at {rate:g}/s), which cost nothing; into {wish.folder}"
    )
    return Plan((), summary=summary)


def _go_on(aws: Aws, run: str) -> Iterator[Plan | Progress | Note | Exported]:
    account = aws.identity().account
    record = RunRecord.resume(_records(aws), _name(run, account, aws.region))
    try:
        wish = Wish.read(record.header)
        left = len(wish.pieces()) - sum(1 for _ in record.replay())
    except BaseException:
        record.close(finished=False)
        raise
    try:
        yield Plan((), summary=f"nothing changes in AWS: {left} slices are left of run {run}")
    except GeneratorExit:
        record.close(finished=False)
        raise
    yield from _run(aws, wish, record, run)


def _run(aws: Aws, wish: Wish, record: RunRecord, run: str) -> Iterator[Progress | Note | Exported]:
    go_on = _command_line(aws, "--resume", run)
    folder = Path(wish.folder)
    finished = False
    try:
        export = Export(
            aws.client("logs"),
            record,
            folder,
            wish.pieces(),
            pattern=wish.pattern,
            gzip=wish.gzip,
            pace=paces(aws).filter_log_events,
            sleep=aws.sleep,
            stopped=aws.cancelled.is_set,
        )
        yield Note(f"if it is interrupted: {go_on}")
        with aws.pool(LANES) as pool:
            yield from export.run(pool)
        export.finish(_facts(wish, run))
        finished = True
    except Exception:  # whatever ends it, what is done stays
        yield Note(f"what is done stays; go on with: {go_on}", "warning")
        raise
    finally:
        if not finished:
            record.close(finished=False)
    yield from _rows(wish, export.done)


def _facts(wish: Wish, run: str) -> dict[str, Any]:
    return {
        "version": 1,
        "run": run,
        "account": wish.account,
        "region": wish.region,
        "from": format_time(wish.start / 1000),
        "to": format_time((wish.end + 1) / 1000),
        "filter": wish.pattern,
        "groups": [group["logGroupName"] for group in wish.groups],
    }


def _rows(wish: Wish, done: Mapping[str, Written]) -> Iterator[Exported]:
    by_group: dict[str, list[Written]] = {}
    for piece in wish.pieces():
        by_group.setdefault(piece.group, []).append(done[piece.file])
    for name, files in by_group.items():
        kept = [written for written in files if written.events]
        yield Exported(
            group=name,
            events=sum(written.events for written in kept),
            files=len(kept),
            file_bytes=sum(written.file_bytes for written in kept),
            folder=str(Path(wish.folder) / folder_name(name)),
        )


def _fresh_folder(folder: Path, account: str, region: str) -> Path:
    """The folder of this target's files; UsageError when there is something in it."""
    place = folder.absolute() / f"{account}-{region}"
    try:
        used = place.exists() and any(place.iterdir())
    except OSError as error:
        raise UsageError(f"--folder {folder}: {error.strerror}") from error
    if used:
        what = "a whole export" if is_complete(place) else "part of an export, or something else"
        raise UsageError(
            f"{place} has {what} in it", hint="take another folder, or --resume RUN to go on"
        )
    return place


def _records(aws: Aws) -> Path:
    return aws.env.folders.state / "logs-export"


def _name(run: str, account: str, region: str) -> str:
    return f"{run}-{account}-{region}"


def _command_line(aws: Aws, *words: str) -> str:
    return command_line(aws, "export", *words)
