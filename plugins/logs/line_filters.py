"""Which events a tail shows, by what their messages say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from awsops.api import UsageError


def message_test(grep: str | None, where: str | None) -> Callable[[str], bool]:
    """Whether a message is wanted: found by the regular expression and, read as JSON, true of the
    JMESPath. UsageError when either is malformed."""
    compiled: re.Pattern[str] | None = None
    if grep is not None:
        try:
            compiled = re.compile(grep)
        except re.error as error:
            raise UsageError(f"--grep is not a regular expression: {error}") from error
    question = _question(where) if where is not None else None

    def wants(message: str) -> bool:
        if compiled is not None and not compiled.search(message):
            return False
        return question is None or question(message)

    return wants


def _question(where: str) -> Callable[[str], bool]:
    import jmespath
    from jmespath.exceptions import JMESPathError, JMESPathTypeError

    def wrong(error: JMESPathError) -> UsageError:
        return UsageError(
            f"--where is not JMESPath: {' '.join(str(error).split())}",
            hint="such as \"level == 'ERROR' && ms > `500`\"",
        )

    try:
        compiled = jmespath.compile(where)
    except JMESPathError as error:
        raise wrong(error) from error

    def holds(message: str) -> bool:
        try:
            document = json.loads(message)
        except ValueError:
            return False
        try:
            answer = compiled.search(document)
        except JMESPathTypeError:
            return False
        except JMESPathError as error:
            raise wrong(error) from error
        return answer is not None and answer is not False and answer not in ("", [], {})

    holds("{}")
    return holds
