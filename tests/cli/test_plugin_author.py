"""What an author of plugins meets: a working one to begin with, and a check before users find out.

The package that `plugin new --package` writes is the third party here: built, installed beside
awsops, found by its entry point and used.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import Popen

import pytest

from awsops.testing import Result, Sandbox

Cli = Callable[..., Result]
Process = Callable[..., "Popen[str]"]
PATIENCE = 100  # seconds
ROOT = Path(__file__).parents[2]


def _pytest(folder: Path, environ: Mapping[str, str] | None = None) -> None:
    """Run an author's tests as the author does."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "-p",
            "no:cacheprovider",
            str(folder),
        ],
        cwd=folder,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_a_new_plugin_works_at_once(awsops: Cli) -> None:
    made = awsops(["plugin", "new", "queue-owners"])
    assert made.exit_code == 0, made.stderr
    listed = awsops(["queue-owners", "ls", "-p", "demo-dev"])
    assert listed.exit_code == 0, listed.stderr
    assert {"orders", "orders-dlq"} <= {row["queue"] for row in listed.rows}


def test_a_new_plugin_passes_its_own_test(cli: Cli, tmp_path: Path) -> None:
    cli(["plugin", "new", "queue-owners"])
    _pytest(tmp_path / ".config/awsops/plugins")


@pytest.mark.parametrize("package", [[], ["--package"]], ids=["file", "package"])
def test_a_new_plugin_passes_the_check(cli: Cli, tmp_path: Path, package: list[str]) -> None:
    made = cli(["plugin", "new", "queue-owners", "--folder", str(tmp_path / "src"), *package])
    place = tmp_path / "src"
    if package:
        # A package's module is found by its entry point; as a file it is the same module.
        source = place / "awsops-queue-owners/src/awsops_queue_owners/__init__.py"
        place = tmp_path / "file"
        place.mkdir()
        (place / "queue_owners.py").write_text(source.read_text())
    checked = cli(["plugin", "check", "queue-owners"], {"AWSOPS_PLUGIN_PATH": str(place)})
    assert (made.exit_code, checked.exit_code, checked.rows) == (0, 0, []), checked.stderr


