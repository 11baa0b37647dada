"""The config and credentials files that a target's profile is read from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from awsops.api import Aws

from .ini_lines import IniFile, read_ini


@dataclass(frozen=True, slots=True)
class AwsFiles:
    """Both files, and the profile that is read from them (`default` when none is named)."""

    config: IniFile
    credentials: IniFile
    profile: str

    def config_place(self, *keys: str) -> str | None:
        """`path:line` of the first of `keys` in the profile's section, wherever botocore merges
        it from; None when neither file has one of them."""
        for key in keys:
            for file, section in self.sections:
                if (section, key) in file.keys:
                    return file.place(section, key)
        return None

    @property
    def config_section(self) -> str:
        """The profile's section of the config file."""
        return self.profile if self.profile == "default" else f"profile {self.profile}"

    @property
    def sections(self) -> tuple[tuple[IniFile, str], tuple[IniFile, str]]:
        """Each file with the profile's section in it. botocore lets the credentials file win."""
        return (self.credentials, self.profile), (self.config, self.config_section)


def read_files(aws: Aws) -> AwsFiles:
    """Look at the files of the target's profile as they are now."""
    environ = aws.env.environ
    named = aws.target.profile or environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE")
    return AwsFiles(
        config=read_ini(_path(str(aws.setting("config_file")))),
        credentials=read_ini(_path(str(aws.setting("credentials_file"))), secret=True),
        profile=named or "default",
    )


def _path(text: str) -> Path:
    return Path(os.path.expanduser(os.path.expandvars(text)))
