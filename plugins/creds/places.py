"""Where each of botocore's providers looks: a file and line, variables, a URL."""

from __future__ import annotations

from awsops.api import Aws

from .files import AwsFiles

ENV_KEYS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
)
_WEB_IDENTITY = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME")
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
# The key of a profile that makes a provider look at it (botocore.credentials).
_KEYS = {
    "assume-role": ("role_arn", "source_profile", "credential_source"),
    "sso": ("sso_account_id", "sso_role_name"),
    "login": ("login_session",),
    "custom-process": ("credential_process",),
}
_CONTAINER_HOST = "http://169.254.170.2"  # botocore.utils.ContainerMetadataFetcher.IP_ADDRESS


def place_of(method: str, aws: Aws, files: AwsFiles) -> str | None:
    """Where the provider of this name finds what it finds, or would; None when it cannot."""
    if method == "env":
        return _variables(aws, ENV_KEYS)
    if method == "assume-role-with-web-identity":
        return _variables(aws, _WEB_IDENTITY) or files.config_place("web_identity_token_file")
    if method == "shared-credentials-file":
        file = files.credentials
        return file.place(files.profile, "aws_access_key_id") or str(file.path)
    if method == "config-file":
        file = files.config
        return file.place(files.config_section, "aws_access_key_id") or str(file.path)
    if method == "container-role":
        return _container(aws)
    if method == "ec2-credentials-file":
        return aws.env.environ.get("AWS_CREDENTIAL_FILE")
    if method == "boto-config":
        return aws.env.environ.get("BOTO_CONFIG")
    return files.config_place(*_KEYS.get(method, ()))


def _variables(aws: Aws, names: tuple[str, ...]) -> str | None:
    return ", ".join(name for name in names if aws.env.environ.get(name)) or None


def _container(aws: Aws) -> str | None:
    relative, full = (aws.env.environ.get(name) for name in _CONTAINER)
    return f"{_CONTAINER_HOST}{relative}" if relative else full
