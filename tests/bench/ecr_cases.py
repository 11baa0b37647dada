"""ECR: twenty registries logged in, and the credential helper that docker runs on every pull."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from .loopback import running
from .measure import Program, WrongResultError, middle
from .profiles import static
from .report import Line

if TYPE_CHECKING:
    from .cases import Bench

DELAY = 0.1  # seconds a call
REGISTRIES = 20
LOGIN_SECONDS = 0.6  # beside what the tool itself takes
GET_SECONDS = 0.06
# As quick as a tool can be: what a real one takes is the registry's and its own.
_TOOL = "#!/bin/sh\nread -r password\nexit 0\n"


def serving() -> AbstractContextManager[str]:
    """The URL of a loopback ECR for as long as the block runs."""
    return running("ecr_server.py", delay=DELAY)


def login(bench: Bench) -> list[Line]:
    """One tool and twenty accounts; the tool's own time is measured beside it."""
    tools = bench.folder / "ecr-tools"
    tools.mkdir(exist_ok=True)
    (tools / "docker").write_text(_TOOL)
    (tools / "docker").chmod(0o755)
    alone = f"for n in $(seq {REGISTRIES}); do echo x | {tools}/docker login; done"
    with serving() as url:
        home = static(bench.folder / "ecr", url, REGISTRIES)
        path = f"{tools}:/usr/bin:/bin"
        words = ("ecr", "login", "-p", "p-*", "-o", "ndjson", "--tool", "docker")
        argv = bench.program(home, "awsops", *words).argv
        samples = bench.measure(
            {
                "awsops": Program(argv, home.environ(path), _all_in),
                "tool": Program(["/bin/sh", "-c", alone], home.environ(path)),
            }
        )
    ours, own = middle(samples["awsops"]).wall, middle(samples["tool"]).wall
    what = f"ecr login at {REGISTRIES} registries, 100 ms a call; the tool alone takes {own:.2f} s"
    return [Line.limit("ecr-login", what, ours, LOGIN_SECONDS + own, "s")]


def helper(bench: Bench) -> list[Line]:
    """`get` with a token in the cache, as docker runs it."""
    what = "docker-credential-awsops get, warm cache: wall"
    if bench.environment.program("docker-credential-awsops") is None:
        return [Line.skipped("ecr-helper", what, "docker-credential-awsops is not installed")]
    with serving() as url:
        home = static(bench.folder / "ecr-helper", url, 1)
        program = bench.program(home, "docker-credential-awsops").argv[0]
        host = "000000000000.dkr.ecr.eu-west-1.amazonaws.com"
        script = f"echo {host} | {program} get"
        environ = {**home.environ("/usr/bin:/bin"), "AWS_PROFILE": "p-0000"}
        warm = Program(["/bin/sh", "-c", script], environ, _has_secret)
        warm.run()
        ours = middle(bench.measure({"get": warm})["get"])
    return [Line.limit("ecr-helper", what, ours.wall, GET_SECONDS, "s")]


def _all_in(out: str) -> None:
    rows = [json.loads(line) for line in out.splitlines()]
    if len({row["registry"] for row in rows if row["status"] == "logged in"}) != REGISTRIES:
        raise WrongResultError(f"{len(rows)} logins")


def _has_secret(out: str) -> None:
    if json.loads(out)["Secret"] != "password-of-000000000000":
        raise WrongResultError("not the token")
