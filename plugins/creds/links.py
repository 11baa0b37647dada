"""What there is to say about one link of the chain, in half a sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from awsops.api import Aws

from .files import AwsFiles
from .ini_lines import IniFile

if TYPE_CHECKING:
    from awsops.credentials.chain import ChainLink


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


# The keys of a profile without which a provider does not look at it (botocore.credentials).
_WANTS = {
    "assume-role": "role_arn",
    "sso": "sso_account_id and sso_role_name",
    "login": "login_session",
    "custom-process": "credential_process",
}
# The variables that it takes, and of which one is enough.
_VARIABLES = {
    "env": "AWS_ACCESS_KEY_ID",
    "ec2-credentials-file": "AWS_CREDENTIAL_FILE",
    "container-role": "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or ..._FULL_URI",
}
_BOTO_FILES = "/etc/boto.cfg and ~/.boto"  # BotoProvider.DEFAULT_CONFIG_FILENAMES


def _why_empty(link: ChainLink, aws: Aws, files: AwsFiles) -> str:
    method, environ = link.method, aws.env.environ
    if method == "shared-credentials-file":
        return _missing(files.credentials, files.profile, "aws_access_key_id")
    if method == "config-file":
        return _missing(files.config, files.config_section, "aws_access_key_id")
    if method == "iam-role" and _is_true(environ.get("AWS_EC2_METADATA_DISABLED")):
        return "switched off by AWS_EC2_METADATA_DISABLED"
    if method == "iam-role":
        return "no answer"
    if method == "boto-config":
        return f"no keys in {environ.get('BOTO_CONFIG') or _BOTO_FILES}"
    if method == "ec2-credentials-file" and environ.get("AWS_CREDENTIAL_FILE"):
        return "no AWSAccessKeyId in the file"
    if method == "assume-role-with-web-identity":
        return f"neither AWS_WEB_IDENTITY_TOKEN_FILE nor web_identity_token_file of {files.profile}"
    if method == "assume-role" and aws.profile_settings().get("web_identity_token_file"):
        return "web_identity_token_file takes the role_arn"
    if method in _VARIABLES:
        return f"{_VARIABLES[method]} is not set"
    wanted = _WANTS.get(method)
    return f"no {wanted} in the profile {files.profile}" if wanted else "nothing was found"


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
