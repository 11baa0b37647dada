"""A name that does not exist, and the names like it that Tab knows: nothing is asked of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsops.choices import (
    completers_of,
    is_beginning,
    kind_of,
    question_of,
    scope_of,
    wanted_by,
)
from awsops.completion.names import NameCache
from awsops.completion.question import STEM
from awsops.completion.typed_line import stem_of
from awsops.errors import AwsopsError, NotFoundError
from awsops.suggesting import did_you_mean

if TYPE_CHECKING:
    from awsops.command_line.binding import Invocation
    from awsops.env import Env
    from awsops.plugin import Completer


def with_near_names(error: AwsopsError, invocation: Invocation, env: Env) -> AwsopsError:
    """The error, its hint replaced by the nearest names where one that was given is unknown."""
    if not isinstance(error, NotFoundError) or "did you mean" in (error.hint or ""):
        return error
    near = _near(invocation, env)
    if not near:
        return error
    return error.reworded(hint=near)


def _near(invocation: Invocation, env: Env) -> str | None:
    cache = NameCache(env.folders.cache, env.environ)
    for name, completer in completers_of(invocation.spec).items():
        given = invocation.params.get(name)
        if not isinstance(given, str):
            continue
        known = _known(cache, completer, invocation, given)
        if known and given not in known:
            return did_you_mean(given, known)
    return None


def _known(cache: NameCache, completer: Completer, invocation: Invocation, given: str) -> list[str]:
    kind, scope = kind_of(invocation.noun, completer), scope_of(completer, invocation.params)
    if kind is None or scope is None:
        return []
    question = question_of(kind, invocation.options, scope)
    if question is None:
        return []
    names = cache.read(question)
    if STEM in wanted_by(completer):
        names += cache.read(question._replace(scope=(*scope, (STEM, stem_of(given)))))
    return [name.value for name in names if not is_beginning(name.value)]
