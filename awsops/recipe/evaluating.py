"""JMESPath made total: bounded work, bounded results, and arithmetic.

JMESPath runs no code and reads no files, but `[@,@]|[@,@]|...` doubles a value at every step, and
`join` or `to_string` can blow up a text. So every node visited and everything that is built is
paid for from one budget, which ends a runaway expression within about a second.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.functions import Functions, signature
from jmespath.visitor import Options, TreeInterpreter

# One unit is a node visited, a value built, or so many characters of text. 10,000 rows of ten
# columns cost 100,000 to go through once; a million units take about a second.
BUDGET = 1_000_000
CHARACTERS_A_UNIT = 32
# Numbers beyond this are no counts, bytes or times any more (and squaring them grows for ever).
LARGEST = 10**30

# The nodes that build something new; the others only pass on a part of what there was.
_BUILDERS = frozenset(
    {
        "multi_select_list",
        "multi_select_dict",
        "flatten",
        "projection",
        "value_projection",
        "filter_projection",
        "slice",
        "function_expression",
    }
)


class EvaluationError(Exception):
    """An expression that has no value; the message is one sentence for the person."""


def evaluate(ast: Any, scope: Mapping[str, object], budget: int = BUDGET) -> Any:
    """The JSON-like value of a parsed expression over `scope`. EvaluationError: it has none."""
    interpreter = _Interpreter(scope, budget)
    try:
        return interpreter.visit(ast, scope)
    except JMESPathTypeError as error:
        raise EvaluationError(_type_message(error)) from None
    except JMESPathError as error:
        raise EvaluationError(" ".join(str(error).split())) from None
    except RecursionError:
        raise EvaluationError("nested too deeply") from None
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        # jmespath lets some wrong types through to Python (contains, sort_by, comparisons).
        raise EvaluationError(f"types that do not suit each other ({error})"[:200]) from None


class _Interpreter(TreeInterpreter):
    def __init__(self, scope: Mapping[str, object], budget: int) -> None:
        super().__init__(Options(custom_functions=_RecipeFunctions(self, scope)))
        self._left = budget

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self.pay(1)
        result = super().visit(node, *args, **kwargs)
        if node["type"] in _BUILDERS and node.get("value") != "root":
            self.pay(_size(result, self._left))
        return result

    def pay(self, units: int) -> None:
        self._left -= units
        if self._left < 0:
            raise EvaluationError("too much work: it goes through or builds too many values")


def _size(value: object, most: int) -> int:
    """How many units a value is as if written out (shared parts count again), to just over most."""
    total = 0
    stack = [value]
    while stack and total <= most:
        item = stack.pop()
        total += 1
        if isinstance(item, str):
            total += len(item) // CHARACTERS_A_UNIT
        elif isinstance(item, list):
            if len(item) > most:
                return most + 1
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
    return total


class _RecipeFunctions(Functions):
    """JMESPath's functions, arithmetic, and `root()`: the whole scope from inside a filter."""

    def __init__(self, interpreter: _Interpreter, scope: Mapping[str, object]) -> None:
        self._interpreter = interpreter
        self._scope = scope

    @signature()
    def _func_root(self) -> Any:
        return self._scope

    @signature({"types": ["number"]}, {"types": ["number"], "variadic": True})
    def _func_add(self, *numbers: Any) -> Any:
        return _bounded("add", sum(_numbers("add", numbers)))

    @signature({"types": ["number"]}, {"types": ["number"]})
    def _func_sub(self, left: Any, right: Any) -> Any:
        return _bounded("sub", left - right)

    @signature({"types": ["number"]}, {"types": ["number"]})
    def _func_mul(self, left: Any, right: Any) -> Any:
        return _bounded("mul", left * right)

    @signature({"types": ["number"]}, {"types": ["number"]})
    def _func_div(self, left: Any, right: Any) -> Any:
        if right == 0:
            raise EvaluationError("div() by zero")
        whole = isinstance(left, int) and isinstance(right, int) and left % right == 0
        return left // right if whole else _bounded("div", left / right)

    @signature({"types": ["array"]})
    def _func_unique(self, array: Any) -> Any:
        """Without repeats, in the order of the first of each; only text, numbers, booleans."""
        seen: dict[object, object] = {}
        for item in array:
            if not isinstance(item, str | int | float | bool | None):
                raise EvaluationError("unique() takes a list of texts or numbers")
            seen.setdefault((type(item) is bool, item), item)
        return list(seen.values())

    @signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: Any, array: Any) -> Any:
        length = len(separator) * len(array) + sum(map(len, array))
        self._interpreter.pay(length // CHARACTERS_A_UNIT)
        return separator.join(array)

    @signature({"types": []})
    def _func_to_number(self, arg: Any) -> Any:
        if isinstance(arg, int | float) and not isinstance(arg, bool):
            return arg
        if not isinstance(arg, str) or len(arg) > 40:
            return None
        try:
            number = float(arg) if set(arg) & set(".eEnN") else int(arg)
        except ValueError:
            return None
        return number if abs(number) <= LARGEST else None

    @signature({"types": []})
    def _func_to_string(self, arg: Any) -> Any:
        if isinstance(arg, str):
            return arg
        # What is written out costs its whole size even where it shares its parts.
        self._interpreter.pay(_size(arg, BUDGET))
        return json.dumps(arg, separators=(",", ":"), ensure_ascii=False)

    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Any, search: Any) -> Any:
        if isinstance(subject, str) and not isinstance(search, str):
            return False
        return search in subject


def function_table() -> Mapping[str, tuple[int, bool]]:
    """Every function with the number of its arguments, and whether there may be more."""
    table: dict[str, dict[str, Any]] = _RecipeFunctions.FUNCTION_TABLE
    found = {}
    for name, entry in table.items():
        arguments = entry["signature"]
        found[name] = (len(arguments), bool(arguments and arguments[-1].get("variadic")))
    return found


def _numbers(name: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    for position, value in enumerate(values, 1):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise EvaluationError(f"{name}() takes numbers; argument {position} is {_kind(value)}")
    return values


def _bounded(name: str, number: Any) -> Any:
    if not abs(number) <= LARGEST:  # NaN too
        raise EvaluationError(f"{name}() leaves the range of numbers")
    return number


def _type_message(error: JMESPathTypeError) -> str:
    wanted = " or ".join(str(t).replace("array-", "list of ") for t in error.expected_types)
    wanted = wanted.replace("array", "list")
    return f"{error.function_name}() takes {wanted}, not {_kind(error.current_value)}"


def _kind(value: object) -> str:
    """A value's JMESPath type; the value itself may be long, or secret."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object" if isinstance(value, dict) else "&expr"
