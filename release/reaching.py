"""Which calls of AWS a command can come to, read from its source and nothing run.

Every call stands in the source as a method of a client, or as its name (`sqs.list_queues`,
`get_paginator("list_queues")`). What a command can reach from its function, in its noun and in the
kernel's modules that the noun imports, is what it may call: more than one run of it does, and never
less. Of a class the methods count that somebody who is reached calls by name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVICES = frozenset(
    {"cloudtrail", "cloudwatch", "codedeploy", "ec2", "ecr", "ecr-public", "ecs", "iam"}
    | {"kinesis", "lambda", "logs", "organizations", "s3", "sqs", "sts"}
)
# What the kernel does by itself in every run: the page tells it once.
_KERNEL = re.compile(
    r"awsops\.(api|aws|events|errors|plugin|host|env|units|testing|sandbox|recipe|library|cli)\b"
)


@dataclass(frozen=True)
class Module:
    """A module's own definitions, and where its other names come from."""

    name: str
    defined: Mapping[str, ast.AST]
    imported: Mapping[str, tuple[str, str]]  # name here -> module and name there; "" is all of it


def calls_of(module: str, function: str) -> set[str]:
    """`service:Operation` of every call that a function of a module can come to."""
    found = _module(module)
    assert found is not None, module
    reach = _Reach()
    reach.follow(found, function)
    reach.settle()
    return {
        f"{service}:{operation}"
        for service in reach.said & SERVICES
        for method, operation in _operations(service).items()
        if method in reach.said
    }


@cache
def _operations(service: str) -> Mapping[str, str]:
    """The methods of a service's client, each with its operation."""
    from botocore import xform_name
    from botocore.loaders import Loader

    model = Loader().load_service_model(service, "service-2")
    return {xform_name(name): name for name in model["operations"]}


@cache
def _module(name: str) -> Module | None:
    path = _path(name)
    if path is None or _KERNEL.match(name):
        return None
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    imported: dict[str, tuple[str, str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            source = _absolute(node, package)
            for alias in node.names:
                whole = f"{source}.{alias.name}"
                there = (whole, "") if _path(whole) else (source, alias.name)
                imported[alias.asname or alias.name] = there
    defined = dict(pair for node in tree.body for pair in _definitions(node))
    return Module(name, defined, imported)


def _path(name: str) -> Path | None:
    first, *rest = name.split(".")
    folder = {"awsops_plugins": "plugins", "awsops": "awsops"}.get(first)
    if folder is None:
        return None
    base = ROOT.joinpath(folder, *rest)
    places = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in places if path.is_file()), None)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    above = package.split(".")
    parts = above[: len(above) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _definitions(node: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name, node
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        yield node.target.id, node.value


class _Reach:
    """What is reached, and `said`: every member and every text there, names of methods and services
    among them."""

    def __init__(self) -> None:
        self.said: set[str] = set()
        self._seen: set[tuple[str, str]] = set()
        self._waiting: list[tuple[Module, ast.FunctionDef]] = []

    def follow(self, where: Module, name: str) -> None:
        """Read what a name stands for in a module."""
        if (where.name, name) in self._seen:
            return
        self._seen.add((where.name, name))
        if name in where.defined:
            _Reader(self, where).visit(where.defined[name])
        elif name in where.imported:
            source, there = where.imported[name]
            if there:
                self.follow_into(source, there)

    def follow_into(self, source: str, name: str) -> None:
        """Read a name of another module, unless that is nobody's but the kernel's."""
        found = _module(source)
        if found is not None:
            self.follow(found, name)

    def wait_for(self, where: Module, method: ast.FunctionDef) -> None:
        """Read a method as soon as somebody says its name."""
        self._waiting.append((where, method))

    def settle(self) -> None:
        """Read the methods that somebody calls, and those that these call."""
        while called := [each for each in self._waiting if each[1].name in self.said]:
            self._waiting = [each for each in self._waiting if each[1].name not in self.said]
            for where, method in called:
                _Reader(self, where).visit(method)


class _Reader(ast.NodeVisitor):
    """Reads one definition. `own` are the names that a function has for itself, whatever the module
    calls so."""

    def __init__(self, reach: _Reach, where: Module) -> None:
        self._reach = reach
        self._where = where
        self._own: frozenset[str] = frozenset()

    def generic_visit(self, node: ast.AST) -> None:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue  # what is only named there is made elsewhere
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.visit(child)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._members(node, frozenset())
        for value in [*node.keywords, *node.decorator_list]:
            self.visit(value)

    def _members(self, node: ast.ClassDef, replaced: frozenset[str]) -> None:
        """The members of a class and of those above it, but for those that one below replaces."""
        mine = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
        for part in node.body:
            if not isinstance(part, ast.FunctionDef):
                self.visit(part)
            elif part.name not in replaced:
                if part.name.startswith("__"):
                    self.visit(part)
                else:
                    self._reach.wait_for(self._where, part)
        for base in node.bases:
            above = self._where.defined.get(base.id) if isinstance(base, ast.Name) else None
            if isinstance(above, ast.ClassDef):
                self._members(above, replaced | mine)
            else:
                self.visit(base)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._with_own_names(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._with_own_names(node)

    def _with_own_names(self, node: ast.FunctionDef | ast.Lambda) -> None:
        outside = self._own
        taken = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
        stored = (each for each in ast.walk(node) if isinstance(each, ast.Name))
        taken |= {each.id for each in stored if isinstance(each.ctx, ast.Store)}
        self._own = outside | taken
        self.generic_visit(node)
        self._own = outside

    def visit_Name(self, node: ast.Name) -> None:
        if node.id not in self._own:
            self._reach.follow(self._where, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._reach.said.add(node.attr)
        value = node.value
        if isinstance(value, ast.Name) and value.id in self._where.imported:
            source, there = self._where.imported[value.id]
            if not there:
                self._reach.follow_into(source, node.attr)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._reach.said.add(node.value)
