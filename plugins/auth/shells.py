"""Variables in the words of each shell, quoted so that no value can be anything but a value."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from awsops.api import UsageError

# What PowerShell takes for an apostrophe besides the ASCII one (about_Quoting_Rules).
_APOSTROPHES = "'\u2018\u2019\u201a\u201b"


def render(shell: str, values: Mapping[str, str], unset: Sequence[str]) -> str:
    """Lines for `shell` that set `values` and remove `unset`.

    UsageError for a value that the shell has no way to write.
    """
    for name, value in values.items():
        if "\0" in value:
            raise UsageError(f"the value of {name} has a NUL character, which no variable can hold")
    if shell == "json":
        return json.dumps(dict(values), indent=2)
    set_line, unset_line = _SHELLS[shell]
    lines = [unset_line(name) for name in unset] if unset_line else []
    return "\n".join([*lines, *(set_line(name, value) for name, value in values.items())])


def _posix(name: str, value: str) -> str:
    quoted = value.replace("'", "'\\''")
    return f"export {name}='{quoted}'"


def _fish(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str) -> str:
    for mark in _APOSTROPHES:
        value = value.replace(mark, mark * 2)
    return f"$env:{name} = '{value}'"


def _cmd(name: str, value: str) -> str:
    bad = sorted(set(value) & set('"%!\r\n'))
    if bad:
        raise UsageError(
            f"the value of {name} has {bad[0]!r}, which cmd cannot quote safely",
            hint="use --shell powershell",
        )
    return f'set "{name}={value}"'


def _dotenv(name: str, value: str) -> str:
    if "\n" in value or "\r" in value:
        raise UsageError(
            f"the value of {name} has a line break, which readers of dotenv files disagree on",
            hint="use --shell json",
        )
    if "'" not in value:
        return f"{name}='{value}'"
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    return f'{name}="{quoted}"'


_Line = Callable[[str, str], str]
_SHELLS: dict[str, tuple[_Line, Callable[[str], str] | None]] = {
    "bash": (_posix, lambda name: f"unset {name}"),
    "zsh": (_posix, lambda name: f"unset {name}"),
    "fish": (_fish, lambda name: f"set -e {name}"),
    "powershell": (
        _powershell,
        lambda name: f"Remove-Item Env:{name} -ErrorAction SilentlyContinue",
    ),
    "cmd": (_cmd, lambda name: f'set "{name}="'),
    "dotenv": (_dotenv, None),
}
SHELLS = (*_SHELLS, "json")
