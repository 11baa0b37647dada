"""`python -m awsops.completion FOLDER`: writes the scripts of the built-in commands (`make
completions`); a person's own plugins are never part of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from awsops.completion import FILE_NAMES, render
from awsops.completion.grammar import Grammar, grammar_of
from awsops.env import Env
from awsops.sources import Sources


def builtin_grammar() -> Grammar:
    """The built-in commands; PluginLoadError when one of them cannot be loaded."""
    sources = Sources(Env.from_process(), before_load=lambda: None)
    found = [f for f in sources.all() if f.kind == "built-in"]
    return grammar_of((f.noun, f.help, sources.load(f)) for f in found)


def write_scripts(folder: Path) -> None:
    """Write every shell's script into `folder`, the same bytes for the same commands."""
    folder.mkdir(parents=True, exist_ok=True)
    grammar = builtin_grammar()
    for shell, name in FILE_NAMES.items():
        (folder / name).write_text(render(grammar, shell), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m awsops.completion FOLDER")
    write_scripts(Path(sys.argv[1]))
