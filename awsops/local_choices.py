"""Values that this machine knows: profiles, regions, and the runs that can be gone on with.

The completion scripts read profiles and regions from the AWS config files themselves, without
starting awsops (`completion/grammar.py`); the functions here list them for everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from awsops.plugin import Choice

if TYPE_CHECKING:
    from awsops.host import Host

MOST_RUNS = 50


def complete_profiles(host: Host) -> Iterator[Choice]:
    """Every profile, with where it leads."""
    for name, settings in host.profiles().items():
        yield Choice(name, str(settings.get("role_arn") or settings.get("region") or ""))


def complete_regions(host: Host) -> Iterator[Choice]:
    """The regions that profiles name."""
    regions = {str(s["region"]) for s in host.profiles().values() if s.get("region")}
    yield from (Choice(region) for region in sorted(regions))


def complete_roles(host: Host) -> Iterator[Choice]:
    """The roles that profiles name, with the profile."""
    for name, settings in host.profiles().items():
        if settings.get("role_arn"):
            yield Choice(str(settings["role_arn"]), name)


def complete_changing_runs(host: Host) -> Iterator[Choice]:
    """The latest runs that changed something, the newest first."""
    for run in host.journal.runs(MOST_RUNS, None):
        changes = "1 change" if run.changes == 1 else f"{run.changes} changes"
        yield Choice(run.run_id, f"{run.command}, {changes}")


def complete_faults(host: Host, stem: str = "") -> Iterator[Choice]:
    """What can be wrong on a bad day in the sandbox: NAME=, and after a comma what is left."""
    from awsops.sandbox.chaos import FAULTS

    if not stem or stem.endswith(","):
        given = {part.partition("=")[0].strip() for part in stem.split(",")}
        for name, about in FAULTS.items():
            if name not in given:
                yield Choice(f"{stem}{name}=", about)


def resumable(folder: Path, ending: str) -> Iterator[Choice]:
    """The ids of recorded runs whose record's name goes on so, the newest first, with when they
    were last at work. Those that a live process works on are left out.
    """
    from datetime import UTC, datetime

    from awsops.records import SUFFIX, RunRecord

    for name in reversed(RunRecord.known(folder)):
        run = name.removesuffix(ending)
        if run == name or not run or RunRecord.is_held(folder, name):
            continue
        try:
            seconds = (folder / f"{name}{SUFFIX}").stat().st_mtime
        except FileNotFoundError:
            continue  # finished just now
        yield Choice(run, f"stopped {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC")
