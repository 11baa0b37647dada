"""See which plugins there are, where they come from and whether they work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awsops.api import Host, PluginLoadError, command


@dataclass(frozen=True, slots=True)
class Plugin:
    """One noun: `status` is ok, or broken with the reason in `error`."""

    noun: str
    kind: str
    origin: str
    commands: tuple[str, ...]
    status: str
    error: str | None


@command()
def ls(host: Host) -> Iterator[Plugin]:
    """List every plugin, the broken ones with their error."""
    broken = 0
    for listed in host.sources.listing():
        broken += listed.error is not None
        yield Plugin(
            noun=listed.found.noun,
            kind=listed.found.kind,
            origin=listed.found.origin,
            commands=listed.commands,
            status="broken" if listed.error else "ok",
            error=listed.error,
        )
    if broken:
        raise PluginLoadError(
            f"{broken} of the plugins cannot be used", hint="the error column says why"
        )
