"""The manual in the terminal and as man pages: every page, every noun, and nothing made up."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from awsops.env import Env
from awsops.manual import find_page, pages
from awsops.manual.roff import man_page
from awsops.sources import Sources
from awsops.testing import Result

Cli = Callable[..., Result]
NOUNS = [f.noun for f in Sources(Env.from_process(), lambda: None).all() if f.kind == "built-in"]
PAGES = [page.name for page in pages()]


def test_topics_are_every_noun_and_every_page(cli: Cli) -> None:
    topics = {row["topic"] for row in cli(["help"]).rows}
    assert set(NOUNS) <= topics
    assert {"output", "exit-codes", "security", "configuration"} <= topics


@pytest.mark.parametrize("page", PAGES)
def test_off_a_terminal_a_page_is_its_markdown(cli: Cli, page: str) -> None:
    found = find_page(page)
    assert found is not None
    assert cli(["help", page]).stdout == found.text()


@pytest.mark.parametrize("page", PAGES)
def test_what_is_for_those_who_write_a_page_is_not_in_it(cli: Cli, page: str) -> None:
    assert "<!--" not in cli(["help", page]).stdout


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [60, 80])
def test_on_a_terminal_a_page_fits_its_width(cli: Cli, page: str, width: int) -> None:
    shown = cli(["help", page, "--color", "never"], tty=True, width=width).stdout
    assert "```" not in shown
    # A word of a command line is never broken, even where it is longer than the screen.
    # Nor is the address of a link, which stands below the page.
    lines = [line for line in shown.splitlines() if not re.match(r"\[\d+\] https?://", line)]
    wide = [line for line in lines if len(line) > width]
    assert wide == []
    assert "\n\n\n" not in shown


def test_the_links_of_a_page_are_told_below_it_whole(cli: Cli) -> None:
    shown = cli(["help", "comparison", "--color", "never"], tty=True, width=80).stdout
    page, _, links = shown.partition("\n[1] ")
    assert "https://" not in page
    assert "https://github.com/cloud-custodian/cloud-custodian/issues/4667" in links
    for number in re.findall(r"\[(\d+)\]", page):
        assert re.search(rf"^\[{number}\] https://", f"[1] {links}", re.MULTILINE)


def test_the_links_of_a_man_page_are_told_in_a_section_of_their_own(cli: Cli) -> None:
    source = cli(["help", "comparison", "--man"]).stdout
    page, _, links = source.partition(".SH LINKS")
    assert "reported and open [" in page
    assert "https://github.com/cloud\\-custodian/cloud\\-custodian/issues/4667" in links


def test_a_man_page_names_the_columns_of_a_table_that_has_several(cli: Cli) -> None:
    source = cli(["help", "iam", "--man"]).stdout
    row = source.partition(".TP\n\\fBsqs send\\fR\n")[2].partition("\n")[0]
    assert row.startswith("to look and to plan: ")
    assert ". to change: \\fBsqs:\\fR SendMessage" in row


def test_a_man_page_hyphenates_no_name(cli: Cli) -> None:
    lines = cli(["help", "iam", "--man"]).stdout.splitlines()
    assert ".nh" in lines[:3]


def test_the_page_of_help_names_every_other(cli: Cli) -> None:
    named = cli(["help", "help"]).stdout
    assert [page for page in PAGES if page not in NOUNS and page not in named] == []


def test_a_page_has_no_ground_and_no_colour_of_its_own_behind_its_text(cli: Cli) -> None:
    shown = cli(["help", "plugins", "--color", "always"], tty=True, width=80).stdout
    codes = {code for found in re.findall(r"\x1b\[([0-9;]*)m", shown) for code in found.split(";")}
    assert codes <= {"0", "1", "2", "3", "4"}  # bold, dim, italic, underlined
    for line in shown.splitlines():
        assert not re.search(r"\x1b\[[1-9][0-9;]*m[^\x1b]*$", line), "left on at the end"


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_has_something_to_read(cli: Cli, noun: str) -> None:
    result = cli(["help", noun])
    assert result.exit_code == 0, result.stderr
    assert f"awsops {noun}" in result.stdout


def test_a_verb_is_shown_as_its_help_does(cli: Cli) -> None:
    shown = cli(["help", "sqs", "peek"]).stdout
    assert shown == cli(["sqs", "peek", "--help"]).stdout


def test_a_recipes_page_is_found_by_its_noun(cli: Cli) -> None:
    assert cli(["help", "recipe"]).stdout.startswith("# Recipes")


@pytest.mark.parametrize(
    ("topic", "meant"), [("exit-cods", "exit-codes"), ("securty", "security"), ("sqss", "sqs")]
)
def test_a_mistyped_topic_gets_the_nearest(cli: Cli, topic: str, meant: str) -> None:
    result = cli(["help", topic])
    assert result.exit_code == 5
    assert f"did you mean {meant}" in result.stderr


def test_a_verb_that_does_not_exist_is_refused(cli: Cli) -> None:
    assert cli(["help", "sqs", "peak"]).exit_code == 2


TOPICS = ["exit-codes", "output", "security", "library", "comparison", "architecture"]


@pytest.mark.parametrize(
    ("noun", "section"), [*((noun, 1) for noun in NOUNS), *((topic, 7) for topic in TOPICS)]
)
def test_a_man_page_is_what_man_likes(cli: Cli, noun: str, section: int) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed: man pages cannot be set here")
    source = cli(["help", noun, "--man"]).stdout
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z"],
        input=source.encode(),
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    assert source.startswith(f".TH AWSOPS-{noun.upper()} {section} ")
    assert source.isascii()
    assert not re.search(r"^\.S[HS] .*\n(\.PP|\.SH .*)$", source, re.M), "mandoc -Tlint warns"


def test_a_man_page_says_what_the_help_and_the_guide_say(cli: Cli) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed: man pages cannot be set here")
    source = cli(["help", "sqs", "--man"]).stdout
    shown = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-cbou", "-rLL=200n"],
        input=source.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    for text in ("redrive DLQ", "--raise-receive-count", "SEE ALSO", "DESCRIPTION"):
        assert text in shown
    assert "Nothing is deleted before SQS has accepted its copy." in " ".join(shown.split())


def test_what_a_man_page_says_of_commands_fits_80_columns(cli: Cli) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed: man pages cannot be set here")
    source = cli(["help", "lambda", "--man"]).stdout
    shown = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-cbou", "-rLL=78n"],
        input=source.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    commands = shown.partition("\nDESCRIPTION")[0].splitlines()
    assert len(commands) > 100
    assert [line for line in commands if len(line) > 80] == []


def test_what_roff_would_act_upon_is_text() -> None:
    page = man_page("awsops-x", "It's.", "1", ".de x\n'br\n\\n", (), ".so /etc/passwd\n`\\d`\n")
    lines = page.splitlines()
    assert not [line for line in lines if line.startswith((".so", ".de", "'"))]
    assert "\\n" not in page.replace("\\en", "")


def test_man_pages_are_installed_where_man_looks(cli: Cli, tmp_path: Path) -> None:
    rows = cli(["help", "--install"]).rows
    folder = tmp_path / ".local/share/man"
    written = {path.stem for path in (folder / "man1").iterdir()}
    assert written == {"awsops", *(f"awsops-{noun}" for noun in NOUNS)}
    written |= {path.stem for path in (folder / "man7").iterdir()}
    assert {row["name"] for row in rows} == written


def test_every_page_of_the_manual_is_in_some_man_page(cli: Cli, tmp_path: Path) -> None:
    cli(["help", "--install"])
    texts = [path.read_text() for path in (tmp_path / ".local/share/man").rglob("awsops*")]
    for name in PAGES:
        page = find_page(name)
        assert page is not None
        whole = man_page("x", "", "", "", (), page.text())
        guide = whole.partition(".SH DESCRIPTION\n")[2] or whole.partition('"awsops"\n')[2]
        assert any(guide[:500] in text for text in texts), name


def test_the_first_man_page_leads_to_all_others(cli: Cli, tmp_path: Path) -> None:
    cli(["help", "--install"])
    folder = tmp_path / ".local/share/man"
    first = (folder / "man1/awsops.1").read_text().replace("\\-", "-")
    others = list(folder.rglob("awsops-*"))
    assert [p.name for p in others if f"{p.stem}({p.suffix[1]})" not in first] == []


VERBS = [
    (found.noun, verb)
    for found in Sources(Env.from_process(), lambda: None).all()
    if found.kind == "built-in" and found.load
    for verb in Sources(Env.from_process(), lambda: None).load(found)
]
WIDTHS = [60, 80, 200]


def of(noun: str, verb: str) -> list[str]:
    return [noun] if verb == noun else [noun, verb]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("noun", "verb"), VERBS, ids=lambda word: word)
def test_the_help_of_a_command_fits_the_terminal_and_ends_with_examples(
    cli: Cli, noun: str, verb: str, width: int
) -> None:
    shown = cli([*of(noun, verb), "--help"], tty=True, width=width).stdout
    text, _, examples = shown.partition("\nExamples:\n")
    assert [line for line in text.splitlines() if len(line) > width] == []
    assert "\n\n\n" not in shown
    assert "<=" not in text
    command = " ".join(["awsops", *of(noun, verb)])
    assert examples
    assert all(command in line for line in examples.splitlines())


def test_a_line_that_is_shown_to_be_refused_is_no_example(cli: Cli) -> None:
    assert "filtre" in cli(["help", "logs"]).stdout
    assert "filtre" not in cli(["logs", "query", "--help"]).stdout
