"""The bash script. It keeps to bash 3.2, which is what macOS ships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from shlex import quote

from awsops.completion.bash_engine import ENGINE
from awsops.completion.grammar import HELP, VERSION, Flag, Grammar, Noun, Value, Verb


def render(grammar: Grammar) -> str:
    """The whole script."""
    parts = [
        _HEADER,
        _function(
            "_awsops_nouns", "candidates=(every noun)", [_words(n.name for n in grammar.nouns)]
        ),
        _cases("_awsops_verbs", "NOUN: candidates=(its verbs)", "$1", _verb_cases(grammar)),
        _cases(
            "_awsops_group_flags",
            "GROUP: adds the common options of it to candidates",
            "$1",
            ((quote(g), f"candidates+=({_list(_names(f))})") for g, f in grammar.groups.items()),
        ),
        _cases(
            "_awsops_flags",
            "'NOUN VERB': candidates=(its own options), groups='of the common ones'",
            "$1",
            _flag_cases(grammar),
        ),
        _cases(
            "_awsops_columns",
            "'NOUN VERB': candidates=(the columns of its rows)",
            "$1",
            ((_place(n, v), _words(v.columns)) for n, v in grammar.verbs() if v.columns),
        ),
        _cases(
            "_awsops_common_value",
            "FLAG: what a common option takes",
            "$1",
            _value_cases("", [f for flags in grammar.groups.values() for f in flags]),
        ),
        _cases(
            "_awsops_own_value",
            "'NOUN VERB FLAG' or 'NOUN VERB POSITION': what stands there",
            "$1",
            _own_value_cases(grammar),
        ),
        ENGINE.replace("@TOP@", _list([*_names([HELP, VERSION]), *_all_common(grammar)]))
        .replace("@GROUPS@", " ".join(grammar.groups))
        .replace("@ALONE@", _alone(grammar)),
    ]
    return "\n".join(parts)


def _alone(grammar: Grammar) -> str:
    """Nouns that are their own verb, as a pattern of `case`."""
    return " | ".join(quote(noun.name) for noun in grammar.nouns if noun.alone) or "''"


def _all_common(grammar: Grammar) -> list[str]:
    return _names(flag for flags in grammar.groups.values() for flag in flags)


def _names(flags: Iterable[Flag]) -> list[str]:
    return [name for flag in flags for name in flag.names]


def _list(words: Iterable[str]) -> str:
    return " ".join(quote(word) for word in words)


def _words(words: Iterable[str]) -> str:
    return f"candidates=({_list(words)})"


def _function(name: str, about: str, lines: Sequence[str]) -> str:
    body = "\n".join(f"  {line}" for line in lines)
    return f"# {about}\n{name}() {{\n{body}\n}}\n"


def _cases(name: str, about: str, subject: str, cases: Iterable[tuple[str, str]]) -> str:
    lines = [f"case {subject} in"]
    lines += [f"  {pattern}) {action} ;;" for pattern, action in cases]
    return _function(name, about, [*lines, "esac"])


def _verb_cases(grammar: Grammar) -> Iterator[tuple[str, str]]:
    for noun in grammar.nouns:
        if noun.verbs:
            yield quote(noun.name), _words(verb.name for verb in noun.verbs)
        else:
            yield quote(noun.name), "kind=files"


def _flag_cases(grammar: Grammar) -> Iterator[tuple[str, str]]:
    for noun, verb in grammar.verbs():
        groups = quote(" ".join(verb.groups))
        yield _place(noun, verb), f"{_words(_names(verb.flags))} groups={groups}"


def _own_value_cases(grammar: Grammar) -> Iterator[tuple[str, str]]:
    for noun, verb in grammar.verbs():
        prefix = f"{noun.name} {verb.name} "
        yield from _value_cases(prefix, verb.flags)
        for number, positional in enumerate(verb.positionals, 1):
            if positional.value.kind != "text":
                pattern = (
                    quote(prefix) + "[0-9]*" if positional.many else quote(f"{prefix}{number}")
                )
                yield pattern, _action(positional.value)


def _value_cases(prefix: str, flags: Iterable[Flag]) -> Iterator[tuple[str, str]]:
    """Flags that take the same kind of value share a case."""
    actions: dict[str, list[str]] = {}
    for flag in flags:
        if flag.value is not None:
            actions.setdefault(_action(flag.value), []).extend(flag.names)
    for action, names in actions.items():
        yield " | ".join(quote(prefix + name) for name in names), action


def _action(value: Value) -> str:
    if value.choices:
        return f"kind={value.kind} {_words(value.choices)}"
    return f"kind={value.kind}"


def _place(noun: Noun, verb: Verb) -> str:
    return quote(f"{noun.name} {verb.name}")


_HEADER = """\
# bash completion for awsops. Made from the commands themselves (`make completions`); do not edit.
# Load it with: source <(awsops completion show bash)
"""
