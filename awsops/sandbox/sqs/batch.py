"""What all SQS batches have in common: 1 to 10 entries, distinct ids, each entry on its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.sqs import faults

MAX_ENTRIES = 10  # SQS API reference, all batch actions
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")

Entry = Mapping[str, Any]


def check(entries: Any, kind: str) -> list[Entry]:
    """The entries, or the error for the whole batch. `kind` names them in the message."""
    if not entries:
        raise faults.empty_batch(kind)
    if len(entries) > MAX_ENTRIES:
        raise faults.too_many_entries(len(entries))
    seen: set[str] = set()
    for entry in entries:
        entry_id = str(entry.get("Id") or "")
        if not _ENTRY_ID.fullmatch(entry_id):
            raise faults.invalid_entry_id()
        if entry_id in seen:
            raise faults.ids_not_distinct(entry_id)
        seen.add(entry_id)
    return list(entries)


def run(entries: list[Entry], act: Callable[[Entry], Mapping[str, Any]]) -> dict[str, Any]:
    """Does each entry; HTTP says 200 and `Failed` says which entries went wrong."""
    successful: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **act(entry)})
        except AwsError as error:
            failed.append(
                {
                    "Id": entry["Id"],
                    "SenderFault": error.status < 500,
                    "Code": error.code,
                    "Message": error.message,
                }
            )
    return {"Successful": successful, **({"Failed": failed} if failed else {})}
