"""What is wrong with a recipe: every mistake with its line and column, all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from awsops.errors import UsageError
from awsops.suggesting import did_you_mean

# More than this many would push the first ones, which often cause the rest, off the screen.
SHOWN = 25


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake; `line` and `column` count from 1."""

    line: int
    column: int
    message: str
    hint: str = ""

    def text(self) -> str:
        """`14:9: unknown parameter 'dqlq' of sqs redrive; did you mean dlq?`"""
        advice = f"; {self.hint}" if self.hint else ""
        return f"{self.line}:{self.column}: {self.message}{advice}"


class RecipeError(UsageError):
    """A recipe that cannot be run: `problems` in the order of its lines. Nothing was done."""

    code = "InvalidRecipe"

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(set(problems)))
        super().__init__(_message(source, self.problems))


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean dlq?`, or the list of what there is; empty when there is nothing."""
    names = list(known)
    return did_you_mean(word, names) or (f"there is {', '.join(names[:12])}" if names else "")


def shown(text: str, most: int = 60) -> str:
    """A piece of the recipe's text as a message quotes it: one line, not too long."""
    line = " ".join(text.split())
    return repr(line if len(line) <= most else line[: most - 3] + "...")


def _message(source: str, problems: Sequence[Problem]) -> str:
    if len(problems) == 1:
        return f"{source}:{problems[0].text()}"
    lines = [f"  {source}:{problem.text()}" for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        lines.append(f"  and {len(problems) - SHOWN} more")
    return "\n".join([f"{len(problems)} problems", *lines])
