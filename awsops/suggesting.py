"""The names that are most like a mistyped one, and the one sentence in which they are offered.

Only those worth pasting: where one name is clearly meant, the others are left out.
"""

from __future__ import annotations

from collections.abc import Iterable

MOST_SUGGESTED = 3
MOST_COMPARED = 10_000  # names of an account that are read, at most, to find the one that is meant
# As near as `list` is to `ls`; below it half the letters are the same by chance.
_CUTOFF = 0.6
# What lies further behind the nearest is not meant: of eu-wst-1 eu-west-2 is.
_BEHIND = 0.1
# A name that begins with the word, and one that is a part of it or the other way round.
_BEGINS, _CONTAINS = 0.8, 0.7
_SHORTEST_PART = 3
# Where somebody pasted a message body for a name, nothing is like it.
_LONGEST = 256


def nearest(word: str, names: Iterable[str], most: int = MOST_SUGGESTED) -> list[str]:
    """The names like a word, the nearest first; none when the word is one of them or like none."""
    from difflib import SequenceMatcher

    given = word.casefold()
    if not given or len(given) > _LONGEST:
        return []
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(given)
    scores: dict[str, float] = {}
    for name in names:
        if name == word:
            return []
        folded = name.casefold()
        matcher.set_seq1(folded)
        score = _part(given, folded)
        if score or (matcher.real_quick_ratio() >= _CUTOFF and matcher.quick_ratio() >= _CUTOFF):
            score = max(score, matcher.ratio())
        if score >= _CUTOFF:
            scores[name] = score
    best = max(scores.values(), default=0.0)
    near = [name for name, score in scores.items() if score >= best - _BEHIND]
    return sorted(near, key=lambda name: (-scores[name], name))[:most]


def did_you_mean(word: str, names: Iterable[str], *, sign: str = "") -> str | None:
    """`did you mean orders-dlq?`, `did you mean dev or demo?`; None where no name is like it.

    `sign` stands before each name, as it is typed: `@`, `--set `.
    """
    near = nearest(word, names)
    return f"did you mean {' or '.join(sign + name for name in near)}?" if near else None


def _part(given: str, name: str) -> float:
    """How near a word is of which the other is a part."""
    if min(len(given), len(name)) < _SHORTEST_PART:
        return 0.0
    if name.startswith(given):
        return _BEGINS
    return _CONTAINS if given in name or name in given else 0.0