def test_a_new_plugin_is_what_linters_like(cli: Cli, tmp_path: Path) -> None:
    cli(["plugin", "new", "queue-owners", "--folder", str(tmp_path / "file")])
    cli(["plugin", "new", "queue-owners", "--folder", str(tmp_path), "--package"])
    for command in (
        ["ruff", "check", "--isolated"],
        ["mypy", "--strict", "--follow-imports=silent"],
    ):
        files = [str(path) for path in tmp_path.rglob("*.py")]
        sources = files if command[0] == "ruff" else [f for f in files if "tests" not in f]
        for group in ([f] for f in sources):
            done = subprocess.run(
                [sys.executable, "-m", *command, *group],
                cwd=tmp_path,
                # mypy does not look into editable installs.
                env={**os.environ, "MYPYPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr


def test_a_third_party_package_is_built_installed_and_used(
    cli: Cli, process: Process, awsops_sandbox: Sandbox, tmp_path: Path
) -> None:
    cli(["plugin", "new", "queue-owners", "--folder", str(tmp_path), "--package"])
    package, site = tmp_path / "awsops-queue-owners", tmp_path / "site"
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", *offline, "--target", site, package],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    environ = {**awsops_sandbox.environ, "PYTHONPATH": str(site)}

    def run(*argv: str) -> str:
        out, err = process(argv, environ).communicate(timeout=PATIENCE)
        assert err == ""
        return str(out)

    assert '"kind":"entry point"' in run("plugin", "ls", "--query", "[?noun=='queue-owners']")
    assert '"queue":"orders"' in run("queue-owners", "ls", "-p", "demo-dev")
    assert "Look after the owners of queues." in run("--help")
    _pytest(package, {"PYTHONPATH": str(site)})


@pytest.mark.parametrize(
    ("noun", "said"),
    [
        ("sqs", "there is a noun 'sqs' already: built-in awsops_plugins.sqs"),
        ("Owners", "is no noun"),
        ("a/b", "is no noun"),
        ("a--b", "is no noun"),
        ("class", "means something else"),
    ],
)
def test_a_noun_that_will_not_do_is_refused(cli: Cli, noun: str, said: str) -> None:
    result = cli(["plugin", "new", noun])
    assert result.exit_code == 2
    assert said in result.stderr


def test_no_file_is_ever_overwritten(cli: Cli, tmp_path: Path) -> None:
    kept = tmp_path / "queue_owners.py"
    kept.write_text("mine")
    result = cli(["plugin", "new", "queue-owners", "--folder", str(tmp_path)])
    assert (result.exit_code, kept.read_text()) == (2, "mine")
    assert not (tmp_path / "tests").exists()


BREACHES = {
    "a parameter without a word": ("def ls(aws: Aws, x: str): yield Row(x)", "says nothing"),
    "a help that is no sentence": (
        'def ls(aws: Aws, x: Annotated[str, Argument(help="x")]): yield Row(x)',
        "is no sentence",
    ),
    "a required option": (
        'def ls(aws: Aws, *, x: Annotated[str, Option(help="X.")]): yield Row(x)',
        "option x is required",
    ),
    "no type of rows": ("def ls(aws: Aws): yield Row('x')", "does not say what it yields"),
    "rows that change": ("def ls(aws: Aws) -> Iterator[Loose]: yield Loose()", "may change"),
    "a plan undeclared": ("def ls(aws: Aws) -> Iterator[Plan | Row]: yield Plan(())", "mutates"),
    "no generator": ("def ls(aws: Aws) -> Iterator[Row]: return iter(())", "no generator"),
    "no context": ("def ls(x: str) -> Iterator[Row]: yield Row(x)", "neither aws nor host"),
    "no docstring": ("def ls(aws: Aws) -> Iterator[Row]: yield Row('x')", "docstring is empty"),
    "a print": ("def ls(aws: Aws) -> Iterator[Row]: print(1); yield Row('x')", "calls print"),
    "boto3": ("def ls(aws: Aws) -> Iterator[Row]: import boto3; yield Row('x')", "imports boto3"),
    "boto3 for a change": (
        "def ls(aws: Aws) -> Iterator[Row]: aws.client('sqs').create_queue(QueueName='x')",
        "calls sqs.create_queue, which the gate refuses it",
    ),
    "a dict for a row": ("def ls(aws: Aws) -> Iterator[dict]: yield {'a': 1}", "yields a dict"),
    "a text for a row": ("def ls(aws: Aws) -> Iterator[str]: yield 'x'", "yields a text"),
    "an exit": (
        "def ls(aws: Aws) -> Iterator[Row]: import sys; yield Row('x'); sys.exit(1)",
        "calls sys.exit",
    ),
    "a sleep": (
        "def ls(aws: Aws) -> Iterator[Row]: import time; time.sleep(1); yield Row('x')",
        "aws.sleep(seconds), which ends on Ctrl-C",
    ),
    "a thread of its own": (
        "def ls(aws: Aws) -> Iterator[Row]: import threading; threading.Thread(); yield Row('x')",
        "aws.pool(n)",
    ),
    "what is inside awsops": (
        "def ls(aws: Aws) -> Iterator[Row]: import awsops.cli; yield Row('x')",
        "only awsops.api stays as it is",
    ),
    "a nameless completer": (
        "def ls(aws: Aws, x: Annotated[str, Argument(help='X.', complete=lambda aws: [])])"
        " -> Iterator[Row]: yield Row(x)",
        "without a name",
    ),
}


@pytest.mark.parametrize(("source", "said"), BREACHES.values(), ids=BREACHES)
def test_each_breach_is_named_with_how_to_mend_it(
    cli: Cli, write_plugin: Callable[..., Path], source: str, said: str
) -> None:
    write_plugin(
        "loose",
        "from collections.abc import Iterator\n"
        "@dataclass\nclass Loose:\n    name: str = ''\n\n"
        f"@command()\n{source}\n",
    )
    result = cli(["plugin", "check", "loose"])
    assert result.exit_code == 1
    assert said in " ".join(row["problem"] for row in result.rows if "problem" in row) + " ".join(
        row["mend"] for row in result.rows if "mend" in row
    )
    assert all(row["mend"] for row in result.rows if "mend" in row)
    assert all(
        row["where"].startswith("loose.py:") and row["where"][9:10].isdigit()
        for row in result.rows
        if "where" in row
    )


MUTATING_BREACHES = {
    "rows before the plan": ("yield Row('x'); yield Plan(())", "yields Row before its Plan"),
    "a change that nobody can undo": (
        "yield Plan((Change('x', 'y'),)); yield Row('x')",
        "neither how to undo it",
    ),
}


@pytest.mark.parametrize(("body", "said"), MUTATING_BREACHES.values(), ids=MUTATING_BREACHES)
def test_each_breach_of_a_command_that_changes_something_is_named(
    cli: Cli, write_plugin: Callable[..., Path], body: str, said: str
) -> None:
    write_plugin(
        "loose",
        "from collections.abc import Iterator\n"
        "from awsops.api import Change, Plan\n"
        "@command(mutates=True)\n"
        f"def go(aws: Aws) -> Iterator[Plan | Row]:\n    'Go.'\n    {body}\n",
    )
    (breach, _) = cli(["plugin", "check", "loose"]).rows
    assert said in breach["problem"]


@pytest.mark.parametrize("source", ["import no_such_module", "def (:", "raise SystemExit(0)"])
def test_a_plugin_that_cannot_be_loaded_is_told_with_its_line(
    cli: Cli, write_plugin: Callable[..., Path], source: str
) -> None:
    path = write_plugin("torn", f"\n{source}\n")
    line = path.read_text().splitlines().index(source) + 1
    checked, used = cli(["plugin", "check", "torn"]), cli(["torn", "ls"])
    assert (checked.exit_code, used.exit_code) == (1, 7)
    assert checked.rows[0]["where"] == f"torn.py:{line}"
    assert f"mend torn.py:{line} or remove it" in used.stderr
    assert cli(["config", "path"]).exit_code == 0


def test_what_a_plugin_prints_is_told_and_is_no_data(
    cli: Cli, write_plugin: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write_plugin(
        "loud",
        """
        print("while it is loaded")

        @command()
        def ls(host):
            print("while it runs")
            yield Row("x")
        """,
    )
    result = cli(["loud", "ls"])
    assert (result.exit_code, result.rows, capsys.readouterr().out) == (0, [{"name": "x"}], "")
    assert "plugin 'loud'" in result.stderr
    assert "prints while it is loaded: 'while it is loaded'" in result.stderr
    assert "loud ls prints, and stdout is for rows alone: 'while it runs'" in result.stderr


def test_what_nobody_foresaw_in_a_plugin_is_the_plugins_defect(
    cli: Cli, write_plugin: Callable[..., Path]
) -> None:
    path = write_plugin(
        "torn",
        """
        @command()
        def ls(host):
            yield Row("x")
            raise KeyError("boom")
        """,
    )
    line = path.read_text().splitlines().index('    raise KeyError("boom")') + 1
    result = cli(["torn", "ls"])
    assert (result.exit_code, result.rows[0]) == (3, {"name": "x"})
    assert f"this is a defect of the plugin torn ({path}:{line}); the trace" in result.stderr


def test_what_a_plugin_makes_awsops_stumble_over_may_be_the_fault_of_either(
    cli: Cli, write_plugin: Callable[..., Path]
) -> None:
    write_plugin(
        "torn",
        """
        @command()
        def ls(host):
            from awsops.suggesting import nearest
            nearest(None, [])
            yield Row("x")
        """,
    )
    assert "this is a defect of awsops or of the plugin torn (" in cli(["torn", "ls"]).stderr


def test_a_plugin_that_is_slow_to_load_is_told(
    cli: Cli, write_plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awsops.blame.SLOW_SECONDS", 0.0)
    write_plugin("slow", "@command()\ndef ls(host):\n    yield Row('x')\n")
    assert "s to load: what it imports at the top belongs into" in cli(["slow", "ls"]).stderr
    assert "s to load" in cli(["doctor", "--offline"]).stdout


@pytest.mark.parametrize("call", ["StartQuery", "logs:startQuery", "lgos:StartQuery", "logs:Start"])
def test_a_call_that_does_not_exist_is_a_breach(
    cli: Cli, write_plugin: Callable[..., Path], call: str
) -> None:
    write_plugin(
        "loose",
        "from collections.abc import Iterator\n"
        f"@command(calls=['{call}'])\n"
        "def ls(aws: Aws) -> Iterator[Row]:\n    'List.'\n    yield Row('x')\n",
    )
    assert cli(["plugin", "check", "loose"]).exit_code == 1


def test_every_built_in_keeps_the_contract(cli: Cli) -> None:
    result = cli(["plugin", "check"])
    assert (result.exit_code, result.rows) == (0, []), result.stdout


def test_a_plugin_that_does_not_exist_cannot_be_checked(cli: Cli) -> None:
    assert cli(["plugin", "check", "nope"]).exit_code == 5
