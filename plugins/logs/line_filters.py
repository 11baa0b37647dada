"""Which events a tail shows, by what their messages say."""

from __future__ import annotations

import json
from collections.abc import Callable

from awsops.expressions import is_true, read_pattern, read_question

_HINT = "such as \"level == 'ERROR' && ms > `500`\""


def message_test(grep: str | None, where: str | None) -> Callable[[str], bool]:
    """Whether a message is wanted: found by the regular expression and, read as JSON, true of the
    JMESPath. UsageError when either is malformed."""
    pattern = read_pattern(grep, "--grep") if grep is not None else None
    question = read_question(where, "--where", trial={}, hint=_HINT) if where is not None else None

    def wants(message: str) -> bool:
        if pattern is not None and not pattern.search(message):
            return False
        if question is None:
            return True
        try:
            document = json.loads(message)
        except ValueError:
            return False
        return is_true(question(document))

    return wants
