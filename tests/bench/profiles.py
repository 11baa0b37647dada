"""Config and credentials files with N profiles, and the environment that leads to them alone."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

REGIONS = ("us-east-1", "eu-west-1")


@dataclass(frozen=True)
class Home:
    """A home folder with AWS files in it; `targets` is how many profiles a run is made over."""

    folder: Path
    targets: int
    accounts: frozenset[str]

    def environ(self, path: str) -> dict[str, str]:
        """The whole environment of a measured program: nothing of the person's own comes along."""
        return {
            "PATH": path,
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def static(folder: Path, url: str, count: int) -> Home:
    """`count` profiles p-0000, p-0001 ... each with keys of its own in the credentials file."""
    config: dict[str, Mapping[str, str]] = {}
    credentials = {}
    for number in range(count):
        config[f"profile p-{number:04}"] = {"region": REGIONS[0], "endpoint_url": url}
        credentials[f"p-{number:04}"] = _keys(number)
    accounts = frozenset(f"{number:012}" for number in range(count))
    return _write(folder, config, credentials, count, accounts)


def mixed(folder: Path, url: str, count: int) -> Home:
    """`count` profiles, a third each static, assume-role and credential_process, two regions.

    The roles all come from one source profile, and each is named by two profiles, one a region:
    so people write it down who work in two regions.
    """
    config: dict[str, Mapping[str, str]] = {}
    credentials: dict[str, Mapping[str, str]] = {"source": _keys(900_000)}
    accounts = set()
    config["profile source"] = {"region": REGIONS[0], "endpoint_url": url}
    for number in range(count):
        account = f"{number // 6 * 6 + number % 3:012}" if number % 3 == 1 else f"{number:012}"
        accounts.add(account)
        profile = {"region": REGIONS[number // 3 % 2], "endpoint_url": url}
        if number % 3 == 0:
            credentials[f"p-{number:04}"] = _keys(number)
        elif number % 3 == 1:
            profile |= {"source_profile": "source", "role_arn": f"arn:aws:iam::{account}:role/ops"}
        else:
            profile["credential_process"] = _process(folder, number)
        config[f"profile p-{number:04}"] = profile
    return _write(folder, config, credentials, count, frozenset(accounts))


def _keys(number: int) -> dict[str, str]:
    return {
        "aws_access_key_id": f"BENCH{number:012}",
        "aws_secret_access_key": f"secret-of-{number}",
    }


def _process(folder: Path, number: int) -> str:
    """The cheapest program that prints credentials: what it costs is not awsops's to save."""
    folder.mkdir(parents=True, exist_ok=True)
    printed = folder / f"process-{number}.json"
    keys = _keys(number)
    printed.write_text(
        json.dumps(
            {
                "Version": 1,
                "AccessKeyId": keys["aws_access_key_id"],
                "SecretAccessKey": keys["aws_secret_access_key"],
            }
        )
    )
    return f"cat {shlex.quote(str(printed))}"


def _write(
    folder: Path,
    config: Mapping[str, Mapping[str, str]],
    credentials: Mapping[str, Mapping[str, str]],
    targets: int,
    accounts: frozenset[str],
) -> Home:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config").write_text("".join(_sections(config.items())))
    (folder / "credentials").write_text("".join(_sections(credentials.items())))
    return Home(folder, targets, accounts)


def _sections(sections: Iterable[tuple[str, Mapping[str, str]]]) -> Iterable[str]:
    for name, settings in sections:
        yield f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in settings.items())
