"""ARNs lead to the console where the terminal shows links, and are plain text everywhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from awsops.output.links import linking
from awsops.testing import Result

Cli = Callable[..., Result]
ARN = "arn:aws:iam::111111111111:user/nora"
LINK = f"\x1b]8;;https://console.aws.amazon.com/go/view?arn={ARN}\x1b\\{ARN}\x1b]8;;\x1b\\"
KNOWN = {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}


@pytest.fixture
def shown(cli: Cli, write_plugin: Callable[..., object]) -> Callable[..., str]:
    """The table of one ARN, in an environment, on a terminal."""
    write_plugin("thing", f"@command()\ndef ls(host: Host):\n    yield Row({ARN!r})\n")

    def show(environ: dict[str, str], *options: str, tty: bool = True) -> str:
        return str(cli(["thing", "ls", *options], environ, tty=tty).stdout)

    return show


@pytest.mark.parametrize(
    "environ",
    [
        KNOWN,
        {"TERM": "xterm-kitty"},
        {"TERM": "xterm-256color", "VTE_VERSION": "7600"},
        {"TERM": "xterm-256color", "WT_SESSION": "1"},
        {"TERM": "xterm", "FORCE_HYPERLINK": "1"},
    ],
    ids=str,
)
def test_an_arn_is_a_link_where_the_terminal_shows_links(
    shown: Callable[..., str], environ: dict[str, str]
) -> None:
    assert LINK in shown(environ)


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "xterm-256color"},
        {"TERM": "xterm-256color", "VTE_VERSION": "4000"},
        {**KNOWN, "TMUX": "/tmp/tmux"},
        {**KNOWN, "NO_COLOR": "1"},
        {**KNOWN, "TERM": "dumb"},
        {**KNOWN, "FORCE_HYPERLINK": "0"},
        {**KNOWN, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
    ],
    ids=str,
)
def test_it_is_plain_where_the_terminal_may_not(
    shown: Callable[..., str], environ: dict[str, str]
) -> None:
    table = shown(environ)
    assert "\x1b]8" not in table
    assert ARN in table


@pytest.mark.parametrize("options", [("-o", "json"), ("-o", "csv"), ("-o", "text")], ids=str)
def test_machine_formats_have_no_links(shown: Callable[..., str], options: tuple[str, ...]) -> None:
    data = shown(KNOWN, *options)
    assert "\x1b]8" not in data
    assert ARN in data


@pytest.mark.parametrize(
    "text",
    ["orders", f"see {ARN}", "arn:aws-cn:iam::1:user/x", f"{ARN}\x1b\\", "arn:aws:iam::1:"],
)
def test_what_is_not_an_arn_alone_stays_as_it_is(text: str) -> None:
    assert linking(lambda text, role: text)(text, "cell") == text


def test_a_link_carries_nothing_that_a_terminal_would_act_upon() -> None:
    shown = linking(lambda text, role: text)('arn:aws:s3:::a"b<c>;d', "cell")
    target = shown.split("\x1b\\")[0].removeprefix("\x1b]8;;")
    assert target == "https://console.aws.amazon.com/go/view?arn=arn:aws:s3:::a%22b%3Cc%3E%3Bd"


@pytest.mark.parametrize("width", [24, 30, 40, 60])
def test_an_arn_over_several_lines_is_no_link_to_its_half(
    cli: Cli, write_plugin: Callable[..., object], width: int
) -> None:
    arn = f"arn:aws:iam::111111111111:role/{'long-' * 20}"
    write_plugin("thing", f"@command()\ndef ls(host: Host):\n    yield Row({arn!r})\n")
    shown = cli(["thing", "ls"], KNOWN, tty=True, width=width).stdout
    assert "\x1b]8" not in shown
    assert "long-long-" in shown
