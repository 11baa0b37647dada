"""Whether a plugin keeps the contract: what `awsops plugin check` says, before a user finds out."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from awsops.choices import completers_of, kind_of, wanted_by
from awsops.contract_source import breaches_of, breaches_of_command
from awsops.events import Change, Document, Note, Plan, Progress, Secret
from awsops.plugin import Argument, CommandSpec, Option

if TYPE_CHECKING:
    from awsops.sources import Found

_EVENTS = {Plan, Change, Progress, Note, Document, Secret}


@dataclass(frozen=True, slots=True)
class Breach:
    """Where a plugin breaks the contract, and how to mend it."""

    where: str
    problem: str
    mend: str


def check_plugin(found: Found, specs: Mapping[str, CommandSpec]) -> Iterator[Breach]:
    """Every breach of a plugin that could be loaded."""
    module = f"{found.file.name}:1 {found.noun}" if found.file is not None else found.noun
    yield from _check_sentence(module, found.help, "the module's docstring")
    ours = found.kind == "built-in"
    for spec in specs.values():
        yield from _check_command(found.noun, spec, ours)
    yield from _check_files(specs, ours)


def _check_sentence(where: str, text: str, what: str) -> Iterator[Breach]:
    first = text.strip().split("\n", 1)[0]
    if not first:
        yield Breach(where, f"{what} is empty", "its first line is the help: one short sentence")
    elif not first.endswith(".") or ". " in first or not first[:1].isupper():
        yield Breach(
            where, f"{what} begins with {first!r}", "one sentence: a capital, a full stop, no more"
        )


def _check_command(noun: str, spec: CommandSpec, ours: bool) -> Iterator[Breach]:
    where = f"{_place(spec.function)}{noun} {spec.name}"
    yield from _check_sentence(where, spec.help, "the docstring")
    if not inspect.isgeneratorfunction(spec.function):
        yield Breach(where, "it is no generator", "yield rows, do not return them")
    try:
        hints = typing.get_type_hints(spec.function, include_extras=True)
    except Exception as error:  # any name may be missing
        yield Breach(where, f"its annotations cannot be read: {error}", "import what they name")
        return
    yield from _check_parameters(where, spec, hints)
    yield from _check_rows(where, spec, hints.get("return"))
    for name, completer in completers_of(spec).items():
        if kind_of(noun, completer) is None:
            yield Breach(
                where, f"complete= of {name} is a function without a name", "define it with def"
            )
        own = set(inspect.signature(spec.function).parameters)
        for wanted, required in wanted_by(completer).items():
            if required and wanted not in own:
                yield Breach(
                    where,
                    f"complete= of {name} wants {wanted}, which the command does not take",
                    "name it after a parameter of the command, or give it a default",
                )
    yield from _check_calls(where, spec)
    if not ours:  # whose tests prove more than their text shows
        yield from _check_source(spec, hints)


def _check_parameters(where: str, spec: CommandSpec, hints: Mapping[str, Any]) -> Iterator[Breach]:
    parameters = list(inspect.signature(spec.function).parameters.values())
    if not parameters or parameters[0].name not in ("aws", "host"):
        yield Breach(where, "its first parameter is neither aws nor host", "aws: Aws comes first")
    for parameter in parameters[1:]:
        hint = hints.get(parameter.name)
        extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        info = next((e for e in extras if isinstance(e, Argument | Option)), None)
        required = parameter.default is inspect.Parameter.empty
        if info is None:
            yield Breach(
                where,
                f"parameter {parameter.name} says nothing of itself",
                'Annotated[str, Argument(help="A sentence.")]',
            )
        elif not info.help.endswith("."):
            yield Breach(where, f"the help of {parameter.name} is no sentence", "end it with a dot")
        elif isinstance(info, Option) and required:
            yield Breach(
                where, f"option {parameter.name} is required", "make it an Argument, or optional"
            )


def _check_rows(where: str, spec: CommandSpec, answer: Any) -> Iterator[Breach]:
    kinds = _yielded(answer)
    if not kinds:
        yield Breach(
            where, "it does not say what it yields", "-> Iterator[Row], or Iterator[Plan | Row]"
        )
        return
    if (Plan in kinds) is not spec.mutates:
        mend = "declare it with @command(mutates=True)" if Plan in kinds else "yield a Plan first"
        yield Breach(where, "Plan and mutates=True go together", mend)
    for kind in kinds:
        if kind in _EVENTS or not isinstance(kind, type) or issubclass(kind, dict):
            continue
        if not dataclasses.is_dataclass(kind) or not _is_frozen(kind):
            yield Breach(
                where,
                f"its row {kind.__name__} may change",
                "@dataclass(frozen=True, slots=True): its fields are the columns",
            )


def _is_frozen(kind: type) -> bool:
    params = getattr(kind, "__dataclass_params__", None)
    return bool(getattr(params, "frozen", False))


def _yielded(answer: Any) -> list[Any]:
    if answer is None or not get_args(answer):
        return []
    inner = get_args(answer)[0]
    members = get_args(inner) if get_origin(inner) is not dict else ()
    return [get_origin(kind) or kind for kind in (members or (inner,))]


def _check_calls(where: str, spec: CommandSpec) -> Iterator[Breach]:
    for call in sorted(spec.calls):
        service, colon, operation = call.partition(":")
        if not colon or not operation[:1].isupper():
            yield Breach(where, f"calls= names {call!r}", "service:Operation, as logs:StartQuery")
            continue
        from awsops.aws_models import operations_of

        known = operations_of(service)
        if known is None:
            yield Breach(where, f"calls= names an unknown service {service!r}", "as botocore does")
        elif operation not in known:
            yield Breach(where, f"{service} has no operation {operation}", "see botocore's model")


def _check_files(specs: Mapping[str, CommandSpec], ours: bool) -> Iterator[Breach]:
    for path in sorted(_files_of(specs)):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, UnicodeDecodeError):
            continue  # a file beside the plugin that it does not import
        for line, problem, mend in breaches_of(tree, ours=ours):
            yield Breach(f"{path.name}:{line}", problem, mend)


def _check_source(spec: CommandSpec, hints: Mapping[str, Any]) -> Iterator[Breach]:
    """What the text of the command's own function shows."""
    try:
        lines, first = inspect.getsourcelines(spec.function)
        function = ast.parse(textwrap.dedent("".join(lines))).body[0]
    except (OSError, SyntaxError, IndexError):
        return
    if not isinstance(function, ast.FunctionDef):
        return
    name = Path(inspect.getsourcefile(spec.function) or "").name
    rows = {kind.__name__ for kind in _yielded(hints.get("return")) if isinstance(kind, type)}
    events = {kind.__name__ for kind in _EVENTS}
    found = breaches_of_command(
        function, mutates=spec.mutates, calls=spec.calls, rows=frozenset(rows - events)
    )
    for line, problem, mend in found:
        yield Breach(f"{name}:{first + line - 1}", problem, mend)


def _files_of(specs: Mapping[str, CommandSpec]) -> set[Path]:
    """The plugin's own files: its module, or all of its package."""
    found: set[Path] = set()
    for spec in specs.values():
        path = Path(inspect.getsourcefile(spec.function) or "")
        if path.is_file():
            whole = (path.parent / "__init__.py").is_file()
            found |= set(path.parent.rglob("*.py")) if whole else {path}
    return found


def _place(function: Any) -> str:
    """`mine.py:12 `, where a command is defined; empty where it has no file."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{Path(code.co_filename).name}:{code.co_firstlineno} " if code is not None else ""
