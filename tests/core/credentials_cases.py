"""Hand-picked files and environments for the matrix, each named after what is special about it."""

from __future__ import annotations

from dataclasses import dataclass, field

KEYS = "aws_access_key_id = BENCH{0:012}\naws_secret_access_key = secret-{0}\n"


@dataclass(frozen=True)
class Case:
    """Files, environment and the profile asked for; `expect` is what botocore documents.

    In the texts `URL` is the loopback server and `HOME` the folder of the files.
    """

    config: str = ""
    credentials: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    profile: str | None = "p"
    expect: str = ""


def keys(number: int) -> str:
    return KEYS.format(number)


ENV_KEYS = {"AWS_ACCESS_KEY_ID": "BENCHENV", "AWS_SECRET_ACCESS_KEY": "env-secret"}
ROLE = "role_arn = arn:aws:iam::000000000042:role/ops\nendpoint_url = URL\nregion = eu-west-1\n"
DENIED = "role_arn = arn:aws:iam::000000000042:role/denied\nendpoint_url = URL\nregion=eu-west-1\n"
WEB = f"{ROLE}web_identity_token_file = HOME/token\n"
BASE = f"[base]\n{keys(1)}"

CASES = {
    # static keys
    "keys in the credentials file": Case("", f"[p]\n{keys(1)}", expect="shared-credentials-file"),
    "keys in the config file": Case(f"[profile p]\n{keys(1)}", expect="config-file"),
    "keys in both files": Case(
        f"[profile p]\n{keys(1)}", f"[p]\n{keys(2)}", expect="shared-credentials-file"
    ),
    "keys with a session token": Case("", f"[p]\n{keys(1)}aws_session_token = t\n"),
    "keys with the old name of the token": Case("", f"[p]\n{keys(1)}aws_security_token = t\n"),
    "keys with an account": Case("", f"[p]\n{keys(1)}aws_account_id = 000000000009\n"),
    "the account in the other file": Case(
        "[profile p]\naws_account_id = 000000000009\n", f"[p]\n{keys(1)}"
    ),
    "a token in the other file": Case(
        f"[profile p]\n{keys(1)}", "[p]\naws_session_token = not-its-own\n", expect="config-file"
    ),
    "half a key in each file": Case(
        "[profile p]\naws_access_key_id = BENCH1\n",
        "[p]\naws_secret_access_key = half\n",
        expect="PartialCredentialsError",
    ),
    "half a key in each file beside an AWS_PROFILE that does not exist": Case(
        "[profile p]\naws_access_key_id = BENCH1\n",
        "[p]\naws_secret_access_key = half\n",
        {"AWS_PROFILE": "gone"},
        expect="PartialCredentialsError",
    ),
    "a token in the other file beside an AWS_PROFILE that does not exist": Case(
        f"[profile p]\n{keys(1)}",
        "[p]\naws_session_token = not-its-own\n",
        {"AWS_PROFILE": "gone"},
        expect="config-file",
    ),
    "half a key": Case("", "[p]\naws_access_key_id = A\n", expect="PartialCredentialsError"),
    "half a key in the config file": Case(
        "[profile p]\naws_access_key_id = A\n", expect="PartialCredentialsError"
    ),
    "only the secret half": Case("[profile p]\naws_secret_access_key = A\n"),
    "no keys at all": Case("[profile p]\nregion = eu-west-1\n"),
    "no such profile": Case("[profile q]\n", expect="ProfileNotFound"),
    "no files": Case(
        environ={"AWS_CONFIG_FILE": "HOME/none", "AWS_SHARED_CREDENTIALS_FILE": "HOME/none"},
        expect="ProfileNotFound",
    ),
    "a config file that is not INI": Case("region = eu-west-1\n", expect="ConfigParseError"),
    "the default profile by name": Case("", f"[default]\n{keys(3)}", profile="default"),
    # environment
    "environment keys and no profile": Case(environ=ENV_KEYS, profile=None, expect="env"),
    "environment keys beside a named profile": Case(
        "", f"[p]\n{keys(1)}", ENV_KEYS, expect="shared-credentials-file"
    ),
    "environment keys beside AWS_PROFILE": Case(
        "", f"[p]\n{keys(1)}", {**ENV_KEYS, "AWS_PROFILE": "p"}, profile=None, expect="env"
    ),
    "AWS_PROFILE alone": Case(
        "", f"[p]\n{keys(1)}", {"AWS_PROFILE": "p"}, None, "shared-credentials-file"
    ),
    "AWS_PROFILE beside another named profile": Case(
        "", f"[p]\n{keys(1)}[q]\n{keys(2)}", {"AWS_PROFILE": "q"}
    ),
    "an AWS_PROFILE that does not exist": Case(
        "", f"[p]\n{keys(1)}", {"AWS_PROFILE": "q"}, None, "ProfileNotFound"
    ),
    "an AWS_PROFILE that does not exist beside one that does": Case(
        "", f"[p]\n{keys(1)}", {"AWS_PROFILE": "gone"}, expect="shared-credentials-file"
    ),
    "AWS_DEFAULT_PROFILE before AWS_PROFILE": Case(
        "",
        f"[p]\n{keys(1)}[q]\n{keys(2)}",
        {"AWS_PROFILE": "q", "AWS_DEFAULT_PROFILE": "p"},
        profile=None,
    ),
    "half a key in the environment": Case(
        environ={"AWS_ACCESS_KEY_ID": "A"}, profile=None, expect="PartialCredentialsError"
    ),
    "expiring environment keys": Case(
        environ={**ENV_KEYS, "AWS_CREDENTIAL_EXPIRATION": "2099-01-01T00:00:00Z"}, profile=None
    ),
    "environment keys with an account": Case(
        environ={**ENV_KEYS, "AWS_ACCOUNT_ID": "000000000005", "AWS_SESSION_TOKEN": "t"},
        profile=None,
    ),
    "nothing anywhere": Case(profile=None),
    # region, endpoint and other settings of clients
    "a region in the profile": Case(f"[profile p]\nregion = eu-west-3\n{keys(1)}"),
    "a region in the environment before the profile's": Case(
        f"[profile p]\nregion = eu-west-3\n{keys(1)}", environ={"AWS_DEFAULT_REGION": "us-west-2"}
    ),
    "AWS_REGION, which botocore does not read": Case(
        f"[profile p]\nregion = eu-west-3\n{keys(1)}", environ={"AWS_REGION": "us-west-2"}
    ),
    "a region in the credentials file": Case("", f"[p]\nregion = eu-north-1\n{keys(1)}"),
    "no region": Case("", f"[p]\n{keys(1)}"),
    "an impossible region": Case("", f"[p]\nregion = not a region\n{keys(1)}"),
    "a region of China": Case("", f"[p]\nregion = cn-north-1\n{keys(1)}"),
    "an endpoint in the profile": Case(
        f"[profile p]\nregion = eu-west-1\nendpoint_url = URL\n{keys(1)}"
    ),
    "an endpoint for one service": Case(
        f"[profile p]\nregion = eu-west-1\nservices = local\n{keys(1)}"
        "[services local]\nsqs =\n  endpoint_url = URL/queues\n"
    ),
    "an endpoint in the environment": Case(
        f"[profile p]\nregion = eu-west-1\n{keys(1)}", environ={"AWS_ENDPOINT_URL_SQS": "URL/e"}
    ),
    "configured endpoints that are to be ignored": Case(
        "[profile p]\nregion = eu-west-1\nendpoint_url = URL\n"
        f"ignore_configured_endpoint_urls = true\n{keys(1)}"
    ),
    "retries and a CA bundle": Case(
        "[profile p]\nregion = eu-west-1\nretry_mode = legacy\nmax_attempts = 7\n"
        f"ca_bundle = HOME/ca.pem\n{keys(1)}",
        environ={"AWS_MAX_ATTEMPTS": "3"},
    ),
    "adaptive retries": Case(
        f"[profile p]\nregion = eu-west-1\nretry_mode = adaptive\n{keys(1)}"
    ),
    "FIPS and dual stack": Case(
        "[profile p]\nregion = us-east-1\nuse_fips_endpoint = true\n"
        f"use_dualstack_endpoint = true\n{keys(1)}"
    ),
    # roles
    "a role from a source profile": Case(
        f"[profile p]\n{ROLE}source_profile = base\n", BASE, expect="assume-role"
    ),
    "a role with everything": Case(
        f"[profile p]\n{ROLE}source_profile = base\nexternal_id = x\nrole_session_name = me\n"
        "duration_seconds = 1800\n",
        BASE,
    ),
    "a role that is refused": Case(
        f"[profile p]\n{DENIED}source_profile = base\n", BASE, expect="ClientError AccessDenied"
    ),
    "a chain of roles": Case(
        f"[profile p]\n{ROLE}source_profile = q\n"
        "[profile q]\nrole_arn = arn:aws:iam::000000000043:role/middle\nsource_profile = base\n",
        BASE,
    ),
    "a chain whose first role is refused": Case(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{DENIED}source_profile = base\n",
        BASE,
        expect="ClientError AccessDenied",
    ),
    "a role and keys in one profile": Case(
        f"[profile p]\n{ROLE}source_profile = base\n", f"{BASE}[p]\n{keys(2)}"
    ),
    "a role whose source is itself": Case(
        f"[profile p]\n{ROLE}source_profile = p\n", f"[p]\n{keys(2)}", expect="assume-role"
    ),
    "a role whose source is itself without keys": Case(
        f"[profile p]\n{ROLE}source_profile = p\n", expect="InfiniteLoopConfigError"
    ),
    "a loop of roles": Case(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}source_profile = p\n",
        expect="InfiniteLoopConfigError",
    ),
    "a source that does not exist": Case(
        f"[profile p]\n{ROLE}source_profile = q\n", expect="InvalidConfigError"
    ),
    "a source without keys": Case(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\nregion = eu-west-1\n",
        expect="InvalidConfigError",
    ),
    "a source with half a key": Case(
        f"[profile p]\n{ROLE}source_profile = q\n",
        "[q]\naws_access_key_id = A\n",
        expect="PartialCredentialsError",
    ),
    "a role without a source": Case(f"[profile p]\n{ROLE}", expect="PartialCredentialsError"),
    "a role with two sources": Case(
        f"[profile p]\n{ROLE}source_profile = base\ncredential_source = Environment\n",
        BASE,
        expect="InvalidConfigError",
    ),
    "a role from environment keys": Case(
        f"[profile p]\n{ROLE}credential_source = Environment\n", environ=ENV_KEYS
    ),
    "a role from environment keys that are missing": Case(
        f"[profile p]\n{ROLE}credential_source = Environment\n", expect="CredentialRetrievalError"
    ),
    "a role from a source of no such name": Case(
        f"[profile p]\n{ROLE}credential_source = Nowhere\n", expect="InvalidConfigError"
    ),
    "a role from a container": Case(
        f"[profile p]\n{ROLE}credential_source = EcsContainer\n",
        environ={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/container"},
        expect="assume-role",
    ),
    "a role from an instance": Case(
        f"[profile p]\n{ROLE}credential_source = Ec2InstanceMetadata\n",
        environ={
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "URL/",
        },
        expect="assume-role",
    ),
    "a container": Case(
        environ={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/container"},
        profile=None,
        expect="container-role",
    ),
    "an instance": Case(
        environ={
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "URL/",
        },
        profile=None,
        expect="iam-role",
    ),
    "a role from a process": Case(
        f"[profile p]\n{ROLE}source_profile = q\n"
        "[profile q]\ncredential_process = cat 'HOME/good'\n"
    ),
    "a role from a web identity": Case(
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{WEB}", expect="assume-role"
    ),
    # processes
    "a process": Case(
        "[profile p]\ncredential_process = cat 'HOME/good'\n", expect="custom-process"
    ),
    "a process with an account in the profile": Case(
        "[profile p]\ncredential_process = cat 'HOME/good'\naws_account_id = 000000000008\n"
    ),
    "a process whose keys expire": Case("[profile p]\ncredential_process = cat 'HOME/expiring'\n"),
    "a process whose keys have expired": Case(
        "[profile p]\ncredential_process = cat 'HOME/expired'\n", expect="RuntimeError"
    ),
    "a process that fails": Case(
        "[profile p]\ncredential_process = cat 'HOME/none'\n", expect="CredentialRetrievalError"
    ),
    "a process that does not exist": Case(
        "[profile p]\ncredential_process = 'HOME/no-program'\n", expect="FileNotFoundError"
    ),
    "a process of another version": Case(
        "[profile p]\ncredential_process = cat 'HOME/version2'\n", expect="CredentialRetrievalError"
    ),
    "a process that prints no JSON": Case(
        "[profile p]\ncredential_process = cat 'HOME/token'\n", expect="JSONDecodeError"
    ),
    "a process and keys": Case(
        "[profile p]\ncredential_process = cat 'HOME/good'\n",
        f"[p]\n{keys(1)}",
        expect="shared-credentials-file",
    ),
    "a process and keys in the config file": Case(
        f"[profile p]\ncredential_process = cat 'HOME/good'\n{keys(1)}", expect="custom-process"
    ),
    # web identity
    "a web identity": Case(f"[profile p]\n{WEB}", expect="assume-role-with-web-identity"),
    "a web identity without its token": Case(
        f"[profile p]\n{ROLE}web_identity_token_file = HOME/none\n", expect="FileNotFoundError"
    ),
    "a web identity without a role": Case(
        "[profile p]\nweb_identity_token_file = HOME/token\n", expect="InvalidConfigError"
    ),
    "a web identity that is refused": Case(
        f"[profile p]\n{DENIED}web_identity_token_file = HOME/token\n",
        expect="ClientError AccessDenied",
    ),
    "a web identity in the environment": Case(
        environ={
            "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token",
            "AWS_ROLE_ARN": "arn:aws:iam::000000000044:role/pod",
            "AWS_ENDPOINT_URL": "URL",
            "AWS_DEFAULT_REGION": "eu-west-1",
        },
        profile=None,
        expect="assume-role-with-web-identity",
    ),
    "a web identity in the environment beside a named profile": Case(
        "",
        f"[p]\n{keys(1)}",
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:aws:iam::4:role/pod"},
        expect="shared-credentials-file",
    ),
    # what is configured by halves
    "SSO without its region": Case(
        "[profile p]\nsso_account_id = 000000000001\nsso_role_name = r\nsso_start_url = u\n",
        expect="InvalidConfigError",
    ),
    "an SSO session that does not exist": Case(
        "[profile p]\nsso_account_id = 000000000001\nsso_role_name = r\nsso_session = s\n",
        expect="InvalidConfigError",
    ),
    "SSO configured by halves beside keys": Case(
        "[profile p]\nsso_account_id = 000000000001\n", f"[p]\n{keys(1)}",
        expect="InvalidConfigError",
    ),
    "a start URL alone beside keys": Case(
        "[profile p]\nsso_start_url = u\nsso_region = eu-west-1\n", f"[p]\n{keys(1)}",
        expect="shared-credentials-file",
    ),
    "a profile name with a space": Case('[profile "a b"]\n' + keys(1), profile="a b"),
}  # fmt: skip
