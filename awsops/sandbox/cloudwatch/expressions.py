"""Metric math, as far as GetMetricData and alarms are asked for it.

Operators `+ - * / ^`, comparisons, AND, OR; IF, FILL, ABS, CEIL, FLOOR, and SUM, AVG, MIN, MAX over
METRICS() or a list (CloudWatch user guide, "Using metric math"). SEARCH is not played.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

# A time series: values by the beginning of their period.
Points = dict[int, float]
Value = Points | float | list[Points]


class ExpressionError(ValueError):
    """An expression that CloudWatch would refuse."""


def referenced(expression: str) -> set[str]:
    """The ids that an expression names."""
    tree = _parse(expression)
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called}


def evaluate(expression: str, known: Mapping[str, Points], metrics: list[Points]) -> Points:
    """The series an expression comes to; `metrics` is what METRICS() stands for."""
    value = _Evaluation(known, metrics).value(_parse(expression))
    if isinstance(value, list):
        raise ExpressionError("the expression returns more than one time series")
    if isinstance(value, float):
        times = {at for series in known.values() for at in series}
        return dict.fromkeys(times, value)
    return value


def _parse(expression: str) -> ast.expr:
    text = expression.replace("^", "**").replace("&&", " and ").replace("||", " or ")
    text = re.sub(r"\bAND\b", "and", re.sub(r"\bOR\b", "or", text))
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise ExpressionError(f"Error in expression: {expression}") from None


_OPERATORS: dict[type[ast.AST], Callable[[float, float], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.And: lambda a, b: bool(a) and bool(b),
    ast.Or: lambda a, b: bool(a) or bool(b),
}
_EACH: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": lambda v: float(math.ceil(v)),
    "FLOOR": lambda v: float(math.floor(v)),
}
_OVER: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


class _Evaluation:
    def __init__(self, known: Mapping[str, Points], metrics: list[Points]) -> None:
        self._known = known
        self._metrics = metrics

    def value(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        if isinstance(node, ast.Name):
            if node.id not in self._known:
                raise ExpressionError(f"Invalid metrics list: {node.id} is not an id")
            return self._known[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return _combine(operator.sub, 0.0, self.value(node.operand))
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            left, right = self.value(node.left), self.value(node.right)
            return _combine(_OPERATORS[type(node.op)], left, right)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right = self.value(node.left), self.value(node.comparators[0])
            return _combine(_OPERATORS[type(node.ops[0])], left, right)
        if isinstance(node, ast.BoolOp):
            value = self.value(node.values[0])
            for other in node.values[1:]:
                value = _combine(_OPERATORS[type(node.op)], value, self.value(other))
            return value
        if isinstance(node, ast.List):
            return [_series(self.value(item)) for item in node.elts]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, node.args)
        raise ExpressionError(f"Error in expression: {ast.unparse(node)}")

    def _call(self, name: str, arguments: list[ast.expr]) -> Value:
        if name == "METRICS" and not arguments:
            return list(self._metrics)
        values = [self.value(argument) for argument in arguments]
        if name == "IF" and len(values) in (2, 3):
            return _if(values)
        if name == "FILL" and len(values) == 2:
            return self._fill(_series(values[0]), values[1])
        if name in _EACH and len(values) == 1:
            each = _EACH[name]
            return _combine(lambda a, b: each(a), values[0], 0.0)
        if name in _OVER and len(values) == 1:
            return _over(_OVER[name], values[0])
        raise ExpressionError(f"Unsupported function {name}")

    def _fill(self, series: Points, filler: Value) -> Points:
        times = {at for other in self._known.values() for at in other}
        if isinstance(filler, float):
            return {at: series.get(at, filler) for at in times}
        other = _series(filler)
        return {**{at: other[at] for at in times if at in other}, **series}


def _series(value: Value) -> Points:
    if not isinstance(value, dict):
        raise ExpressionError("a time series was expected")
    return value


def _combine(apply: Callable[[float, float], Any], left: Value, right: Value) -> Value:
    """Point by point, where both have one; what cannot be computed (x/0) has no point."""
    if isinstance(left, list) or isinstance(right, list):
        raise ExpressionError("a list of time series has no operators here")
    if isinstance(left, float) and isinstance(right, float):
        return float(apply(left, right))
    times = left if isinstance(left, dict) else right
    assert isinstance(times, dict)
    found: Points = {}
    for at in times:
        a = left.get(at) if isinstance(left, dict) else left
        b = right.get(at) if isinstance(right, dict) else right
        if a is None or b is None:
            continue
        try:
            found[at] = float(apply(a, b))
        except (ZeroDivisionError, OverflowError):
            continue
    return found


def _if(values: list[Value]) -> Value:
    condition = values[0]
    if not isinstance(condition, dict):
        raise ExpressionError("IF needs a time series")
    found: Points = {}
    for at, true in condition.items():
        chosen = values[1] if true else (values[2] if len(values) == 3 else None)
        value = chosen.get(at) if isinstance(chosen, dict) else chosen
        if isinstance(value, float):
            found[at] = value
    return found


def _over(apply: Callable[[list[float]], float], value: Value) -> Value:
    if isinstance(value, float):
        return value
    if isinstance(value, dict):
        return float(apply(list(value.values()))) if value else {}
    times = {at for series in value for at in series}
    return {at: float(apply([s[at] for s in value if at in s])) for at in times}
