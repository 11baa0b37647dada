"""json: exactly one array, also when there is nothing in it."""

from __future__ import annotations

from awsops.output.records import json_text


def json_document(value: object, ascii_only: bool) -> str:
    """A value as an indented JSON document."""
    return json_text(value, indent=2, ascii_only=ascii_only) + "\n"
