"""config.toml in a person's editor: a copy is edited, and takes its place once it is right.

A broken config.toml stops every command, in every other terminal too, while it is being mended.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from awsops.atomic_files import private_folder
from awsops.config_writing import check, locked, read_bytes, replace
from awsops.errors import AwsopsError, UsageError
from awsops.events import Note
from awsops.interrupts import left_to_another


def edit_file(
    path: Path, template: str, environ: Mapping[str, str], confirm: Callable[[str], bool]
) -> Iterator[Note]:
    """Edit `path` (`template` where there is none) until it is right or the person gives up.

    What was typed is never lost: where it did not take the file's place, the error names the copy.
    Errors: UsageError for what awsops would refuse, AwsopsError for an editor that failed.
    """
    before = read_bytes(path)
    copy = path.with_name(f"{path.stem}.edit-{os.getpid()}{path.suffix}")
    try:
        private_folder(path.parent)
        copy.write_bytes(before or template.encode())
    except OSError as error:
        raise AwsopsError(f"{copy} cannot be written: {error.strerror}") from None
    began = read_bytes(copy)
    try:
        while problem := _edited(copy, path, environ):
            yield Note(problem, "warning")
            if read_bytes(copy) == began or not confirm("Edit it again?"):
                raise UsageError(f"{path} is as it was", hint=_where(copy, began))
        _put(copy, path, before, began)
    finally:
        if copy.exists() and read_bytes(copy) in (began, read_bytes(path)):
            copy.unlink()
    yield from _said(path, before)


def _edited(copy: Path, path: Path, environ: Mapping[str, str]) -> str | None:
    """Open the editor, and say what is wrong with what it left."""
    editor = _editor(environ)
    began = read_bytes(copy)
    try:
        with left_to_another():
            code = subprocess.run([*editor, str(copy)], check=False).returncode
    except OSError as error:
        raise AwsopsError(
            f"{editor[0]} cannot be run: {error.strerror}", hint="set EDITOR to your editor"
        ) from None
    if code:
        raise AwsopsError(
            f"{editor[0]} ended with code {code}; {path} is as it was", hint=_where(copy, began)
        )
    try:
        check(copy, path)
    except UsageError as error:
        return error.message.removesuffix("; nothing was written")
    return None


def _editor(environ: Mapping[str, str]) -> list[str]:
    named = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    try:
        words = shlex.split(named)
    except ValueError as error:
        raise UsageError(
            f"VISUAL or EDITOR is {named!r}: {error}", hint="mend its quotes"
        ) from None
    return words or ["vi"]


def _put(copy: Path, path: Path, before: bytes, began: bytes) -> None:
    with locked(path):
        if read_bytes(path) != before:
            raise AwsopsError(
                f"{path} was changed by somebody else meanwhile and is as they left it",
                hint=_where(copy, began),
            )
        text = read_bytes(copy)
        if text != before:
            replace(path, text)


def _where(copy: Path, began: bytes) -> str:
    if read_bytes(copy) == began:
        return "nothing was typed into it"
    return f"what you wrote is in {shlex.quote(str(copy))}"


def _said(path: Path, before: bytes) -> Iterator[Note]:
    if before and read_bytes(path) == before:
        yield Note(
            f"{path} is as it was; an editor that returns at once has to be told to wait, as "
            "EDITOR='code --wait'"
        )
    warnings = check(path, path).warnings
    for text in warnings:
        yield Note(text, "warning")
    if not warnings:
        yield Note(f"{path} is right")
