"""`awsops config`: every value with its source, and a file whose comments survive."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.config_edit import CannotEditError, with_value
from awsops.testing import Result

Cli = Callable[..., Result]

COMMENTED = """\
# mine
protected = [  # dear to me
    "prod-*",
]

[defaults]  # all of them
region = "eu-west-1"  # home
jobs = 8

[groups]
prod = ["prod-*"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / ".config/awsops/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(COMMENTED)
    return path


def sources(result: Result) -> dict[str, tuple[object, str]]:
    return {row["key"]: (row["value"], row["source"]) for row in result.rows}


def test_every_value_says_where_it_comes_from(cli: Cli, config: Path) -> None:
    environ = {"AWS_DEFAULT_REGION": "us-east-2", "AWSOPS_CACHE_DIR": str(config.parent)}
    found = sources(cli(["config", "ls", "-o", "ndjson"], environ))
    assert found["defaults.output"] == ("ndjson", "option --output")
    assert found["defaults.region"] == ("us-east-2", "environment AWS_DEFAULT_REGION")
    assert found["defaults.jobs"] == (8, "file")
    assert found["defaults.color"] == ("auto", "default")
    assert found["groups.prod"] == (["prod-*"], "file")
    assert found["folders.cache"] == (str(config.parent), "environment AWSOPS_CACHE_DIR")


def test_without_a_file_there_are_the_defaults(cli: Cli) -> None:
    found = sources(cli(["config", "ls"]))
    assert {source for key, (_, source) in found.items()} == {"default"}


def test_one_value_is_shown(cli: Cli, config: Path) -> None:
    row = {"key": "defaults.jobs", "value": 8, "source": "file"}
    assert cli(["config", "get", "defaults.jobs"]).rows == [row]


@pytest.mark.parametrize("verb", [["get"], ["set"]])
@pytest.mark.parametrize(
    ("key", "meant"),
    [("jobs", "defaults.jobs"), ("defaults.regoin", "defaults.region"), ("protectd", "protected")],
)
def test_an_unknown_key_is_refused_with_the_nearest(
    cli: Cli, verb: list[str], key: str, meant: str
) -> None:
    value = ["x"] if verb == ["set"] else []
    result = cli(["config", *verb, key, *value])
    assert result.exit_code == 2
    assert f"did you mean {meant}?" in result.stderr


def test_a_value_is_set_and_all_else_is_kept(cli: Cli, config: Path) -> None:
    result = cli(["config", "set", "defaults.region", "eu-north-1"])
    assert result.rows[0]["before"] == "eu-west-1"
    assert config.read_text() == COMMENTED.replace("eu-west-1", "eu-north-1")


def test_a_list_over_several_lines_is_replaced(cli: Cli, config: Path) -> None:
    assert cli(["config", "set", "protected", "prod-*", "billing"]).exit_code == 0
    assert tomllib.loads(config.read_text())["protected"] == ["prod-*", "billing"]
    assert "# home" in config.read_text()


def test_a_new_group_stands_in_its_table(cli: Cli, config: Path) -> None:
    cli(["config", "set", "groups.blue team", "blue-*"])
    groups = {"prod": ["prod-*"], "blue team": ["blue-*"]}
    assert tomllib.loads(config.read_text())["groups"] == groups


def test_the_first_value_makes_the_file(cli: Cli, tmp_path: Path) -> None:
    cli(["config", "set", "defaults.jobs", "16"])
    path = tmp_path / ".config/awsops/config.toml"
    assert path.read_text() == "[defaults]\njobs = 16\n"
    assert sources(cli(["config", "ls"]))["defaults.jobs"] == (16, "file")


def test_a_link_stays_a_link(cli: Cli, config: Path, tmp_path: Path) -> None:
    kept = config.rename(tmp_path / "dotfiles.toml")
    config.symlink_to(kept)
    cli(["config", "set", "defaults.jobs", "16"])
    assert config.is_symlink()
    assert tomllib.loads(kept.read_text())["defaults"]["jobs"] == 16


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["defaults.jobs", "0"], "from 1 to 512"),
        (["defaults.jobs", "many"], "a whole number"),
        (["defaults.output", "jsno"], "one of table, json"),
        (["defaults.timeout", "soon"], "a duration"),
        (["defaults.region", "a", "b"], "takes one value"),
        (["prices.logs_insights_gb", "nan"], "0 or more"),
        (["groups.", "x"], "unknown key"),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_written(
    cli: Cli, config: Path, line: list[str], said: str
) -> None:
    result = cli(["config", "set", *line])
    assert result.exit_code == 2
    assert said in result.stderr
    assert config.read_text() == COMMENTED
    assert [path.name for path in config.parent.iterdir()] == [config.name]


