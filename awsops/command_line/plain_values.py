"""Words of the command line become values without loading Typer's validator when that is easy.

Typer hands every parameter, given or not, to pydantic, whose import and adapters cost 80 ms: a
third of what `creds whoami` takes. Text, whole numbers, choices and what was not given need none
of it. Everything else, and every value that is wrong, still goes to Typer, so a message is always
Typer's own.
"""

from __future__ import annotations

import re
from typing import Any, Literal, get_args, get_origin

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
_HARD = object()


def convert_plainly(params: list[Any]) -> list[Any]:
    """Give Typer's parameters the cheap conversion; returns them.

    Typer keeps the conversion of a parameter in `_runtime_param`, made at first use (0.29). A
    version that keeps it elsewhere is left as it is.
    """
    for param in params:
        if hasattr(param, "type_descriptor") and getattr(param, "_runtime_param", 0) is None:
            param._runtime_param = _PlainConversion(param.type_descriptor)
    return params


class _PlainConversion:
    """Stands for Typer's RuntimeParam until a value comes that is not easy."""

    def __init__(self, descriptor: Any) -> None:
        self._kind = descriptor.annotation
        self._info = descriptor.parameter_info

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value, as Typer would have made it."""
        many = param.multiple or param.nargs == -1
        plain = self._items(value) if many else self._one(self._kind, value)
        if plain is not _HARD:
            return plain
        param._runtime_param = None
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)

    def _items(self, value: Any) -> Any:
        if value is None:
            return ()
        if get_origin(self._kind) is not list or not isinstance(value, list | tuple):
            return _HARD
        items = [self._one(get_args(self._kind)[0], item) for item in value]
        return _HARD if any(item is _HARD for item in items) else items

    def _one(self, kind: Any, value: Any) -> Any:
        if value is None or (kind is bool and isinstance(value, bool)):
            return value
        info = self._info
        if kind is int and type(value) is int and info.parser is None:
            return self._in_range(value)  # a default
        if info.parser is not None or not isinstance(value, str):
            return _HARD
        if kind is str:
            return value
        if get_origin(kind) is Literal:
            return value if value in get_args(kind) else _HARD
        if kind is int and not info.clamp and _WHOLE_NUMBER.fullmatch(value):
            return self._in_range(int(value))
        return _HARD

    def _in_range(self, number: int) -> Any:
        low, high = self._info.min, self._info.max
        inside = (low is None or number >= low) and (high is None or number <= high)
        return number if inside else _HARD
