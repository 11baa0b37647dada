"""The plugin contract: what `@command` attaches, and nothing more.

A plugin is a module (or package) named after its noun whose functions carry `@command`; the first
line of its docstring is the noun's help. Finding and loading them is `sources.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

SPEC_ATTRIBUTE = "__awsops_command__"


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a parameter may take, with what matters beside it (a depth, an age, a state)."""

    value: str
    detail: str = ""


# Called with `aws: Aws` of the target at hand; it makes read-only calls.
Completer = Callable[..., Iterable[Choice]]


@dataclass(frozen=True)
class Argument:
    """A positional parameter: `Annotated[str, Argument(help="Queue name, URL or ARN.")]`.

    `files`: a text that may be the path of a file, which Tab offers where it knows no name;
    `program`: a program and its arguments, which Tab completes as if they stood alone.
    """

    help: str
    complete: Completer | None = None
    metavar: str | None = None
    files: bool = False
    program: bool = False


@dataclass(frozen=True)
class Option:
    """A named parameter. Its flag is the parameter's name in kebab-case, plus `short` ("-n")."""

    help: str
    short: str | None = None
    name: str | None = None
    complete: Completer | None = None
    metavar: str | None = None
    min: int | None = None
    max: int | None = None
    choices: tuple[str, ...] | None = None


Scope = Literal["targets", "local", "local-with-targets"]


@dataclass(frozen=True)
class CommandSpec:
    """What the kernel knows of a command. Times are seconds.

    `calls` lists the API calls beyond the read-only ones that the command makes before or without
    a confirmed plan, as `service:Operation` (`logs:StartQuery`). `resumes` are the parameters that
    go with its parameter `resume`; empty when it cannot go on with a run.
    """

    function: Callable[..., Iterator[object]]
    name: str
    mutates: bool
    calls: frozenset[str]
    exports_secrets: bool
    scope: Scope
    needs_credentials: bool = True
    one_target: bool = False
    one_target_with: tuple[str, ...] = ()
    document: bool = False
    document_with: tuple[str, ...] = ()
    merge_by: str | None = None
    resumes: frozenset[str] = frozenset()
    follows: bool = False

    @property
    def help(self) -> str:
        return inspect.getdoc(self.function) or ""

    def only_one(self, params: Mapping[str, object]) -> str | None:
        """What with these parameters is for one target: ` --write`, or nothing more than the
        command itself; None where there may be several."""
        given = _given(self.one_target_with, params)
        if given:
            return f" --{given[0].replace('_', '-')}"
        return "" if self.one_target else None

    def is_document(self, params: Mapping[str, object]) -> bool:
        """Whether stdout is, with these parameters, for a program that reads no format of ours."""
        return self.document or bool(_given(self.document_with, params))


def _given(names: Iterable[str], params: Mapping[str, object]) -> list[str]:
    return [name for name in names if params.get(name) is not None]


F = TypeVar("F", bound=Callable[..., Any])


def command(
    *,
    name: str | None = None,
    mutates: bool = False,
    calls: Iterable[str] = (),
    exports_secrets: bool = False,
    takes_targets: bool = False,
    needs_credentials: bool = True,
    one_target: bool = False,
    one_target_with: Iterable[str] = (),
    document: bool = False,
    document_with: Iterable[str] = (),
    merge_by: str | None = None,
    resumes: Iterable[str] = (),
    follows: bool = False,
) -> Callable[[F], F]:
    """Declare a generator function as a command of its module's noun.

    The function's first parameter is `aws: Aws` (run once for each target) or `host: Host` (run
    once, for commands about awsops itself; `takes_targets` gives such a command `-p`, `-r`,
    `--dry-run` and the rest). A command with `mutates=True` yields its Plan first. One with
    `needs_credentials=False` runs where there are none; it cannot call AWS. One with
    `one_target` refuses several: what it gives is for one program; `one_target_with` does so where
    one of these parameters is given, since each target would overwrite what the others wrote. With
    `merge_by` the rows of several targets are put in the order of that column. One that `follows`
    goes on until the person has had enough: it ends by itself once `aws.cancelled` is set, and what
    it says then is still shown.
    """

    def attach(function: F) -> F:
        local: Scope = "local-with-targets" if takes_targets else "local"
        spec = CommandSpec(
            function=function,
            name=name or function.__name__.strip("_").replace("_", "-"),
            mutates=mutates,
            calls=frozenset(calls),
            exports_secrets=exports_secrets,
            scope=local if _first_parameter(function) == "host" else "targets",
            needs_credentials=needs_credentials,
            one_target=one_target,
            one_target_with=tuple(one_target_with),
            document=document,
            document_with=tuple(document_with),
            merge_by=merge_by,
            resumes=frozenset(resumes),
            follows=follows,
        )
        setattr(function, SPEC_ATTRIBUTE, spec)
        return function

    return attach


def commands_of(module: object) -> dict[str, CommandSpec]:
    """The commands that a plugin module defines or re-exports, by name, in alphabetical order."""
    found: dict[str, CommandSpec] = {}
    for value in vars(module).values():
        spec = getattr(value, SPEC_ATTRIBUTE, None)
        if isinstance(spec, CommandSpec):
            found[spec.name] = spec
    return dict(sorted(found.items()))


def _first_parameter(function: Callable[..., Any]) -> str | None:
    return next(iter(inspect.signature(function).parameters), None)
