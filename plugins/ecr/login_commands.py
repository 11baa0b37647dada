"""The commands that let tools in: login and token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from awsops.api import Annotated, Argument, Aws, AwsopsError, Note, Option, Secret, command

from .auth_files import install_helper
from .borrowed_names import sweep
from .hosts import Registry, read_registry, variant
from .logins import Desk, LoggedIn, Notebook, check_all, log_in_all
from .tokens import Login, private_logins, public_login
from .tools import auth_file_of, complete_tools, find_tools

AT_ONCE = 32  # tools that run side by side for one target


@dataclass(frozen=True, slots=True)
class Token:
    """A row of `ecr token`: what a registry takes as user and password."""

    registry: str
    user: str
    password: Secret
    expires_at: datetime


@command()
def login(
    aws: Aws,
    registry: Annotated[
        list[str], Argument(help="Hosts of registries; default: the target's own.")
    ] = [],  # noqa: B006 - the kernel hands over a list of its own
    tool: Annotated[
        list[str],
        Option(
            help="Log in this tool; may be repeated; default: all on PATH.",
            complete=complete_tools,
            metavar="TOOL",
        ),
    ] = [],  # noqa: B006
    registry_ids: Annotated[
        str | None,
        Option(
            help="Accounts whose registries are meant, with commas between.", metavar="ACCOUNT,..."
        ),
    ] = None,
    public: Annotated[bool, Option(help="Log in to public.ecr.aws as well.")] = False,
    fips: Annotated[bool, Option(help="Use the registry's FIPS host name.")] = False,
    dual_stack: Annotated[bool, Option(help="Use the registry's dual-stack host name.")] = False,
    check: Annotated[bool, Option(help="Only say who is logged in, and until when.")] = False,
    helper: Annotated[
        bool, Option(help="Have docker ask awsops for a login whenever it needs one.")
    ] = False,
) -> Iterator[LoggedIn | Note]:
    """Log docker, podman, skopeo, helm and others in to ECR."""
    sweep(aws.env)
    logins = _logins(aws, registry, registry_ids, public)
    logins = [
        Login(variant(e.registry, fips=fips, dual_stack=dual_stack), e.password, e.expires_at)
        for e in logins
    ]
    desk = Desk(
        aws.env.environ,
        Notebook(aws.env.folders.state / "ecr" / "logins.json"),
        aws.cancelled.is_set,
    )
    if helper:
        yield from _install(aws, [entry.registry for entry in logins])
        return
    tools = find_tools(tool, aws.env.environ)
    if check:
        yield from check_all(logins, tools, desk, aws.clock())
        return
    with aws.pool(AT_ONCE) as pool:
        yield from log_in_all(logins, tools, desk, pool)


@command(exports_secrets=True)
def token(
    aws: Aws,
    registry: Annotated[
        str | None, Argument(help="Host of a registry; default: the target's own.")
    ] = None,
) -> Iterator[Token]:
    """Print a registry's user and password, for a tool that awsops does not know."""
    sweep(aws.env)
    [found] = _logins(aws, [registry] if registry else [], None, False)
    until = datetime.fromtimestamp(found.expires_at, UTC)
    yield Token(found.registry.host, "AWS", found.password, until)


def _logins(aws: Aws, names: list[str], ids: str | None, public: bool) -> list[Login]:
    """A login for each registry meant; one call of AWS for each region, side by side."""
    wanted = [read_registry(name) for name in names]
    account_ids = [part.strip() for part in (ids or "").split(",") if part.strip()]
    regions = {r.region or aws.region for r in wanted if not r.public}
    found: list[Login] = []
    with aws.pool(16) as pool:
        ask = {
            region: pool.submit(_of_region, aws, region, account_ids)
            for region in (regions or ({aws.region} if not (names or public) or ids else set()))
        }
        wants_public = public or any(r.public for r in wanted)
        ask_public = pool.submit(public_login, aws.client) if wants_public else None
        for entry in wanted:
            if not entry.public:
                # A token serves every registry that its caller may reach (ECR user guide).
                [first, *_] = ask[entry.region or aws.region].result()
                found.append(Login(entry, first.password, first.expires_at))
        if not names or account_ids:
            found += [entry for future in ask.values() for entry in future.result()]
        if ask_public is not None:
            found.append(ask_public.result())
    return list({entry.registry.host: entry for entry in found}.values())


def _of_region(aws: Aws, region: str, account_ids: list[str]) -> list[Login]:
    logins = private_logins(aws.client("ecr", region=region), account_ids)
    if not account_ids and (own := logins[0].registry.account) is not None:
        # "If you do not specify a registry, the default registry is assumed": the caller's own
        # (ECR API reference, GetAuthorizationToken).
        aws.learn_account(own)
    return logins


def _install(aws: Aws, registries: list[Registry]) -> Iterator[LoggedIn | Note]:
    import shutil

    name = "docker-credential-awsops"
    if shutil.which(name, path=aws.env.environ.get("PATH")) is None:
        raise AwsopsError(
            f"{name} is not on PATH, so docker could not find it",
            hint="it is installed beside awsops: add that folder to PATH",
        )
    path = auth_file_of("docker", aws.env.environ)
    changed = install_helper(path, [registry.host for registry in registries], "awsops")
    said = "credHelpers written" if changed else "credHelpers was there already"
    for registry in registries:
        yield LoggedIn(registry.host, "docker", None, "helper", f"{said} in {path.name}")
    if aws.target.profile:
        yield Note(
            f"profiles for registries stand in {aws.env.folders.config / 'ecr.toml'}: "
            "[helper.registries]"
        )
