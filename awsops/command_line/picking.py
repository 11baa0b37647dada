"""A required argument that is missing, on a terminal: its values are listed and one is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from awsops.asked_choices import ask_choices
from awsops.botocore_errors import from_exception
from awsops.choices import (
    Scope,
    completers_of,
    is_beginning,
    kind_of,
    question_of,
    scope_of,
    takes_host,
    wanted_by,
)
from awsops.completion.question import STEM
from awsops.errors import AwsopsError, UsageError

if TYPE_CHECKING:
    from awsops.command_line.binding import Invocation
    from awsops.kernel import Kernel
    from awsops.plugin import Choice, CommandSpec, Completer

# Typing narrows a list down; with more than these a key takes longer than a blink.
MOST_SHOWN = 10_000
# As many arguments as a command may miss: parsed as if given, to learn the common options.
_MOST_MISSING = 4
_PLACEHOLDER = "(missing)"


def pick_missing(
    kernel: Kernel,
    specs: Mapping[str, CommandSpec],
    error: Any,
    parse: Callable[[Sequence[str]], Any],
) -> str | None:
    """The value that a person chose for the argument that Typer misses.

    None where there is nothing to choose from, or nobody to choose: without a terminal the missing
    argument stays an error. `parse` takes the words that the person left out. AwsopsError when the
    values cannot be listed.
    """
    if type(error).__name__ != "MissingParameter" or not kernel.env.interactive:
        return None
    if kernel.env.environ.get("TERM") == "dumb":  # a list to move about in needs a cursor
        return None
    spec = specs.get(str(getattr(error.ctx.command, "name", "")))
    completers = completers_of(spec) if spec is not None else {}
    completer = completers.get(error.param.name)
    if spec is None or completer is None:
        return None
    invocation = _as_if_given(parse, set(completers))
    if invocation is None:
        return None
    given = {n: v for n, v in invocation.params.items() if v not in (_PLACEHOLDER, [_PLACEHOLDER])}
    scope = scope_of(completer, given)
    if scope is None:
        return None
    return _Picking(kernel, invocation, completer, error.param).pick(scope)


@dataclass(frozen=True)
class _Picking:
    """One argument's values, listed and shown until one is chosen."""

    kernel: Kernel
    invocation: Invocation
    completer: Completer
    param: Any

    @property
    def label(self) -> str:
        return str(self.param.metavar or self.param.name.upper())

    def pick(self, scope: Scope) -> str | None:
        """A whole value: where a beginning is chosen, what may follow it is listed.

        None where this machine knows no value: another may be right all the same.
        """
        choices = self._listed(scope)
        if not choices and takes_host(self.completer):
            return None
        value = self._select(choices, scope)
        while is_beginning(value) and STEM in wanted_by(self.completer):
            narrower = [*scope, (STEM, value)]
            value = self._select(self._listed(narrower), narrower)
        return value

    def _select(self, choices: Sequence[Choice], scope: Scope) -> str:
        if not choices:
            whose = f" of {scope[-1][1].rstrip(':=')}" if scope else ""
            targets = self.kernel.targets(self.invocation.options)
            where = ", ".join(target.label for target in targets[:3])
            none = f"there is none{whose} in {where}"
            raise UsageError(f"the argument {self.label} is missing, and {none}")
        shown = choices[:MOST_SHOWN]
        more = f" (the first {MOST_SHOWN} of {len(choices)})" if len(choices) > MOST_SHOWN else ""
        help_text = str(self.param.help or "").rstrip(".")
        return self.kernel.env.prompter.select(
            f"{self.label}: {help_text}{more}",
            [c.value for c in shown],
            [c.detail for c in shown],
        )

    def _listed(self, scope: Scope) -> list[Choice]:
        stderr = self.kernel.env.stderr
        waiting = f"listing what {self.label} may be ..."
        stderr.write(waiting)
        stderr.flush()
        noun, spec, options = self.invocation.noun, self.invocation.spec, self.invocation.options
        try:
            asked = ask_choices(self.kernel, noun, spec, self.completer, options, scope)
            found = {choice.value: choice for choice in asked}
        except Exception as error:
            known = from_exception(error)
            if known is None:
                raise
            raise known from None
        finally:
            stderr.write("\r" + " " * len(waiting) + "\r")
            stderr.flush()
        self._remember(list(found.values()), scope)
        return list(found.values())

    def _remember(self, choices: Sequence[Choice], scope: Scope) -> None:
        """Tab knows them from now on."""
        from awsops.completion.names import Name, NameCache

        kind = kind_of(self.invocation.noun, self.completer)
        question = question_of(kind, self.invocation.options, scope) if kind is not None else None
        if question is not None:
            cache = NameCache(self.kernel.env.folders.cache, self.kernel.env.environ)
            try:
                cache.write(question, [Name(c.value, c.detail) for c in choices])
            except OSError:
                return  # a cache is not worth an error


def _as_if_given(parse: Callable[[Sequence[str]], Any], choosable: set[str]) -> Invocation | None:
    """The line with placeholders for what is missing; None where an argument is missing that
    nobody can choose.
    """
    from awsops.command_line.binding import Invocation

    for count in range(1, _MOST_MISSING + 1):
        try:
            parsed = parse([_PLACEHOLDER] * count)
        except AwsopsError:
            return None
        except Exception as error:
            missing = getattr(error, "param", None)
            if type(error).__name__ != "MissingParameter" or missing is None:
                return None
            if missing.name not in choosable:
                return None
            continue
        return parsed if isinstance(parsed, Invocation) else None
    return None
