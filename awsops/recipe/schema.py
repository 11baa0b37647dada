"""The JSON Schema of recipes, for editors: made from the same table that the reader uses."""

from __future__ import annotations

from typing import Any

from awsops.recipe import language
from awsops.recipe.language import Key

_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_SCALARS = {"type": "array", "items": _SCALAR}
_TEXT = {"type": "string", "minLength": 1}
_NAME = rf"^{language.IDENTIFIER.pattern}$"

_KINDS: dict[str, dict[str, Any]] = {
    "text": _TEXT,
    "template": _TEXT,
    "name": {"type": "string", "pattern": _NAME},
    "expression": {"type": ["string", "boolean"]},
    "flag": {"type": "boolean"},
    "number": {"type": "number"},
    "value": {"anyOf": [_SCALAR, _SCALARS]},
    "scalars": {**_SCALARS, "minItems": 1},
    "command": {"type": "string", "pattern": r"^\s*\S+\s+\S+\s*$"},
    "arguments": {
        "type": ["object", "null"],
        "additionalProperties": {"anyOf": [_SCALAR, _SCALARS]},
    },
    "templates": {"type": ["array", "null"], "items": _TEXT},
    "params": {
        "type": ["object", "null"],
        "maxProperties": language.MAX_PARAMS,
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/param"}, {"type": "null"}]},
    },
    "steps": {
        "type": "array",
        "minItems": 1,
        "maxItems": language.MAX_STEPS,
        "items": {"$ref": "#/$defs/step"},
    },
    "texts": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}, {"type": "null"}]},
    "duration": {"type": ["string", "integer"]},
    "waves": {
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [{"type": "integer", "minimum": 1}, {"const": language.REST}]},
    },
    "retry": {"$ref": "#/$defs/retry"},
    "strategy": {"$ref": "#/$defs/strategy"},
    "targets": {"$ref": "#/$defs/targets"},
    "checks": {"type": ["array", "null"], "items": {"$ref": "#/$defs/check"}},
}


def recipe_schema() -> dict[str, Any]:
    """The schema, draft 2020-12. Whatever the reader accepts is valid under it."""
    whole = _section(language.RECIPE)
    whole["properties"]["name"]["pattern"] = rf"^{language.RECIPE_NAME.pattern}$"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "awsops recipe",
        "description": "A runbook for awsops: see docs/recipes.md.",
        **whole,
        "$defs": {
            "param": _section(language.PARAM),
            "step": _section(language.STEP),
            "check": _section(language.CHECK),
            "retry": _section(language.RETRY),
            "strategy": _section(language.STRATEGY),
            "targets": _section(language.TARGETS),
        },
    }


def _section(keys: tuple[Key, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [key.name for key in keys if key.required],
        "properties": {key.name: _key(key) for key in keys},
    }


def _key(key: Key) -> dict[str, Any]:
    if key.choices:
        return {"enum": list(key.choices), "description": key.help}
    return {**_KINDS[key.kind], "description": key.help}
