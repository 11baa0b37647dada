"""Where each shell looks for a person's completion scripts, and how one gets there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from shlex import quote

from awsops.atomic_files import ANYBODY, replace_file
from awsops.completion import FILE_NAMES, SHELLS
from awsops.errors import AwsopsError, UsageError

# Stands in the first lines of every script: a file without it is not ours to overwrite.
MARK = "completion for awsops."
_FOUND = "the shell finds it by itself: open a new one"
_NAMES_OF_SHELLS = {"pwsh": "powershell", **{shell: shell for shell in SHELLS}}


@dataclass(frozen=True, slots=True)
class Place:
    """A script's file, and what the person may have to do once for the shell to find it: a
    sentence, then lines to copy.
    """

    path: Path
    advice: tuple[str, ...]


def detect_shell(environ: Mapping[str, str]) -> str:
    """The person's shell, one of SHELLS, from $SHELL; UsageError when it is none of them."""
    named = environ.get("SHELL", "")
    if not named and environ.get("PSModulePath"):  # Windows sets no SHELL
        return "powershell"
    name = PurePath(named.replace("\\", "/")).name.lower().removesuffix(".exe")
    if name not in _NAMES_OF_SHELLS:
        what = f"there is no completion for {named}" if named else "$SHELL is not set"
        raise UsageError(what, hint=f"name the shell: awsops completion install {'|'.join(SHELLS)}")
    return _NAMES_OF_SHELLS[name]


def place_for(shell: str, environ: Mapping[str, str]) -> Place:
    """Where the script of `shell` goes; follows XDG_*, BASH_COMPLETION_USER_DIR and ZDOTDIR."""
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    if shell == "bash":
        base = Path(environ.get("BASH_COMPLETION_USER_DIR") or data / "bash-completion")
        # bash-completion looks a script up by the command's name, without an extension.
        return Place(path := base / "completions" / "awsops", _bash_advice(path))
    if shell == "zsh":
        path = data / "zsh" / "site-functions" / FILE_NAMES[shell]
        return Place(path, _zsh_advice(path.parent, home, environ))
    if shell == "fish":
        path = config / "fish" / "completions" / FILE_NAMES[shell]
        return Place(path, (_FOUND,))
    path = data / "awsops" / FILE_NAMES[shell]
    quoted = "'" + str(path).replace("'", "''") + "'"
    return Place(path, ("add to the file that $PROFILE names:", f". {quoted}"))


def write_script(path: Path, text: str) -> bool:
    """Write the script whole or not at all; False when it stood there already.

    AwsopsError when a file of another origin stands there or the folder cannot be written.
    """
    try:
        path = path.resolve()  # a link stays one: people keep such folders under version control
        before = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
        if before == text:
            return False
        if before is not None and MARK not in before:
            raise AwsopsError(
                f"{path} was not written by awsops; it was left as it is",
                hint="move it away, then run this again",
            )
        replace_file(path, text, new_mode=ANYBODY)
    except OSError as error:
        raise AwsopsError(
            f"{path} cannot be written: {error.strerror}",
            hint="awsops completion show prints the script instead",
        ) from None
    return True


def _bash_advice(path: Path) -> tuple[str, ...]:
    return (
        "bash-completion loads it in a new shell; without that package add to ~/.bashrc:",
        f"source {quote(str(path))}",
    )


def _zsh_advice(folder: Path, home: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    rc = Path(environ.get("ZDOTDIR") or home) / ".zshrc"
    try:
        text = rc.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    if str(folder) in environ.get("FPATH", "").split(":") or "zsh/site-functions" in text:
        return (_FOUND,)
    line = f"fpath=({quote(str(folder))} $fpath)"
    if "oh-my-zsh" in text:
        return (f"add to {rc}, before the line that loads oh-my-zsh:", line)
    if "compinit" in text:
        return (f"add to {rc}, before compinit:", line)
    return (f"add to {rc}:", line, "autoload -Uz compinit && compinit")