def test_a_form_that_set_does_not_understand_is_left_to_a_person(cli: Cli, config: Path) -> None:
    config.write_text("defaults = {jobs = 3}\n")
    result = cli(["config", "set", "defaults.jobs", "4"])
    assert result.exit_code == 1
    assert "awsops config edit" in result.stderr
    assert config.read_text() == "defaults = {jobs = 3}\n"


def test_an_unknown_key_in_the_file_is_warned_of(cli: Cli, config: Path) -> None:
    config.write_text("[defaults]\nregoin = 'x'\n")
    assert "did you mean defaults.region?" in cli(["config", "ls"]).stderr


def test_a_broken_file_can_be_looked_at_and_mended(cli: Cli, config: Path, tmp_path: Path) -> None:
    config.write_text("[defaults\n")
    assert cli(["config", "path"]).stdout == f"{config}\n"
    assert "not valid TOML" in cli(["config", "ls"]).stderr
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "[defaults]\\njobs = 3\\n" > "$1"\n')
    editor.chmod(0o755)
    result = cli(["config", "edit"], {"EDITOR": str(editor)}, tty=True)
    assert (result.exit_code, "is right" in result.stderr) == (0, True)
    assert cli(["config", "get", "defaults.jobs"]).rows[0]["value"] == 3


def editor_of(folder: Path, script: str) -> dict[str, str]:
    """An editor that is a shell script; `$1` is the file."""
    editor = folder / "my editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    return {"EDITOR": f"'{editor}'"}


def copies(config: Path) -> list[Path]:
    return sorted(config.parent.glob("config.edit-*"))


def test_a_mistake_made_in_the_editor_leaves_the_file_and_keeps_what_was_typed(
    cli: Cli, config: Path
) -> None:
    result = cli(["config", "edit"], {"VISUAL": "sed -i s/8/800/"}, tty=True, answers=["n"])
    assert (result.exit_code, config.read_text()) == (2, COMMENTED)
    assert "from 1 to 512, not 800" in result.stderr
    (copy,) = copies(config)
    assert f"hint: what you wrote is in {copy}" in " ".join(result.stderr.split())
    assert copy.read_text() == COMMENTED.replace("8", "800")


def test_a_mistake_made_in_the_editor_can_be_mended_there(
    cli: Cli, config: Path, tmp_path: Path
) -> None:
    # The first time it writes 800, then 80.
    environ = editor_of(tmp_path, "grep -q 800 $1 && sed -i s/800/80/ $1 || sed -i s/8/800/ $1")
    result = cli(["config", "edit"], environ, tty=True, answers=["y"])
    assert (result.exit_code, copies(config)) == (0, [])
    assert config.read_text() == COMMENTED.replace("8", "80")


def test_the_file_is_whole_for_others_while_it_is_edited(
    cli: Cli, config: Path, tmp_path: Path
) -> None:
    environ = editor_of(tmp_path, f"echo '[[[' > $1; cp {config} {tmp_path}/seen; echo > $1")
    assert cli(["config", "edit"], environ, tty=True).exit_code == 0
    assert (tmp_path / "seen").read_text() == COMMENTED


