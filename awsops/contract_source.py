"""What the source of a plugin shows that running it would not: calls past the kernel, rows that are
none, changes without a plan. Nothing is run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awsops.gate import is_read_only

# Past the renderers, or past the gate: what these do nobody sees in a plan or a journal.
_FORBIDDEN = {
    "boto3": "aws.client(...) signs for the target and passes the gate",
    "botocore": "aws.client(...) signs for the target and passes the gate",
    "typer": "the kernel makes the command line: declare parameters with Argument and Option",
    "click": "the kernel makes the command line: declare parameters with Argument and Option",
    "rich": "yield rows: the kernel renders them",
    "questionary": "give the parameter complete=: the kernel asks",
}
_CALLS = {
    "print": "yield a row or a Note",
    "input": "take a parameter",
    "exit": "raise an error of awsops.api: it has the exit code",
    "quit": "raise an error of awsops.api: it has the exit code",
}
_CALLS_OF = {
    ("sys", "exit"): "raise an error of awsops.api: it has the exit code",
    ("os", "_exit"): "raise an error of awsops.api: nothing is tidied up after this one",
    ("time", "sleep"): "aws.sleep(seconds), which ends on Ctrl-C",
    ("threading", "Thread"): "aws.pool(n), whose threads work for the target",
}
_PUBLIC = ("awsops.api", "awsops.testing")

Found = tuple[int, str, str]  # line, problem, how to mend it


def breaches_of(tree: ast.AST, *, ours: bool) -> Iterator[Found]:
    """Breaches of a whole file; the imports within awsops are free to `ours`."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for module in _imported(node):
            mend = _FORBIDDEN.get(module.partition(".")[0])
            if mend is not None:
                yield line, f"it imports {module}", mend
            elif not ours and module.partition(".")[0] == "awsops" and module not in _PUBLIC:
                yield line, f"it imports {module}", "only awsops.api stays as it is: import that"
        if isinstance(node, ast.Call):
            yield from _call(node, ours)


def _call(node: ast.Call, ours: bool) -> Iterator[Found]:
    called = node.func
    if isinstance(called, ast.Name) and called.id in _CALLS:
        yield node.lineno, f"it calls {called.id}", _CALLS[called.id]
    if ours or not isinstance(called, ast.Attribute) or not isinstance(called.value, ast.Name):
        return
    mend = _CALLS_OF.get((called.value.id, called.attr))
    if mend is not None:
        yield node.lineno, f"it calls {called.value.id}.{called.attr}", mend


def breaches_of_command(
    function: ast.FunctionDef, *, mutates: bool, calls: frozenset[str], rows: frozenset[str]
) -> Iterator[Found]:
    """Breaches of one command; `rows` are the names of its row classes."""
    nodes = list(ast.walk(function))
    yields = [node for node in nodes if isinstance(node, ast.Yield | ast.YieldFrom)]
    yields.sort(key=lambda node: (node.lineno, node.col_offset))
    for node in yields:
        kind = _no_row(node.value)
        if kind is not None:
            mend = "yield a frozen dataclass: its fields are the columns"
            yield node.lineno, f"it yields {kind}", mend
    if mutates and yields and _called(yields[0].value) in rows:
        name = _called(yields[0].value)
        yield yields[0].lineno, f"it yields {name} before its Plan", "the Plan comes first"
    if not mutates:
        yield from _changes(function, calls)
    for call in nodes:
        if isinstance(call, ast.Call) and _called(call) == "Plan":
            yield from _without_undo(call)


def _no_row(value: ast.expr | None) -> str | None:
    if isinstance(value, ast.Dict | ast.DictComp):
        return "a dict"
    if isinstance(value, ast.List | ast.Tuple | ast.Set | ast.ListComp | ast.SetComp):
        return "a list"
    if isinstance(value, ast.Constant | ast.JoinedStr):
        return "a text" if isinstance(getattr(value, "value", ""), str) else "a bare value"
    return None


def _called(node: ast.expr | None) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _changes(function: ast.FunctionDef, calls: frozenset[str]) -> Iterator[Found]:
    """Calls of `aws.client(...)` that change something, in a command that declares none."""
    clients = {
        target.id: service
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and (service := _client(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        on = node.func.value
        service = clients.get(on.id, "") if isinstance(on, ast.Name) else _client(on)
        call = f"{service}:{''.join(part.title() for part in node.func.attr.split('_'))}"
        if service and "_" in node.func.attr and not is_read_only(call) and call not in calls:
            problem = f"it calls {service}.{node.func.attr}, which the gate refuses it"
            mend = f"@command(mutates=True), a Plan first; or calls=[{call!r}] if it only looks"
            yield node.lineno, problem, mend


def _client(node: ast.expr) -> str:
    """The service of `aws.client("sqs")`."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "client"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        return str(node.args[0].value)
    return ""


def _without_undo(plan: ast.Call) -> Iterator[Found]:
    for node in ast.walk(plan):
        if not isinstance(node, ast.Call) or _called(node) != "Change":
            continue
        given = {keyword.arg for keyword in node.keywords}
        if not given & {"undo", "why_no_undo", None}:  # None: **settings
            yield (
                node.lineno,
                "a change says neither how to undo it nor why it cannot be",
                'undo="awsops ..." or why_no_undo="a sentence"',
            )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []
