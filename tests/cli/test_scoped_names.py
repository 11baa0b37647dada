"""Names that depend on what was given before: at Tab, in a list to choose from, as a guess."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from awsops.completion.names import Name, NameCache, cache_folder, offer
from awsops.completion.question import Question
from awsops.testing import Result

Cli = Callable[..., Result]
PATIENCE = 30  # seconds

SOURCE = """
from awsops.api import Choice, NotFoundError

def complete_boxes(host):
    yield Choice("red")
    yield Choice("blue")

def complete_pieces(host, box: str, stem: str = ""):
    for piece in ("lid", "base"):
        yield Choice(f"{box}-{piece}:", "has sides") if not stem else Choice(f"{stem}{piece}-left")

@command()
def show(
    host,
    box: Annotated[str, Argument(help="A box.", complete=complete_boxes)],
    piece: Annotated[str, Argument(help="A piece.", complete=complete_pieces)],
):
    if piece == "red-lid:lid-lefd":
        raise NotFoundError("there is no such piece")
    yield Row(f"{box} {piece}")
"""
KIND = "box:complete_pieces:show:box=1,stem?"


@pytest.fixture
def boxes(cli: Cli, write_plugin: Callable[..., Path]) -> Cli:
    write_plugin("box", SOURCE)
    return cli


def test_what_depends_on_a_choice_is_listed_after_it(boxes: Cli) -> None:
    answers = ["blue", "blue-base:", "blue-base:lid-left"]
    result = boxes(["box", "show", "-o", "ndjson"], tty=True, answers=answers)
    assert result.rows == [{"name": "blue blue-base:lid-left"}], result.stderr


def test_where_this_machine_knows_no_value_the_person_is_asked_to_type_one(
    boxes: Cli, write_plugin: Callable[..., Path]
) -> None:
    write_plugin("box", SOURCE.replace('("lid", "base")', "()"))
    result = boxes(["box", "show", "blue"], tty=True)
    assert result.exit_code == 2
    assert "the argument PIECE is missing" in result.stderr
    assert "none" not in result.stderr


def test_a_guess_is_of_what_was_given_before(boxes: Cli) -> None:
    boxes(["box", "show", "red"], tty=True, answers=["red-lid:", "red-lid:lid-left"])
    result = boxes(["box", "show", "red", "red-lid:lid-lefd"])
    assert "hint: did you mean red-lid:lid-left" in result.stderr


def test_tab_asks_for_what_depends_on_the_words_before(
    process: Callable[..., Popen[str]], write_plugin: Callable[..., Path], tmp_path: Path
) -> None:
    write_plugin("box", SOURCE)
    deadline = time.monotonic() + PATIENCE
    out = ""
    while not out:
        assert time.monotonic() < deadline
        asked = process(["__names", KIND, "=red-lid:l", "=3", "box", "show", "red"], {})
        out, _ = asked.communicate(timeout=PATIENCE)
    assert out == "red-lid:lid-left\t\n"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Nobody is asked: what is offered is what is known."""
    return {"HOME": str(tmp_path), "AWSOPS_COMPLETE_NAMES": "0"}


def _known(environ: dict[str, str], *scope: tuple[str, str], names: list[str]) -> NameCache:
    cache = NameCache(cache_folder(environ), environ)
    cache.write(Question("box:complete_pieces", scope=scope), [Name(name) for name in names])
    return cache


def _offered(cache: NameCache, environ: dict[str, str], *argv: str) -> list[str]:
    return [name.value for name in offer([KIND, *argv], cache, environ)]


def test_names_of_one_thing_are_not_offered_for_another(environ: dict[str, str]) -> None:
    cache = _known(environ, ("box", "red"), names=["lid"])
    assert _offered(cache, environ, "=", "=3", "box", "show", "red") == ["lid"]
    assert _offered(cache, environ, "=", "=3", "box", "show", "blue") == []


def test_what_everything_was_asked_for_is_offered_until_the_part_is_known(
    environ: dict[str, str],
) -> None:
    environ["AWSOPS_COMPLETE_NAMES"] = "1"
    cache = _known(environ, ("box", "red"), names=["lid:", "lid:left", "base:left"])
    cache.lock(Question("box:complete_pieces", scope=(("box", "red"), ("stem", "lid:"))))
    assert _offered(cache, environ, "=lid:", "=3", "box", "show", "red") == ["lid:", "lid:left"]


def test_the_part_is_asked_for_where_only_its_beginning_is_known(environ: dict[str, str]) -> None:
    cache = _known(environ, ("box", "red"), names=["lid:"])
    _known(environ, ("box", "red"), ("stem", "lid:"), names=["lid:left", "lid:right"])
    offered = _offered(cache, environ, "=lid:", "=3", "box", "show", "red")
    assert offered == ["lid:left", "lid:right"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((("a", "b"),), (("a", "c"),)),
        ((("a", "b"),), ()),
        ((("a", "b"), ("c", "d")), (("a", "b"),)),
        ((("a", "b"),), (("stem", "b"),)),
    ],
)
def test_another_scope_is_another_question(one: Any, other: Any) -> None:
    assert Question("k", scope=one).key({}) != Question("k", scope=other).key({})


def test_a_group_or_a_usual_region_that_was_changed_is_another_question(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[groups]\nteam = ["one"]\n')
    environ = {"AWSOPS_CONFIG_DIR": str(tmp_path)}
    before = Question("k", profile=("@team",)).key(environ)
    config.write_text('[groups]\nteam = ["other"]\n')
    os.utime(config, (1, 1))
    assert Question("k", profile=("@team",)).key(environ) != before
