"""Logins in a file for the time of one push or copy."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from awsops.secret_folders import secret_folder

from .tokens import Login


@contextmanager
def auth_file(state: Path, logins: Sequence[Login]) -> Iterator[Path]:
    """A file of mode 0600 with these logins alone, gone afterwards.

    `state` is the folder where one that is killed leaves it, until a command of ecr comes by.
    """
    with secret_folder(state) as folder:
        path = folder / "auth.json"
        auths = {}
        for login in logins:
            pair = f"AWS:{login.password.reveal()}".encode()
            auths[login.registry.host] = {"auth": b64encode(pair).decode()}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"auths": auths}, file)
        yield path
