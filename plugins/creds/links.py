"""What there is to say about one link of the chain, in half a sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from awsops.api import Aws

from .files import AwsFiles
from .ini_lines import IniFile

if TYPE_CHECKING:
    from awsops.aws_chain import ChainLink


def describe_link(link: ChainLink, aws: Aws, files: AwsFiles) -> str | None:
    """The error, or why there is nothing, or what is peculiar about what there is."""
    if link.status == "error":
        return link.error
    if link.status == "empty":
        return _why_empty(link, aws, files)
    said = []
    if link.expires_at is not None and link.expires_at <= datetime.fromtimestamp(aws.clock(), UTC):
        said.append("expired")
    if link.status == "shadowed" and link.access_key is None:
        said.append("not asked: something before it wins")
    if link.metadata_versions:
        said.append(_metadata(link.metadata_versions))
    return "; ".join(said) or None


def _why_empty(link: ChainLink, aws: Aws, files: AwsFiles) -> str | None:
    if link.method == "shared-credentials-file":
        return _missing(files.credentials, files.profile, "aws_access_key_id")
    if link.method == "config-file":
        return _missing(files.config, files.config_section, "aws_access_key_id")
    if link.method == "iam-role" and _is_true(aws.env.environ.get("AWS_EC2_METADATA_DISABLED")):
        return "switched off by AWS_EC2_METADATA_DISABLED"
    if link.method == "iam-role":
        return "no answer"
    return None


def _missing(file: IniFile, section: str, key: str) -> str:
    if not file.exists:
        return "no such file"
    if file.problem and not file.sections:
        return file.problem
    if section not in file.sections:
        return f"no section [{section}]"
    return f"no {key} in [{section}]"


def _metadata(versions: tuple[str, ...]) -> str:
    if "v1" in versions:
        return "IMDSv1 answers too: any process that can make a GET gets these keys"
    return "IMDSv2 only"


def _is_true(value: str | None) -> bool:
    return (value or "").lower() == "true"
