"""The command `auth console`: a link that signs a browser in with a profile's session."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urlencode, urlsplit

from awsops.api import (
    Annotated,
    Aws,
    AwsopsError,
    CredentialsError,
    Line,
    Note,
    Option,
    UsageError,
    command,
)
from awsops.aws import Keys
from awsops.units import parse_duration

LINK_MINUTES = 15  # how long a sign-in token can be used
_SECONDS = range(900, 43_201)  # SessionDuration

ServiceOption = Annotated[
    str | None, Option(help="Open this service's console, like s3.", metavar="SERVICE")
]
OpenOption = Annotated[bool, Option(help="Open the link in a browser.")]
LastsOption = Annotated[
    str | None,
    Option(
        help="How long the browser stays signed in, 15m to 12h; roles only.", metavar="DURATION"
    ),
]


@dataclass(frozen=True, slots=True)
class SignIn:
    """A link that signs in whoever opens it, within 15 minutes."""

    account: str
    arn: str
    url: str


@command(exports_secrets=True, one_target=True)
def console(
    aws: Aws,
    service: ServiceOption = None,
    open: OpenOption = False,
    lasts: LastsOption = None,
) -> Iterator[Line | SignIn | Note]:
    """Make a link that signs a browser in to the AWS console."""
    keys, identity = aws.keys(), aws.identity()
    if keys.token is None or ":user/" in identity.arn:
        raise CredentialsError(
            f"{aws.target.label} is a user; the console takes the sessions of roles alone",
            hint="name a profile that assumes a role, or add --role NAME",
            code="NoRole",
        )
    seconds = _lasting(lasts)
    host, federation = _hosts(aws, identity.arn.split(":")[1])
    token = _signin_token(aws, federation, keys, seconds)
    destination = _destination(host, service, aws.target.region)
    query = urlencode(
        {"Action": "login", "Issuer": "awsops", "Destination": destination, "SigninToken": token}
    )
    url = f"{federation}?{query}"
    # Whole, as a line of its own: a table would break it, and nobody could copy it.
    yield Line(url, SignIn(identity.account, identity.arn, url))
    if open:
        opened = webbrowser.open(url)
        yield Note("opened in the browser" if opened else "no browser could be opened")
    else:
        yield Note(f"whoever opens the link within {LINK_MINUTES} minutes is signed in", "warning")


def _hosts(aws: Aws, partition: str) -> tuple[str, str]:
    """The sign-in host of AWS, and the URL that gives sign-in tokens: there, or where the settings
    of this profile send such calls."""
    try:
        host = aws.sign_in_host(partition)
    except KeyError:
        raise UsageError(
            f"the installed botocore does not know where the partition {partition} signs in",
            hint="a newer botocore may",
        ) from None
    return host, f"{aws.sign_in_endpoint() or f'https://{host}'}/federation"


def _destination(sign_in: str, service: str | None, region: str | None) -> str:
    home = sign_in.replace("signin.", "console.", 1)
    path = f"{quote(service)}/home" if service else "console/home"
    where = f"?region={quote(region)}" if region else ""
    return f"https://{home}/{path}{where}"


def _lasting(text: str | None) -> int | None:
    if text is None:
        return None
    seconds = int(parse_duration(text))
    if seconds not in _SECONDS:
        raise UsageError(f"--lasts {text} is not between 15m and 12h")
    return seconds


def _signin_token(aws: Aws, federation: str, keys: Keys, seconds: int | None) -> str:
    """The body of a POST, not a URL: a session in a URL would end up in logs of proxies."""
    session = {
        "sessionId": keys.access_key,
        "sessionKey": keys.secret_key.reveal(),
        "sessionToken": keys.token.reveal() if keys.token else "",
    }
    asked = {"Action": "getSigninToken", "Session": json.dumps(session)}
    if seconds is not None:
        asked["SessionDuration"] = str(seconds)
    status, body = aws.post_form(federation, asked)
    host = urlsplit(federation).netloc
    if status != HTTPStatus.OK:
        raise CredentialsError(
            f"{host} refused the session (status {status})",
            hint="--lasts is not for a role that was assumed from a role; leave it out"
            if seconds is not None
            else "awsops creds whoami tells whether it is still good",
            code="SignIn",
        )
    try:
        return str(json.loads(body)["SigninToken"])
    except (ValueError, KeyError, TypeError):
        raise AwsopsError(
            f"{host} gave no sign-in token: its answer is not AWS's",
            hint="a proxy may have answered in its place: HTTPS_PROXY and NO_PROXY name it",
            code="SignIn",
        ) from None
