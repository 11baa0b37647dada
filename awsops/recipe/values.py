"""One parameter's value: from text or YAML to what its type says, or a sentence on why not."""

from __future__ import annotations

import json
import math
import re

from awsops.recipe.document import Scalar
from awsops.recipe.model import Param, Value
from awsops.recipe.problems import nearest

_INT = re.compile(r"[-+]?[0-9]{1,18}")
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
MAX_ITEMS = 1_000  # for_each runs a step for each: nobody confirms more
MAX_TEXT = 256 * 1024  # SQS and Lambda take messages of this size; nothing of ours takes more


class ValueProblem(Exception):
    """A value that its parameter does not take. The message never holds the value: it may be
    secret, and whoever reports it knows whether it may be shown.
    """


def convert(param: Param, given: Value) -> Value:
    """`given` (text from a person, or a YAML value) as the parameter's type. ValueProblem."""
    if given is None:
        if param.required:
            raise ValueProblem("needs a value")
        return None
    if isinstance(given, str) and len(given) > MAX_TEXT:
        raise ValueProblem(f"takes at most {MAX_TEXT // 1024} KB of text")
    value = _CONVERTERS[param.type](given)
    _check_range(param, value)
    for item in value if isinstance(value, list) else [value]:
        if param.choices and item not in param.choices:
            names = [str(choice) for choice in param.choices]
            advice = "" if param.secret else f": {nearest(str(item), names)}"
            raise ValueProblem(f"takes one of {', '.join(names)}{advice}")
    return value


def _check_range(param: Param, value: Value) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    if param.min is not None and value < param.min:
        raise ValueProblem(f"must be {param.min:g} or more")
    if param.max is not None and value > param.max:
        raise ValueProblem(f"must be {param.max:g} or less")


def _str(given: Value) -> Value:
    if isinstance(given, bool | float | list):
        raise ValueProblem("takes text: put it in quotes")
    return str(given)


def _int(given: Value) -> Value:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str) and _INT.fullmatch(given.strip()):
        return int(given)
    raise ValueProblem("takes a whole number")


def _float(given: Value) -> Value:
    try:
        number = float("x" if isinstance(given, bool | list) or given is None else given)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueProblem("takes a number")
    return number


def _bool(given: Value) -> Value:
    if isinstance(given, bool):
        return given
    found = _BOOLEANS.get(given.strip().lower()) if isinstance(given, str) else None
    if found is None:
        raise ValueProblem("takes true or false")
    return found


def _list(given: Value) -> Value:
    items: list[Scalar]
    if isinstance(given, list):
        items = given
    elif isinstance(given, str) and given.lstrip().startswith("["):
        items = _json_list(given)
    elif isinstance(given, str):
        items = [item.strip() for item in given.split(",") if item.strip()]
    else:
        raise ValueProblem("takes a list: a,b or a JSON list")
    if any(isinstance(item, list | dict) for item in items):
        raise ValueProblem("takes a flat list")
    if len(items) > MAX_ITEMS:
        raise ValueProblem(f"takes at most {MAX_ITEMS} items")
    return items


def _json_list(text: str) -> list[Scalar]:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueProblem("takes a list: a,b or a JSON list") from None
    if not isinstance(items, list):
        raise ValueProblem("takes a list: a,b or a JSON list")
    return items


def _duration(given: Value) -> Value:
    from awsops.units import DURATION_FORMS, UnitError, parse_duration

    try:
        parse_duration(str(given))
    except UnitError:
        raise ValueProblem(f"takes a duration: {DURATION_FORMS}") from None
    return str(given)


def _size(given: Value) -> Value:
    from awsops.units import SIZE_FORMS, UnitError, parse_size

    try:
        parse_size(str(given))
    except UnitError:
        raise ValueProblem(f"takes a size: {SIZE_FORMS}") from None
    return str(given)


_CONVERTERS = {
    "str": _str,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "list": _list,
    "duration": _duration,
    "size": _size,
}
