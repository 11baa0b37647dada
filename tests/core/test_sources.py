"""Nouns come from four sources, each is loaded alone, and a broken one breaks no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awsops.testing import Result

if TYPE_CHECKING:
    from tests.conftest import Loopback

Cli = Callable[..., Result]
Write = Callable[..., Path]
Start = Callable[..., subprocess.Popen[str]]

PATIENCE = 30.0

TEN_LINES = '''
"""Look after buckets of paint."""
from dataclasses import dataclass
from awsops.api import Annotated, Argument, Aws, Change, Plan, command
@dataclass(frozen=True, slots=True)
class Painted: colour: str; account: str
@command(mutates=True)
def fill(aws: Aws, colour: Annotated[str, Argument(help="Which colour.")]):
    """Fill a bucket."""
    yield Plan((Change("fill", colour),))
    yield Painted(colour, aws.identity().account)
'''


@pytest.fixture
def drop_in(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file as it is into the plugins folder of `cli` and `process`."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / ".config/awsops/plugins" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


# -- a file in the plugins folder ---------------------------------------------------------


@pytest.fixture
def paint(drop_in: Callable[[str, str], Path], loopback: Loopback) -> dict[str, str]:
    assert len(TEN_LINES.strip().splitlines()) == 10
    drop_in("paint.py", TEN_LINES.strip())
    return loopback.accounts(["one", "two"])


def test_ten_lines_make_a_noun_with_profiles(paint: dict[str, str], cli: Cli) -> None:
    result = cli(["paint", "fill", "red", "-p", "*", "--yes", "-o", "json"], paint)
    assert result.exit_code == 0, result.stderr
    assert [(row["profile"], row["account"]) for row in result.rows] == [
        ("one", "000000000001"),
        ("two", "000000000002"),
    ]


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("table", "red"),
        ("csv", "colour,account\nred,000000000001\n"),
        ("text", "red\t000000000001\n"),
        ("ndjson", '{"colour":"red","account":"000000000001"}\n'),
        ("yaml", "colour: red"),
    ],
)
def test_ten_lines_make_a_noun_with_every_format(
    format: str, expected: str, paint: dict[str, str], cli: Cli
) -> None:
    result = cli(["paint", "fill", "red", "-p", "one", "--yes", "-o", format], paint)
    assert expected in result.stdout.replace("\r\n", "\n")


def test_ten_lines_make_a_noun_with_a_dry_run(paint: dict[str, str], cli: Cli) -> None:
    result = cli(["paint", "fill", "red", "-p", "one", "--dry-run"], paint)
    assert (result.exit_code, [row["action"] for row in result.rows]) == (0, ["fill"])
    assert "colour" not in result.stdout


def test_ten_lines_make_a_noun_with_help(paint: dict[str, str], cli: Cli) -> None:
    overview = cli([]).stdout
    noun = cli(["paint"]).stdout
    verb = cli(["paint", "fill", "--help"]).stdout
    assert "Look after buckets of paint." in overview
    assert "Fill a bucket." in noun
    assert all(text in verb for text in ("COLOUR", "Which colour.", "--profile", "--dry-run"))


def test_the_help_line_is_read_without_importing_the_file(
    drop_in: Callable[[str, str], Path], cli: Cli
) -> None:
    drop_in("loud.py", '# a comment first\n\n"""Makes noise.\n\nMore."""\nraise SystemExit(9)\n')
    for argv in ([], ["--help"], ["-h"]):
        result = cli(argv)
        assert (result.exit_code, "Makes noise." in result.stdout) == (0, True)


def test_a_folder_is_a_plugin_with_modules_of_its_own(
    drop_in: Callable[[str, str], Path], cli: Cli
) -> None:
    drop_in("unused.txt", "")
    package = drop_in("unused.txt", "").parent / "big_noun"
    package.mkdir()
    (package / "inner.py").write_text("WORD = 'inner'\n")
    (package / "__init__.py").write_text(
        '"""Big."""\nfrom awsops.api import Host, command\nfrom .inner import WORD\n'
        '@command()\ndef say(host: Host):\n    """Say."""\n    yield {"word": WORD}\n'
    )
    assert cli(["big-noun", "say"]).rows == [{"word": "inner"}]


def test_hidden_and_private_files_are_no_plugins(
    drop_in: Callable[[str, str], Path], cli: Cli
) -> None:
    for name in ("_shared.py", ".hidden.py", "notes.txt"):
        drop_in(name, '"""Not a plugin."""')
    shown = cli([]).stdout
    assert "Not a plugin." not in shown
    assert "\n  sqs " in shown


# -- where files are looked for -----------------------------------------------------------


LOCAL = '''
"""Local."""
from awsops.api import Host, command
@command()
def say(host: Host):
    """Say."""
    yield {"said": 1}
'''


def test_folders_of_the_plugin_path_are_searched(cli: Cli, tmp_path: Path) -> None:
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.py").write_text(LOCAL)
    environ = {"AWSOPS_PLUGIN_PATH": f"{tmp_path / 'first'}{os.pathsep}{tmp_path / 'second'}"}
    assert cli(["first", "say"], environ).rows == [{"said": 1}]
    assert cli(["second", "say"], environ).rows == [{"said": 1}]


@pytest.mark.parametrize("path", ["plugins", ".", "./x", f"/nowhere{os.pathsep}plugins"])
def test_a_relative_folder_in_the_plugin_path_is_refused(path: str, cli: Cli) -> None:
    result = cli(["anything", "at-all"], {"AWSOPS_PLUGIN_PATH": path})
    assert result.exit_code == 2
    assert "relative folder" in result.stderr


def test_the_current_folder_is_never_searched(process: Start, tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / "plugins").mkdir(parents=True)
    for path in (here / "mine.py", here / "plugins" / "mine.py"):
        path.write_text(LOCAL)
    script = here / "awsops-mine"
    script.write_text("#!/bin/sh\necho mine\n")
    script.chmod(0o755)
    environ = {"PATH": f".{os.pathsep}{os.pathsep}{os.environ['PATH']}"}
    running = process(["mine", "say"], environ, cwd=here)
    out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (2, "")
    assert "unknown command 'mine'" in err


# -- entry points -------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment in which the distribution `awsops-weather` is installed, as pip leaves it."""
    site = tmp_path / "site"
    info = site / "awsops_weather-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "weather_plugin.py").write_text(LOCAL.replace("Local.", "Tell the weather."))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: awsops-weather\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[awsops.plugins.v1]\nweather = weather_plugin\n")
    (info / "RECORD").write_text("weather_plugin.py,,\n")
    return {"PYTHONPATH": str(site)}


