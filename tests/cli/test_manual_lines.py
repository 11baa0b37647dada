"""Every command line of the README and of docs/ is typed on the sandbox, and does what it says.

What would change something is planned (`--dry-run`) and not done: that it is done right is the
matter of the tests of its noun. What a line needs and no sandbox has, a file or a profile, is
there. A line that cannot end well here has its reason in `NOT_HERE` or `ENDS_OTHERWISE`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awsops.command_line.words import normalize
from awsops.sources import Sources
from awsops.testing import Result, Sandbox
from tests.cli.manual_stage import set_stage
from tests.cli.test_docs import PAGES, command_lines

Awsops = Callable[..., Result]

# Why a line is not typed here, by what it begins with. All of them are tested where they belong.
NOT_HERE = {
    "awsops sandbox ": "starts and ends sandboxes: test_tour.py, tests/sandbox",
    "awsops recipe rehearse ": "starts a sandbox of its own: tests/recipes",
    "awsops recipe policy ": "starts a sandbox of its own: tests/recipes",
    "awsops ecr login": "logs docker, podman and helm of this machine in: tests/plugins/ecr",
    "awsops ecr push ": "pushes an image that a build has made: tests/plugins/ecr",
    "awsops recipe run build-and-push ": "pushes an image that a build has made: tests/recipes",
    "awsops config edit": "opens an editor on a terminal: tests/plugins/test_config_commands.py",
    "awsops help": "the manual itself: test_help.py",
}
# The exit code of a line whose example cannot exist here, by a word of it.
ENDS_OTHERWISE = {
    r"20261121-\d{6}": (5, "the run of the example"),
    r"history undo 4711": (5, "the change of the example"),
    r"exports-cancel 1{8}-": (5, "the export task of the example"),
    r"creds decode ENCODED": (2, "the message that AWS gave with a refusal"),
    r"logs record POINTER": (2, "the pointer of a row"),
    r"auth login ": (4, "asks for an MFA code, and nobody is there"),
    r"^awsops kinesis tail (?!.*(--drain|-n ))": (8, "goes on until it is told to stop"),
    r"^awsops kinesis tail .*-n ": (8, "waits for more records than there are"),
    r"ecr copy .*(--to-profile|2{12})": (
        5,
        "a repository of that name in another account and region",
    ),
    r"rollback .* --engine codedeploy": (5, "an application of CodeDeploy"),
    r"queries-rm bad-gateway": (5, "the query that the line above would have saved"),
    r"plugin new queue-owners --package": (2, "the line above has made one of that name"),
    r"redrive .*(--to orders-triage|--to-region)": (5, "a queue that is made for the occasion"),
    r"^awsops logs tail .* -f ": (8, "goes on until it is told to stop"),
    r"filtre x": (2, "a query with a mistake, to show what is said of it"),
    r"sqs cancel ": (5, "a move task that is running"),
    r"sqs redrive orders-dlq -p live -y": (2, "refused: the account is protected"),
    r"sqs import orders-dlq poison": (2, "the file that a drain has written"),
}
_PLANNED = {("recipe", "run"), ("history", "undo")}
_ANSWERS = ("--yes", "-y", "--dry-run")


@pytest.fixture(scope="module", autouse=True)
def as_it_began(awsops_sandbox: Sandbox) -> Iterator[None]:
    """What single lines do without a plan (a query that is saved, a message that is received)."""
    awsops_sandbox.renew()
    yield
    awsops_sandbox.renew()


@pytest.fixture
def typed(
    awsops: Awsops, awsops_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[list[str]], Result]:
    """Types a line in a folder with the files, and with the profiles, that the manual speaks of."""
    monkeypatch.chdir(tmp_path)
    environ = set_stage(tmp_path, awsops_sandbox)
    return lambda words: awsops(words, environ=environ, home=tmp_path)


def as_typed_here(line: str, sources: Sources) -> list[str]:
    """The line's words, planned and not done where it would change something."""
    program, *words = shlex.split(line)
    assert program == "awsops"
    here = normalize(list(words))
    assert here.noun is not None
    specs = sources.commands(here.noun)
    verb = here.noun if list(specs) == [here.noun] else next(w for w in here.rest if w in specs)
    if "--" in words or "--resume" in words:
        return words
    if (specs[verb].mutates and specs[verb].scope != "local") or (here.noun, verb) in _PLANNED:
        if " -p live -y" in line:  # which is refused, as the page says
            return words
        return [*(word for word in words if word not in _ANSWERS), "--dry-run"]
    if verb != "tail":
        return words
    # A drain ends by itself, however slow the machine is.
    return [*words, "--timeout", "2m" if "--drain" in words else "1s"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_of_a_page_does_what_it_says(
    page: Path, typed: Callable[[list[str]], Result], host_sources: Sources
) -> None:
    otherwise: dict[str, str] = {}
    for line in dict.fromkeys(command_lines(page)):
        if line.startswith(tuple(NOT_HERE)):
            continue
        expected = [code for word, (code, _) in ENDS_OTHERWISE.items() if re.search(word, line)]
        result = typed(as_typed_here(line, host_sources))
        if result.exit_code not in (expected or [0]):
            otherwise[line] = f"{result.exit_code}: {result.stderr[-300:]}"
    assert not otherwise, "\n".join(f"{line}\n  {why}" for line, why in otherwise.items())


def test_every_reason_is_still_that_of_a_line() -> None:
    lines = [line for page in PAGES for line in command_lines(page)]
    assert [start for start in NOT_HERE if not any(li.startswith(start) for li in lines)] == []
    assert [word for word in ENDS_OTHERWISE if not any(re.search(word, li) for li in lines)] == []


def test_nearly_every_line_is_typed() -> None:
    lines = {line for page in PAGES for line in command_lines(page)}
    left_out = {line for line in lines if line.startswith(tuple(NOT_HERE))}
    assert len(left_out) < len(lines) / 4


@pytest.fixture
def host_sources(tmp_path: Path) -> Sources:
    from awsops.env import Env, Folders

    env = Env.from_process()
    folder = tmp_path / "sources"
    env.folders = Folders(folder, folder, folder)
    return Sources(env, lambda: None)
