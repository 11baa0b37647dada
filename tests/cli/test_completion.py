"""The completion scripts: what they know, that the committed ones are current, and `install`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from awsops.command_line.binding import build_verb
from awsops.completion import FILE_NAMES, SHELLS
from awsops.completion.__main__ import builtin_grammar, write_scripts
from awsops.completion.placing import detect_shell
from awsops.env import Env
from awsops.errors import UsageError
from awsops.sources import Sources
from awsops.testing import run

ROOT = Path(__file__).parents[2]


def test_the_committed_scripts_are_those_of_todays_commands(tmp_path: Path) -> None:
    write_scripts(tmp_path)
    stale = [
        name
        for name in FILE_NAMES.values()
        if (tmp_path / name).read_bytes() != (ROOT / "completions" / name).read_bytes()
    ]
    assert not stale, f"stale in completions/: {', '.join(stale)}; renew with `make completions`"


def test_the_committed_scripts_know_no_plugin_of_this_person(
    tmp_path: Path, write_plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin("dropped", "@command()\ndef ls(host):\n    yield Row('x')\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert "dropped" in run(["completion", "show", "fish"], home=tmp_path).stdout
    write_scripts(tmp_path / "out")
    assert "dropped" not in (tmp_path / "out" / "awsops.fish").read_text()


def test_every_option_that_a_command_takes_completes_and_no_other() -> None:
    grammar = builtin_grammar()
    sources = Sources(Env.from_process(), before_load=lambda: None)
    for noun, verb in grammar.verbs():
        flags = [*verb.flags, *(flag for g in verb.groups for flag in grammar.groups[g])]
        params = build_verb(noun.name, sources.spec(noun.name, verb.name)).params
        options = [p for p in params if p.param_type_name == "option"]
        taken = {(*p.opts, *p.secondary_opts): bool(p.is_flag) for p in options}
        assert {frozenset(f.names): f.value is None for f in flags} == {
            frozenset(names): is_flag for names, is_flag in taken.items()
        }


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_stands_in_every_script(shell: str) -> None:
    script = (ROOT / "completions" / FILE_NAMES[shell]).read_text()
    grammar = builtin_grammar()
    words = {noun.name for noun in grammar.nouns}
    for _, verb in grammar.verbs():
        words |= {verb.name, *(name for flag in verb.flags for name in flag.names)}
    assert [word for word in sorted(words) if word not in script] == []


def test_a_broken_plugin_leaves_the_others_their_completion(
    tmp_path: Path, write_plugin: Callable[..., Path]
) -> None:
    write_plugin("broken", "raise SystemExit('no')\n")
    result = run(["completion", "install", "bash"], home=tmp_path)
    assert result.exit_code == 0
    assert "broken" in result.stderr
    script = Path(result.rows[0]["path"]).read_text()
    assert "broken" in script
    assert "whoami" in script


@pytest.mark.parametrize(
    ("shell", "environ", "path"),
    [
        ("bash", {}, ".local/share/bash-completion/completions/awsops"),
        ("bash", {"XDG_DATA_HOME": "@/data"}, "data/bash-completion/completions/awsops"),
        ("bash", {"BASH_COMPLETION_USER_DIR": "@/mine"}, "mine/completions/awsops"),
        ("zsh", {}, ".local/share/zsh/site-functions/_awsops"),
        ("fish", {}, ".config/fish/completions/awsops.fish"),
        ("fish", {"XDG_CONFIG_HOME": "@/conf"}, "conf/fish/completions/awsops.fish"),
        ("powershell", {}, ".local/share/awsops/awsops.ps1"),
    ],
)
def test_install_writes_the_script_where_the_shell_looks(
    tmp_path: Path, shell: str, environ: dict[str, str], path: str
) -> None:
    given = {name: value.replace("@", str(tmp_path)) for name, value in environ.items()}
    argv = ["completion", "install", shell]
    first, second = (run(argv, home=tmp_path, environ=given) for _ in range(2))
    expected = {"shell": shell, "status": "written", "path": str(tmp_path / path)}
    assert first.rows == [expected]
    assert second.rows == [{**expected, "status": "unchanged"}]
    shown = run(["completion", "show", shell], home=tmp_path, environ=given)
    assert (tmp_path / path).read_text() == shown.stdout


def test_install_takes_the_shell_that_the_person_uses(tmp_path: Path) -> None:
    result = run(["completion", "install"], home=tmp_path, environ={"SHELL": "/usr/bin/fish"})
    assert result.rows[0]["shell"] == "fish"


@pytest.mark.parametrize(
    ("environ", "shell"),
    [
        ({"SHELL": "/usr/local/bin/bash"}, "bash"),
        ({"SHELL": "/bin/zsh"}, "zsh"),
        ({"SHELL": "/usr/bin/pwsh"}, "powershell"),
        ({"SHELL": "/usr/bin/fish", "PSModulePath": "x"}, "fish"),
        ({"PSModulePath": "C:\\Modules"}, "powershell"),
    ],
)
def test_the_shell_is_told_by_its_program(environ: dict[str, str], shell: str) -> None:
    assert detect_shell(environ) == shell


@pytest.mark.parametrize("environ", [{}, {"SHELL": "/bin/dash"}])
def test_an_unknown_shell_is_an_error_that_lists_the_known(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        detect_shell(environ)
    assert all(shell in (caught.value.hint or "") for shell in SHELLS)


def test_install_leaves_a_file_of_another_origin_alone(tmp_path: Path) -> None:
    path = tmp_path / ".config" / "fish" / "completions" / "awsops.fish"
    path.parent.mkdir(parents=True)
    path.write_text("# mine\n")
    result = run(["completion", "install", "fish"], home=tmp_path)
    assert result.exit_code == 1
    assert "move it away" in result.stderr
    assert path.read_text() == "# mine\n"


def test_install_renews_an_older_script_behind_a_link(tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.fish"
    kept.write_text("# fish completion for awsops. An older one.\n")
    path = tmp_path / ".config" / "fish" / "completions" / "awsops.fish"
    path.parent.mkdir(parents=True)
    path.symlink_to(kept)
    assert run(["completion", "install", "fish"], home=tmp_path).rows[0]["status"] == "written"
    assert path.is_symlink()
    assert "whoami" in kept.read_text()


def test_install_says_so_when_the_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / ".config").touch()
    result = run(["completion", "install", "fish"], home=tmp_path)
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert "awsops completion show" in result.stderr


@pytest.mark.parametrize(
    ("zshrc", "advised"),
    [
        (None, "autoload -Uz compinit"),
        ("autoload -Uz compinit; compinit\n", "before compinit"),
        ("source $ZSH/oh-my-zsh.sh\n", "loads oh-my-zsh"),
        ("fpath=(~/.local/share/zsh/site-functions $fpath)\ncompinit\n", "by itself"),
    ],
)
def test_install_says_what_zshrc_lacks_and_leaves_it_alone(
    tmp_path: Path, zshrc: str | None, advised: str
) -> None:
    rc = tmp_path / ".zshrc"
    if zshrc is not None:
        rc.write_text(zshrc)
    result = run(["completion", "install", "zsh"], home=tmp_path)
    assert advised in result.stderr
    assert (rc.read_text() if rc.exists() else None) == zshrc
