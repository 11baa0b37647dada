"""What the manual's lines speak of and no sandbox has: profiles, and files to work with."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from awsops.testing import Sandbox

_RECIPES = Path(__file__).parents[2] / "recipes"
_EXTRA_PROFILES = ("prod", "prod-1", "live", "ops", "team")
_FILES = {
    "events.ndjson": '{"customer": "c1", "n": 1}\n',
    "clicks.ndjson": '{"partition_key": "c1", "data": {"n": 1}}\n',
    "errors.cwli": "filter level = 'ERROR' | limit 5\n",
    "orders.ndjson": '{"body": "hello"}\n',
    "lifecycle.json": json.dumps(
        {
            "rules": [
                {
                    "rulePriority": 1,
                    "selection": {
                        "tagStatus": "untagged",
                        "countType": "imageCountMoreThan",
                        "countNumber": 5,
                    },
                    "action": {"type": "expire"},
                }
            ]
        }
    ),
}


def set_stage(home: Path, sandbox: Sandbox) -> dict[str, str]:
    """Fill an empty home, which is the folder to work in too; returns the environment."""
    for name, text in _FILES.items():
        (home / name).write_text(text)
    shutil.copytree(_RECIPES / "queries", home / "runbooks/queries")
    environ = {**sandbox.environ, "SHELL": "/bin/bash"}
    (home / ".aws").mkdir(mode=0o700)
    for variable, name in (
        ("AWS_CONFIG_FILE", "config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    ):
        own = home / ".aws" / name
        own.write_text(_with_more_profiles(Path(sandbox.environ[variable]).read_text()))
        own.chmod(0o600)
        environ[variable] = str(own)
    config = home / ".config/awsops/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('protected = ["live"]\n\n[groups]\nprod = ["prod*"]\n')
    config.chmod(0o600)
    return environ


def _with_more_profiles(text: str) -> str:
    section = re.search(r"^\[(profile )?demo-prod\]\n((?:[^\[\n].*\n)+)", text, re.MULTILINE)
    assert section is not None
    prefix, body = section[1] or "", section[2]
    return text + "".join(f"\n[{prefix}{name}]\n{body}" for name in _EXTRA_PROFILES)
