"""A command line as words: the common options may stand anywhere, Typer wants them after the verb.

`awsops -p prod sqs ls`, `awsops sqs -p prod ls` and `awsops sqs ls -p prod` mean the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from awsops.command_line.options import COMMON_OPTIONS


@dataclass(frozen=True, slots=True)
class Words:
    """`noun` None is `awsops` alone (or with an option that is not common: `rest`).

    `rest` follows the noun, the moved options last; `before` stood before the noun, and `raw` is
    what followed it as it was written.
    """

    noun: str | None
    rest: list[str]
    before: list[str]
    raw: list[str]

    @property
    def title(self) -> str:
        """`sqs redrive`, as far as the words go: how messages name the command."""
        verb = [w for w in self.rest[:1] if not w.startswith("-")]
        return " ".join([self.noun, *verb]) if self.noun else ""


def normalize(argv: Sequence[str]) -> Words:
    """Move common options that stand before the verb behind it; everything else stays put."""
    takes_value = {f: o.type is not bool for o in COMMON_OPTIONS for f in o.flags}
    left = list(argv)
    before, noun = _options_then_word(left, takes_value)
    if noun is None:
        return Words(None, left, before, [])
    raw = list(left)
    between, verb = _options_then_word(left, takes_value)
    if verb is None:
        return Words(noun, left, before, raw)
    options = [*before, *between]
    if "--" in left:
        at = left.index("--")
        return Words(noun, [verb, *left[:at], *options, *left[at:]], before, raw)
    return Words(noun, [verb, *left, *options], before, raw)


def join_verb(words: Sequence[str], verbs: Collection[str]) -> list[str]:
    """`queries show` is `queries-show` where that is a verb, and `queries ls` is `queries`."""
    if len(words) < 2:
        return list(words)
    first, second, *rest = words
    if f"{first}-{second}" in verbs:
        return [f"{first}-{second}", *rest]
    if second == "ls" and first in verbs and any(verb.startswith(f"{first}-") for verb in verbs):
        return [first, *rest]
    return list(words)


def _options_then_word(
    left: list[str], takes_value: dict[str, bool]
) -> tuple[list[str], str | None]:
    """Take leading common options and the first plain word off `left`."""
    options: list[str] = []
    while left:
        word = left[0]
        if not word.startswith("-") or word == "-":
            return options, left.pop(0)
        flag, equals, _ = word.partition("=")
        short = word[:2]
        if flag in takes_value:
            options.append(left.pop(0))
            if takes_value[flag] and not equals and left:
                options.append(left.pop(0))
        elif not word.startswith("--") and takes_value.get(short):
            options.append(left.pop(0))  # -pprod
        else:
            return options, None  # --help, or an option nobody knows: Typer says so
    return options, None