def test_what_others_set_meanwhile_is_not_lost(cli: Cli, config: Path, tmp_path: Path) -> None:
    environ = editor_of(tmp_path, f"echo '# mine' >> $1; echo '# theirs' >> {config}")
    result = cli(["config", "edit"], environ, tty=True)
    assert result.exit_code == 1
    assert config.read_text() == COMMENTED + "# theirs\n"
    assert copies(config)[0].read_text() == COMMENTED + "# mine\n"


def test_an_editor_that_returns_at_once_is_told_of(cli: Cli, config: Path) -> None:
    result = cli(["config", "edit"], {"EDITOR": "true"}, tty=True)
    assert "EDITOR='code --wait'" in " ".join(result.stderr.split())
    assert copies(config) == []


def test_a_file_that_is_no_text_can_be_mended_too(cli: Cli, config: Path) -> None:
    config.write_bytes(b"# \xff\n")
    assert cli(["config", "edit"], {"EDITOR": "truncate -s 0"}, tty=True).exit_code == 0
    assert config.read_bytes() == b""


def test_the_editor_begins_with_an_explained_file(cli: Cli, tmp_path: Path) -> None:
    assert cli(["config", "edit"], {"EDITOR": "true"}, tty=True).exit_code == 0
    assert "# [defaults]" in (tmp_path / ".config/awsops/config.toml").read_text()


@pytest.mark.parametrize(
    ("editor", "code", "said"),
    [
        ("false", 1, "ended with code 1"),
        ("/no/such", 1, "set EDITOR"),
        ("vi 'x", 2, "mend its quotes"),
    ],
)
def test_an_editor_that_fails_is_said_and_leaves_nothing(
    cli: Cli, config: Path, editor: str, code: int, said: str
) -> None:
    result = cli(["config", "edit"], {"EDITOR": editor}, tty=True)
    assert (result.exit_code, said in result.stderr) == (code, True)
    assert (copies(config), config.read_text()) == ([], COMMENTED)


def test_what_was_typed_before_an_editor_failed_is_kept(
    cli: Cli, config: Path, tmp_path: Path
) -> None:
    result = cli(["config", "edit"], editor_of(tmp_path, "echo '# x' >> $1; exit 3"), tty=True)
    assert (result.exit_code, config.read_text()) == (1, COMMENTED)
    assert copies(config)[0].read_text().endswith("# x\n")


EVERY_KEY = [
    ("defaults.output", ["json"], "json"),
    ("defaults.jobs", ["7"], 7),
    ("defaults.region", ["eu-north-1"], "eu-north-1"),
    ("defaults.color", ["never"], "never"),
    ("defaults.timeout", ["90s"], "90s"),
    ("defaults.max_targets", ["3"], 3),
    ("protected", ["prod-*", "x"], ["prod-*", "x"]),
    ("protected_aliases", ["*prod*"], ["*prod*"]),
    ("groups.a", ["b", "@a2"], ["b", "@a2"]),
    ("groups.with.dot", ["b"], ["b"]),
    ('groups.a "b"', ["b"], ["b"]),
    ("prices.kinesis_shard_hour", ["0.5"], 0.5),
    ("prices.kinesis_extended_shard_hour", ["0"], 0.0),
    ("prices.kinesis_consumer_shard_hour", ["1"], 1.0),
    ("prices.logs_insights_gb", ["1e-3"], 0.001),
]


def test_every_key_is_tried_below(cli: Cli) -> None:
    keys = {key for key, (_, source) in sources(cli(["config", "ls"])).items()}
    known = {key for key in keys if not key.startswith(("folders.", "file"))}
    assert known == {key for key, *_ in EVERY_KEY if not key.startswith("groups.")}


@pytest.mark.parametrize(("key", "words", "value"), EVERY_KEY, ids=[key for key, *_ in EVERY_KEY])
def test_what_is_set_is_what_is_read(cli: Cli, key: str, words: list[str], value: object) -> None:
    assert cli(["config", "set", key, *words]).exit_code == 0
    # -o is an option, which outweighs defaults.output
    assert cli(["config", "get", key]).rows == [{"key": key, "value": value, "source": "file"}]