def test_an_installed_distribution_brings_a_noun(process: Start, installed: dict[str, str]) -> None:
    running = process(["weather", "say"], installed)
    out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out, err) == (0, '{"said":1}\n', "")


def test_the_help_of_an_installed_noun_is_read_without_importing_it(
    process: Start, installed: dict[str, str]
) -> None:
    (Path(installed["PYTHONPATH"]) / "weather_plugin.py").write_text(
        '"""Tell the weather."""\nraise SystemExit(9)\n'
    )
    running = process(["--help"], installed)
    out, _ = running.communicate(timeout=PATIENCE)
    assert (running.returncode, "Tell the weather." in out) == (0, True)


def test_a_file_and_a_distribution_of_one_name_are_an_error_that_names_both(
    process: Start, installed: dict[str, str], drop_in: Callable[[str, str], Path]
) -> None:
    path = drop_in("weather.py", LOCAL)
    running = process(["weather", "say"], installed)
    out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (7, "")
    assert str(path) in err
    assert "awsops-weather" in err


# -- executables --------------------------------------------------------------------------


@pytest.fixture
def external(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Puts `awsops-foo` on PATH; the environment in which it is found."""

    def write(script: str) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir()
        path = folder / "awsops-foo"
        path.write_text(f"#!/bin/sh\n{textwrap.dedent(script)}")
        path.chmod(0o755)
        return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}

    return write


def test_an_executable_gets_its_words_as_they_were_written(
    external: Callable[[str], dict[str, str]], process: Start
) -> None:
    environ = external('for word in "$@"; do echo "[$word]"; done')
    argv = ["-p", "x", "do it", "--", "-r", "--help"]
    running = process(["foo", *argv], environ)
    out, _ = running.communicate(timeout=PATIENCE)
    assert out.splitlines() == [f"[{word}]" for word in argv]


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 42", 42), ("kill -TERM $$", 143)]
)
def test_the_exit_code_of_an_executable_is_passed_through(
    script: str, code: int, external: Callable[[str], dict[str, str]], process: Start
) -> None:
    running = process(["foo"], external(script))
    running.communicate(timeout=PATIENCE)
    assert running.returncode == code


SHOW_KEYS = (
    'echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN'
    ' $AWS_PROFILE $AWS_REGION $*"\n'
)


def test_an_executable_has_the_credentials_of_the_target_in_its_environment(
    external: Callable[[str], dict[str, str]], process: Start, loopback: Loopback
) -> None:
    stale = {"AWS_PROFILE": "one", "AWS_SESSION_TOKEN": "stale", "AWS_ACCESS_KEY_ID": "stale"}
    environ = {**external(SHOW_KEYS), **loopback.accounts(["one", "two"]), **stale}
    running = process(["-p", "two", "-r", "sa-east-1", "foo", "-p", "own"], environ)
    out, err = running.communicate(timeout=PATIENCE)
    secret = f"{'not/a/secret/two':x<33}EXAMPLE"
    assert (err, out.split()) == (
        "",
        ["AKIATEST000000000002", secret, "sa-east-1", "-p", "own"],
    )


def test_an_executable_has_the_environment_as_it_is_when_no_target_is_named(
    external: Callable[[str], dict[str, str]], process: Start
) -> None:
    running = process(["foo"], {**external('echo "$AWS_PROFILE"'), "AWS_PROFILE": "mine"})
    assert running.communicate(timeout=PATIENCE)[0] == "mine\n"


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["-p", "*"], 2, "one target, 2 were named"),
        (["-p", "gone"], 2, "'gone' does not exist"),
        (["-o", "json"], 2, "-o does not apply"),
    ],
)
def test_an_executable_runs_on_exactly_one_target(
    options: list[str],
    code: int,
    message: str,
    external: Callable[[str], dict[str, str]],
    process: Start,
    loopback: Loopback,
) -> None:
    environ = {**external("echo ran"), **loopback.accounts(["one", "two"])}
    running = process([*options, "foo"], environ)
    out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (code, "")
    assert message in err


def test_of_two_executables_the_first_on_the_path_runs(
    external: Callable[[str], dict[str, str]], process: Start, tmp_path: Path
) -> None:
    environ = external("echo second")
    first = tmp_path / "first"
    first.mkdir()
    (first / "awsops-foo").write_text("#!/bin/sh\necho first\n")
    (first / "awsops-foo").chmod(0o755)
    environ["PATH"] = f"{first}{os.pathsep}{environ['PATH']}"
    assert process(["foo"], environ).communicate(timeout=PATIENCE)[0] == "first\n"


# -- two with one name --------------------------------------------------------------------


def test_a_file_with_the_name_of_a_builtin_is_an_error_that_names_both(
    drop_in: Callable[[str, str], Path], cli: Cli
) -> None:
    path = drop_in("creds.py", LOCAL)
    result = cli(["creds", "whoami"])
    assert result.exit_code == 7
    assert "awsops_plugins.creds" in result.stderr
    assert str(path) in result.stderr


def test_an_executable_with_the_name_of_a_file_is_an_error_that_names_both(
    external: Callable[[str], dict[str, str]], drop_in: Callable[[str, str], Path], cli: Cli
) -> None:
    drop_in("foo.py", LOCAL)
    result = cli(["foo", "say"], external("echo ran"))
    assert result.exit_code == 7
    assert "foo.py" in result.stderr
    assert "awsops-foo" in result.stderr


def test_the_other_nouns_work_beside_two_with_one_name(
    drop_in: Callable[[str, str], Path], cli: Cli
) -> None:
    drop_in("creds.py", LOCAL)
    drop_in("mine.py", LOCAL)
    assert cli(["mine", "say"]).rows == [{"said": 1}]
    assert cli([]).exit_code == 0
    broken = [row for row in cli(["plugin", "ls"]).rows if row.get("noun") == "creds"]
    assert [row["status"] for row in broken] == ["broken", "broken"]


# -- broken ones --------------------------------------------------------------------------

BROKEN = {
    "a syntax error": ("def (", "SyntaxError"),
    "an import that fails": ("import no_such_module", "no_such_module"),
    "an exit": ("raise SystemExit(0)", "SystemExit"),
    "an exception": ("raise RuntimeError('it is broken')", "it is broken"),
    "no command": ("x = 1", "has no command"),
    "bytes that are no text": ("\x00", "null bytes"),
    "objects that answer to every name": (
        "class Any:\n    def __getattr__(self, name): raise ValueError(name)\nx = Any()",
        "ValueError",
    ),
}


@pytest.mark.parametrize(("text", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_says_why_and_exits_7(
    text: str, reason: str, drop_in: Callable[[str, str], Path], cli: Cli
) -> None:
    path = drop_in("broken.py", text)
    for argv in (["broken", "say"], ["broken"], ["broken", "--help"]):
        result = cli(argv)
        assert result.exit_code == 7
        assert reason in result.stderr
        assert str(path) in result.stderr
        assert "Traceback" not in result.stderr


def test_plugin_ls_lists_the_broken_ones_with_their_error(
    drop_in: Callable[[str, str], Path], cli: Cli
) -> None:
    for number, (text, _) in enumerate(BROKEN.values()):
        drop_in(f"broken{number}.py", text)
    drop_in("mine.py", LOCAL)
    result = cli(["plugin", "ls"])
    listed = {row["noun"]: row for row in result.rows if "noun" in row}
    assert result.exit_code == 7
    assert (listed["mine"]["status"], listed["mine"]["commands"]) == ("ok", ["say"])
    assert listed["creds"]["status"] == "ok"
    for number, (_, reason) in enumerate(BROKEN.values()):
        row = listed[f"broken{number}"]
        assert (row["status"], reason in row["error"]) == ("broken", True)


def test_a_broken_plugin_breaks_neither_another_noun_nor_the_overview(
    drop_in: Callable[[str, str], Path], cli: Cli
) -> None:
    for number, (text, _) in enumerate(BROKEN.values()):
        drop_in(f"broken{number}.py", text)
    drop_in("mine.py", LOCAL)
    assert cli(["mine", "say"]).rows == [{"said": 1}]
    assert "broken0" in cli([]).stdout


def test_a_command_that_cannot_be_bound_breaks_no_other_of_its_noun(
    drop_in: Callable[[str, str], Path], cli: Cli
) -> None:
    odd = '@command()\ndef odd(host: Host, value: "Missing"):\n    """Odd."""\n    yield {}\n'
    drop_in("mine.py", LOCAL + odd)
    assert cli(["mine", "say"]).rows == [{"said": 1}]
    assert "odd" in cli(["mine", "--help"]).stdout
    assert cli(["mine", "odd", "1"]).exit_code == 3


# -- what is imported ---------------------------------------------------------------------

SPY = """
import sys
from awsops.cli import main
code = main({argv!r})
import json
plugins = [m for m in sys.modules if m.startswith(("awsops_plugins.", "awsops_dropins."))]
heavy = ("botocore", "boto3", "typer", "rich", "questionary", "tenacity", "yaml", "sqlite3",
    "awsops.journal")
sys.stderr.write(json.dumps([code, plugins, [m for m in heavy if m in sys.modules]]))
"""


def imported(argv: list[str], home: Path) -> tuple[int, list[str], list[str]]:
    """Exit code, plugin modules and heavy modules after a command line in a fresh process."""
    ran = subprocess.run(
        [sys.executable, "-c", SPY.format(argv=argv)],
        env={"HOME": str(home), "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    code, plugins, heavy = json.loads(ran.stderr.splitlines()[-1])
    return code, plugins, heavy


@pytest.mark.parametrize("argv", [["--help"], [], ["--version"]], ids=str)
def test_the_overview_imports_no_plugin_and_nothing_heavy(
    argv: list[str], tmp_path: Path, drop_in: Callable[[str, str], Path]
) -> None:
    drop_in("mine.py", LOCAL)
    assert imported(argv, tmp_path) == (0, [], [])


def test_a_command_imports_its_own_plugin_and_no_other(
    tmp_path: Path, drop_in: Callable[[str, str], Path]
) -> None:
    drop_in("mine.py", LOCAL)
    drop_in("other.py", LOCAL)
    assert imported(["mine", "say"], tmp_path)[:2] == (0, ["awsops_dropins.mine"])


def test_a_builtin_imports_its_own_plugin_and_no_other(tmp_path: Path) -> None:
    code, plugins, heavy = imported(["creds", "--help"], tmp_path)
    assert (code, {name.split(".")[1] for name in plugins}) == (0, {"creds"})
    assert set(heavy) <= {"typer", "rich", "botocore"}


def test_a_builtin_is_found_without_scanning_the_installed_distributions(tmp_path: Path) -> None:
    script = (
        "import sys, awsops.cli; awsops.cli.main(['creds', '--help']);"
        "print('importlib.metadata' in sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert ran.stderr.strip() == "False"
