"""JMESPath and regular expressions that a person gives with an option: read once, asked often.

(`--query` is more than that, see awsops.output.selection, and so are a recipe's expressions, see
awsops.recipe.expressions.)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from awsops.errors import UsageError

Question = Callable[[Any], Any]  # of JSON-like values


def read_question(expression: str, option: str, *, trial: object, hint: str | None) -> Question:
    """A JMESPath expression, to be asked of documents (JSON-like values).

    Where a function gets a value of the wrong type, as `contains` of a field that a document has
    not, the answer is None. `trial` is a document to try it on, for what only shows then.
    UsageError names `option` when the expression is malformed, or calls a function wrongly.
    """
    import jmespath
    from jmespath.exceptions import JMESPathError, JMESPathTypeError

    def wrong(error: Exception) -> UsageError:
        return UsageError(f"{option} is not JMESPath: {' '.join(str(error).split())}", hint=hint)

    try:
        compiled = jmespath.compile(expression)
    except (RecursionError, ValueError, TypeError, AttributeError, LookupError) as error:
        raise wrong(error) from error  # JMESPathError is a ValueError; the others: parser's slips

    def ask(document: Any) -> Any:
        try:
            return compiled.search(document)
        except JMESPathTypeError:
            return None
        except JMESPathError as error:  # an unknown function, or one called wrongly
            raise wrong(error) from error
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
            return None  # some wrong types jmespath lets through to Python: contains('a', `1`)

    ask(trial)
    return ask


def is_true(answer: object) -> bool:
    """JMESPath's truth: false, null, and empty text, list or object are false; 0 is true."""
    return not (answer is None or answer is False or answer in ("", [], {}))


def read_pattern(text: str, option: str) -> re.Pattern[str]:
    """A regular expression; UsageError names `option` when it is none."""
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(f"{option} is not a regular expression: {error}") from error
