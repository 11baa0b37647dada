"""Every plugin that ships keeps the contract, and every module the rules of the house."""

from __future__ import annotations

import ast
import dataclasses
import graphlib
import importlib.util
import inspect
import typing
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest

import awsops
from awsops.env import Env
from awsops.events import Change, Document, Handover, Note, Plan, Progress
from awsops.plugin import Argument, CommandSpec, Option
from awsops.sources import Found, Sources

ROOT = Path(awsops.__file__).parents[1]
EVENTS = {Plan, Change, Progress, Note, Document, Handover}
MODULE_LINES, FUNCTION_LINES = 400, 50


def _commands() -> list[tuple[str, CommandSpec]]:
    sources = Sources(Env.from_process(), before_load=lambda: None)
    builtin = [found for found in sources.all() if found.kind == "built-in"]
    return [(f.noun, spec) for f in builtin for spec in sources.load(f).values()]


def _nouns() -> list[Found]:
    sources = Sources(Env.from_process(), before_load=lambda: None)
    return [found for found in sources.all() if found.kind == "built-in"]


def _modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


COMMANDS = _commands()
each_command = pytest.mark.parametrize(
    ("noun", "spec"), COMMANDS, ids=[f"{noun} {spec.name}" for noun, spec in COMMANDS]
)
MODULES = _modules("awsops", "plugins")
each_module = pytest.mark.parametrize(
    "path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES]
)


# -- commands -----------------------------------------------------------------------------


@pytest.mark.parametrize("found", _nouns(), ids=lambda found: found.noun)
def test_a_noun_is_described_in_one_sentence(found: Found) -> None:
    assert found.help[:1].isupper()
    assert found.help.endswith(".")
    assert ". " not in found.help


@each_command
def test_a_command_is_described_in_one_sentence(noun: str, spec: CommandSpec) -> None:
    first, *rest = spec.help.splitlines()
    assert first[:1].isupper()
    assert first.endswith(".")
    assert ". " not in first
    assert not rest or rest[0] == ""


def _parameters(spec: CommandSpec) -> Iterator[tuple[str, Any, inspect.Parameter]]:
    hints = typing.get_type_hints(spec.function, include_extras=True)
    parameters = list(inspect.signature(spec.function).parameters.items())
    return ((name, hints[name], parameter) for name, parameter in parameters[1:])


@each_command
def test_every_parameter_is_described(noun: str, spec: CommandSpec) -> None:
    for name, hint, _ in _parameters(spec):
        assert get_origin(hint) is Annotated, name
        [info] = [e for e in get_args(hint)[1:] if isinstance(e, Argument | Option)]
        assert info.help.endswith("."), f"{name}: {info.help!r}"


@each_command
def test_only_an_argument_may_be_required(noun: str, spec: CommandSpec) -> None:
    for name, hint, parameter in _parameters(spec):
        info = next(e for e in get_args(hint)[1:] if isinstance(e, Argument | Option))
        if isinstance(info, Option):
            assert parameter.default is not inspect.Parameter.empty, name


def _yielded(spec: CommandSpec) -> tuple[Any, ...]:
    answer = typing.get_type_hints(spec.function)["return"]
    assert get_origin(answer) is Iterator
    [inner] = get_args(answer)
    members = get_args(inner) if not isinstance(inner, type) and get_origin(inner) is None else ()
    return members or (get_args(inner) if "Union" in type(inner).__name__ else ()) or (inner,)


@each_command
def test_rows_are_frozen_dataclasses(noun: str, spec: CommandSpec) -> None:
    for kind in _yielded(spec):
        if kind in EVENTS or get_origin(kind) in (dict, Iterable):
            continue
        assert dataclasses.is_dataclass(kind), kind
        assert kind.__dataclass_params__.frozen, kind  # type: ignore[union-attr]
        assert hasattr(kind, "__slots__"), kind


