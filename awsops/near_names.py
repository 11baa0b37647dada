"""A name that does not exist, and the names like it that Tab knows: nothing is asked of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsops.choices import completers_of, kind_of, question_of
from awsops.completion.names import NameCache
from awsops.errors import AwsopsError, NotFoundError
from awsops.suggesting import did_you_mean

if TYPE_CHECKING:
    from awsops.binding import Invocation
    from awsops.env import Env


def with_near_names(error: AwsopsError, invocation: Invocation, env: Env) -> AwsopsError:
    """The error, its hint replaced by the nearest names where one that was given is unknown."""
    if not isinstance(error, NotFoundError) or "did you mean" in (error.hint or ""):
        return error
    near = _near(invocation, env)
    if not near:
        return error
    return NotFoundError(error.message, hint=near, code=error.code)


def _near(invocation: Invocation, env: Env) -> str | None:
    cache = NameCache(env.folders.cache, env.environ)
    for name, completer in completers_of(invocation.spec).items():
        given = invocation.params.get(name)
        kind = kind_of(invocation.noun, completer)
        question = question_of(kind, invocation.options) if kind is not None else None
        if question is None or not isinstance(given, str):
            continue
        known = [kept.value for kept in cache.read(question)]
        if known and given not in known:
            return did_you_mean(given, known)
    return None
