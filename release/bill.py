"""The bill of materials: what `pip install` of the wheel brings along, in CycloneDX's format."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

Words = list[str | Path]


def write_bill(wheel: Path, tree: Path, out: Path, epoch: int, constraints: Path) -> None:
    """Install `wheel` into an environment beside `tree`, list it, and check the list.

    `epoch` (seconds since 1970) is the bill's time. CalledProcessError when a step fails,
    ValueError when the bill is not what CycloneDX's schema asks for.
    """
    environment = tree.parent / "env"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    pip: Words = ["-m", "pip", "--disable-pip-version-check", "--python", python]
    _run(epoch, *pip, "install", "-q", "-c", constraints, wheel)
    listed = tree.parent / "bill.json"
    options: Words = ["--pyproject", tree / "pyproject.toml", "--output-reproducible"]
    _run(epoch, "-m", "cyclonedx_py", "environment", *options, "-o", listed, python)
    bill = about_the_wheel(json.loads(listed.read_text()), wheel)
    text = json.dumps(bill, indent=2, sort_keys=True) + "\n"
    _validate(text)
    out.write_text(text)


def about_the_wheel(bill: dict[str, Any], wheel: Path) -> dict[str, Any]:
    """The bill with its subject's version, address and checksum, which its pyproject.toml lacks.

    ValueError when a path of the machine that builds stands in it.
    """
    name, version = wheel.name.split("-")[:2]
    subject = {
        **bill["metadata"]["component"],
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}],
    }
    complete = {**bill, "metadata": {**bill["metadata"], "component": subject}}
    if "file:" in json.dumps(complete):
        raise ValueError("the bill of materials names a file of this machine")
    return complete


def _validate(text: str) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong is not None:
        raise ValueError(f"the bill of materials breaks CycloneDX's schema: {wrong}")


def _run(epoch: int, *words: str | Path) -> None:
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    subprocess.run([sys.executable, *words], check=True, stdin=subprocess.DEVNULL, env=environ)