@each_command
def test_a_command_is_a_generator_and_plans_exactly_when_it_changes(
    noun: str, spec: CommandSpec
) -> None:
    assert inspect.isgeneratorfunction(spec.function)
    assert (Plan in _yielded(spec)) is spec.mutates


@each_command
def test_declared_calls_name_a_service_and_an_operation_of_it(noun: str, spec: CommandSpec) -> None:
    import botocore.session

    session = botocore.session.Session()
    for call in spec.calls:
        service, _, operation = call.partition(":")
        assert operation in session.get_service_model(service).operation_names


# -- modules ------------------------------------------------------------------------------


def _imports(tree: ast.AST, *, top_level_only: bool = False) -> set[str]:
    """The modules that are imported, without those that only types need."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if top_level_only and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
                found.add(child.module)
            visit(child)

    visit(tree)
    return found


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _roots(modules: Iterable[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


PLUGIN_MODULES = _modules("plugins")


@pytest.mark.parametrize("path", PLUGIN_MODULES, ids=[str(p.name) for p in PLUGIN_MODULES])
def test_a_plugin_knows_neither_the_terminal_nor_the_way_to_aws(path: Path) -> None:
    imports = _imports(_tree(path))
    assert not _roots(imports) & {"typer", "rich", "boto3", "botocore", "click", "questionary"}
    assert not {name for name in imports if name.startswith("awsops.cli")}


@each_module
def test_a_module_has_fewer_than_400_lines_and_its_functions_fewer_than_50(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # A command's parameters are its form, not its work: the body counts.
            lines = (node.end_lineno or node.lineno) - node.body[0].lineno + 1
            assert lines < FUNCTION_LINES, f"{node.name}: {lines} lines"


@each_module
def test_a_module_says_what_it_is_for_and_has_a_name_that_does(path: Path) -> None:
    assert ast.get_docstring(_tree(path))
    assert path.stem not in {"utils", "helpers", "common", "util", "misc", "manager"}


@each_module
def test_importing_a_module_loads_nothing_heavy(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    if relative.startswith("awsops/sandbox/"):
        return  # the sandbox's server is a process of its own
    heavy = {"rich", "tenacity", "questionary", "botocore", "boto3", "yaml", "sqlite3", "moto"}
    assert not _roots(_imports(_tree(path), top_level_only=True)) & heavy


@each_module
def test_nothing_is_printed_past_the_renderers(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    if relative.startswith("awsops/sandbox/") or relative.endswith("__main__.py"):
        return
    called = {n.func.id for n in ast.walk(_tree(path)) if _is_call_by_name(n)}
    assert "print" not in called
    assert "input" not in called


def _is_call_by_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_boto3_is_imported_nowhere_and_botocore_by_the_kernels_aws_modules_alone() -> None:
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if _roots(_imports(_tree(path))) & {"boto3", "botocore"}
        and not path.relative_to(ROOT).as_posix().startswith("awsops/sandbox/")
    }
    kernel = {"awsops/gate.py", "awsops/config_files.py", "awsops/retry_quota.py"}
    of_aws = ("awsops/aws", "awsops/credentials/")
    assert {name for name in importing if not name.startswith(of_aws)} <= kernel


def test_no_module_leads_back_to_itself() -> None:
    """Also through imports that only a type checker reads: what a module rests on can be read
    before it, and a Protocol stands where two would know each other."""
    named = {_dotted(path): path for path in MODULES}
    rests_on = {
        name: {found for found in _imported(path, name, named) if found in named} - {name}
        for name, path in named.items()
    }
    assert list(graphlib.TopologicalSorter(rests_on).static_order())


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    package = "awsops_plugins" if parts[0] == "plugins" else parts[0]
    return ".".join((package, *(part for part in parts[1:] if part != "__init__")))


def _imported(path: Path, name: str, named: Collection[str]) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom):
            source = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:
                module = f"{source}.{alias.name}"
                yield module if module in named else source
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
