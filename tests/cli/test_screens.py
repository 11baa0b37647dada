"""The README's pictures show what the program says today."""

from __future__ import annotations

import re
import xml.dom.minidom
from pathlib import Path

import pytest

from awsops.testing import Sandbox
from release.screens import SCREENS, draw, plain, texts, words_of

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
README = FOLDER.parents[1] / "README.md"


@pytest.fixture(scope="module")
def today(awsops_sandbox: Sandbox) -> dict[str, str]:
    awsops_sandbox.renew()  # what other tests have done with it does not belong into a picture
    return dict(texts(awsops_sandbox.environ))


@pytest.mark.parametrize("name", SCREENS)
def test_a_picture_is_current(today: dict[str, str], name: str) -> None:
    shown = words_of((FOLDER / f"{name}.svg").read_text())
    said = "\n".join(line for line in plain(today[name]).split("\n") if line)
    assert shown == said, "renew with `make screens`"


@pytest.mark.parametrize("name", SCREENS)
def test_a_picture_stands_in_the_readme(name: str) -> None:
    assert re.search(rf"!\[[^\]]+\]\(docs/screens/{name}\.svg\)", README.read_text())


def test_whatever_is_drawn_is_xml_and_reads_as_it_was() -> None:
    text = '$ awsops <&> "x"\n\x1b[1;31mred & bold\x1b[0m plain \' \x1b[2mdim\x1b[0m'
    svg = draw(text)
    xml.dom.minidom.parseString(svg)
    assert words_of(svg) == plain(text)
