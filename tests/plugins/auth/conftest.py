"""A sandbox of its own: sessions are made with codes that are good once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from awsops import testing
from awsops.testing import Result, Sandbox, run

SERIAL = "arn:aws:iam::111111111111:mfa/demo"


@pytest.fixture(scope="session")
def own_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with testing.own_sandbox(tmp_path_factory.mktemp("auth-sandbox")) as sandbox:
        yield sandbox


@dataclass(frozen=True)
class Auth:
    """`auth(["login"])` runs it for demo-dev with a home of its own."""

    sandbox: Sandbox
    home: Path

    def __call__(self, argv: list[str], *, profile: str = "demo-dev", **options: Any) -> Result:
        environ = {**self.sandbox.environ, **options.pop("environ", {})}
        named = ["-p", profile] if profile else []
        at = argv.index("--") if "--" in argv else len(argv)
        words = ["auth", *argv[:at], *named, *argv[at:]]
        return run(words, environ=environ, home=self.home, **options)

    def sandbox_run(self, argv: list[str], environ: dict[str, str]) -> Result:
        """A command line in an environment that knows the sandbox's address and no profile."""
        return run(argv, environ=environ, home=self.home / "elsewhere")

    def code(self, serial: str = SERIAL) -> str:
        from awsops.sandbox import control

        return control.mfa_code(self.sandbox.info, serial)[0]

    def given(self, variable: str) -> str:
        """The text of the sandbox's own config or credentials file."""
        return Path(self.sandbox.environ[variable]).read_text()

    def calls(self) -> dict[str, int]:
        from awsops.sandbox import control

        return dict(control.calls(self.sandbox.info).calls)

    def files(self) -> list[Path]:
        return sorted(self.home.rglob("*.session"))


@pytest.fixture
def auth(own_sandbox: Sandbox, tmp_path: Path) -> Auth:
    """Every test begins with codes that nobody used and with no session."""
    from awsops.sandbox import control

    control.reset(own_sandbox.info)
    control.reset_calls(own_sandbox.info)
    return Auth(own_sandbox, tmp_path)


@pytest.fixture
def logged_in(auth: Auth) -> Callable[[], dict[str, Any]]:
    def login() -> dict[str, Any]:
        result = auth(["login", "--code", auth.code()])
        assert result.exit_code == 0, result.stderr
        return dict(result.rows[0])

    return login
