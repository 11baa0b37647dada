"""A recipe as it was read: frozen, with the place of everything that can be wrong later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from awsops.recipe.document import Node, Scalar
from awsops.recipe.expressions import Expression, Template
from awsops.recipe.problems import Problem, RecipeError, shown

Value = Scalar | list[Scalar]
OnError = Literal["stop", "continue", "rollback"]
# A parameter of a step: each text is a template.
Piece = Template | int | float | bool | None
Argument = Piece | tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """An expression and where it stands."""

    expression: Expression
    node: Node


@dataclass(frozen=True, slots=True)
class Text:
    """A template for a person and where it stands."""

    template: Template
    node: Node


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a recipe; `required` ones have neither a default nor a null."""

    name: str
    type: str
    node: Node
    help: str = ""
    default: Value = None
    required: bool = True
    choices: tuple[Scalar, ...] = ()
    min: float | None = None
    max: float | None = None
    secret: bool = False
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """One argument of a step: the key's place, the value's, and the value; `broken` when the
    reader has refused it.
    """

    key: Node
    node: Node
    value: Argument
    broken: bool = False

    @property
    def expressions(self) -> Iterator[Expression]:
        """Every expression in it."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        for value in values:
            if isinstance(value, Template):
                yield from value.expressions


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed step is run again, and how many seconds after."""

    times: int
    wait: float


@dataclass(frozen=True, slots=True)
class Strategy:
    """How many targets a step runs on at a time (None: all that are left), and how many of them
    may fail before it stops.
    """

    waves: tuple[int | None, ...]
    max_failures: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """The targets of a recipe for a command line that names none."""

    profiles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One command to run. `number` counts from 1; `timeout` is in seconds."""

    number: int
    id: str
    noun: str
    verb: str
    node: Node
    run_node: Node
    arguments: Mapping[str, Bound] = field(default_factory=dict)
    when: Placed | None = None
    for_each: Placed | None = None
    register: str | None = None
    show: bool = False
    confirm: Text | None = None
    retry: Retry | None = None
    timeout: float | None = None
    on_error: OnError = "stop"
    strategy: Strategy | None = None
    idempotent: bool = False
    always: bool = False

    @property
    def command(self) -> str:
        """`sqs redrive`."""
        return f"{self.noun} {self.verb}"


@dataclass(frozen=True, slots=True)
class Check:
    """An assertion. `each` target: judged on one target's rows at a time."""

    that: Placed
    message: Text
    name: str = ""
    hint: Text | None = None
    when: Placed | None = None
    each: Literal["target", "run"] = "target"

    @property
    def title(self) -> str:
        """Its name, or what it asserts, on one line."""
        return self.name or shown(self.that.expression.text)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe; `source` is how messages name where it came from. `always` steps have their
    numbers after those of `steps`.
    """

    name: str
    summary: str
    source: str
    steps: tuple[Step, ...]
    description: str = ""
    params: tuple[Param, ...] = ()
    checks: tuple[Check, ...] = ()
    next: tuple[Text, ...] = ()
    always: tuple[Step, ...] = ()
    include: tuple[tuple[str, Node], ...] = ()
    strategy: Strategy | None = None
    where: Where | None = None
    name_node: Node | None = None

    @property
    def every_step(self) -> tuple[Step, ...]:
        """All steps in the order in which they run."""
        return (*self.steps, *self.always)


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read of a recipe, and what is wrong with the rest of it."""

    recipe: Recipe
    problems: tuple[Problem, ...] = ()

    def whole(self) -> Recipe:
        """The recipe. RecipeError when anything is wrong with it."""
        if self.problems:
            raise RecipeError(self.recipe.source, self.problems)
        return self.recipe
