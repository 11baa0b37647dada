"""The rows of GetQueryResults, taken out of an answer before botocore's parser sees it.

An answer may have 10,000 rows of many cells. botocore walks through each cell by the service's
model, which for a million rows takes most of a minute and makes no difference: a cell is two
strings. Its event `before-parse` is there for such answers
(https://botocore.amazonaws.com/v1/documentation/api/latest/topics/events.html).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

Row = dict[str, str]

# In the answer, beside `results`, which is then empty: the rows; or, where more matched than were
# given, the text that they are in, as a slice that came back full is cut and never read.
_KEY = "rows"
_UNREAD = "unread"


def read_plainly(logs: Any) -> None:
    """From now on this botocore client's GetQueryResults give their rows to `rows_of` at once."""
    name = "before-parse.cloudwatch-logs.GetQueryResults"
    logs.meta.events.register(name, _Taking(), unique_id="awsops-logs-rows")


def rows_of(answer: Mapping[str, Any]) -> list[Row]:
    """The rows of one answer: a field's value by its name, none for a field that a row lacks."""
    if (unread := answer.get(_UNREAD)) is not None:
        import json

        return _rows(json.loads(unread)["results"])
    rows: list[Row] | None = answer.get(_KEY)
    return _rows(answer.get("results") or ()) if rows is None else rows


def _rows(results: Any) -> list[Row]:
    # A name is one string for all rows, which halves what they take.
    return [
        {intern(cell["field"]): cell["value"] for cell in row if "value" in cell} for row in results
    ]


@dataclass
class _Taking:
    """One answer at a time: taken apart it is many times as large as the rows that stay."""

    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(
        self,
        response_dict: MutableMapping[str, Any],
        customized_response_dict: MutableMapping[str, Any],
        **_: Any,
    ) -> None:
        import json

        if response_dict["status_code"] != 200:
            return
        with self.lock:
            try:
                answer = json.loads(response_dict["body"])
                results = answer.pop("results", None) or ()
                matched = (answer.get("statistics") or {}).get("recordsMatched") or 0
                full = matched > len(results) > 0 and not answer.get("nextToken")
                found = response_dict["body"] if full else _rows(results)
            except (ValueError, AttributeError, KeyError, TypeError):
                return  # not what it should be: botocore finds the words for it
        customized_response_dict[_UNREAD if full else _KEY] = found
        response_dict["body"] = json.dumps(answer).encode()