@pytest.mark.parametrize("text", ["\ufeff", "", "# x\r\n"], ids=["mark", "plain", "windows"])
def test_byte_order_mark_and_line_ends_stay(cli: Cli, config: Path, text: str) -> None:
    end = "\r\n" if text.endswith("\r\n") else "\n"
    config.write_bytes(f"{text}[defaults]{end}jobs = 3{end}# end{end}".encode())
    cli(["config", "set", "defaults.jobs", "4"])
    assert config.read_bytes() == f"{text}[defaults]{end}jobs = 4{end}# end{end}".encode()


def test_a_file_that_is_no_toml_is_not_blamed_on_the_value(cli: Cli, config: Path) -> None:
    config.write_text("[[[")
    result = cli(["config", "set", "defaults.jobs", "4"])
    assert (result.exit_code, config.read_text()) == (2, "[[[")
    assert "not valid TOML" in result.stderr


def test_what_many_processes_set_at_once_is_all_there(
    process: Callable[..., Any], config: Path
) -> None:
    environ = {"AWSOPS_CONFIG_FILE": str(config)}
    began = [process(["config", "set", f"groups.g{n}", "x"], environ) for n in range(6)]
    assert [p.communicate(timeout=60)[1] for p in began] == [""] * 6
    groups = tomllib.loads(config.read_text())["groups"]
    assert {f"g{n}" for n in range(6)} <= groups.keys()


def test_a_region_that_nobody_knows_is_set_and_doubted(cli: Cli, config: Path) -> None:
    result = cli(["config", "set", "defaults.region", "eu-wst-1"])
    assert result.exit_code == 0
    assert "did you mean eu-west-1?" in result.stderr


def test_a_group_of_a_group_that_is_not_there_is_doubted(cli: Cli, config: Path) -> None:
    result = cli(["config", "set", "groups.all", "@prd"])
    assert (result.exit_code, "did you mean @prod?" in result.stderr) == (0, True)


def test_a_folder_is_not_set_but_moved(cli: Cli) -> None:
    result = cli(["config", "set", "folders.state", "/x"])
    assert (result.exit_code, "export AWSOPS_STATE_DIR=FOLDER" in result.stderr) == (2, True)


def test_a_relative_xdg_folder_is_ignored_as_its_specification_says(
    cli: Cli, tmp_path: Path
) -> None:
    found = cli(["config", "path"], {"XDG_CONFIG_HOME": "relative"}).stdout
    assert found == f"{tmp_path}/.config/awsops/config.toml\n"


def test_without_a_terminal_no_editor_is_opened(cli: Cli, config: Path) -> None:
    assert cli(["config", "edit"], {"EDITOR": "true"}).exit_code == 2


_words = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)
_files = st.dictionaries(
    st.sampled_from(["alpha", "beta", "gamma delta"]), st.lists(_words, max_size=3), max_size=3
)


@given(top=_files, table=_files, where=st.sampled_from(["", "groups"]), value=st.lists(_words))
def test_whatever_is_set_the_rest_stays(
    top: dict[str, list[str]], table: dict[str, list[str]], where: str, value: list[str]
) -> None:
    import json

    def lines(entries: dict[str, list[str]]) -> str:
        return "".join(
            f"{json.dumps(k)} = {json.dumps(v, ensure_ascii=False)}  # {k}\n"
            for k, v in entries.items()
        )

    text = f"# first\n{lines(top)}\n[groups]\n{lines(table)}\n[defaults]\njobs = 3 # three\n"
    edited = tomllib.loads(with_value(text, where, "beta", value))
    expected = tomllib.loads(text)
    (expected["groups"] if where else expected)["beta"] = value
    assert edited == expected
    assert "# first" in with_value(text, where, "beta", value)


def test_what_is_no_toml_is_not_edited() -> None:
    with pytest.raises(CannotEditError):
        with_value("[defaults\n", "defaults", "jobs", 3)
