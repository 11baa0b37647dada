"""A required argument that is missing, on a terminal: its values are listed and one is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from awsops.choices import ask_choices, completers_of, kind_of, question_of
from awsops.errors import AwsopsError, UsageError, from_exception

if TYPE_CHECKING:
    from awsops.kernel import Kernel
    from awsops.options import CommonOptions
    from awsops.plugin import Choice, CommandSpec

# A list that nobody can look through is no help; typing narrows it down.
MOST_SHOWN = 1_000
# As many arguments as a command may miss: parsed as if given, to learn the common options.
_MOST_MISSING = 4
_PLACEHOLDER = "x"


def pick_missing(
    kernel: Kernel,
    noun: str,
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
    options = _common_options(parse, set(completers))
    if options is None:
        return None
    label = str(error.param.metavar or error.param.name.upper())
    stderr = kernel.env.stderr
    waiting = f"listing what {label} may be ..."
    stderr.write(waiting)
    stderr.flush()
    try:
        choices = _listed(kernel, noun, spec, completer, options)
    finally:
        stderr.write("\r" + " " * len(waiting) + "\r")
        stderr.flush()
    if not choices:
        where = ", ".join(t.label for t in kernel.targets(options)[:3])
        raise UsageError(f"the argument {label} is missing, and there is none in {where}")
    shown = choices[:MOST_SHOWN]
    more = f" (the first {MOST_SHOWN} of {len(choices)})" if len(choices) > MOST_SHOWN else ""
    help_text = str(error.param.help or "").rstrip(".")
    return kernel.env.prompter.select(
        f"{label}: {help_text}{more}", [c.value for c in shown], [c.detail for c in shown]
    )


def _listed(
    kernel: Kernel, noun: str, spec: CommandSpec, completer: Any, options: CommonOptions
) -> list[Choice]:
    try:
        found = {c.value: c for c in ask_choices(kernel, noun, spec, completer, options)}
    except Exception as error:
        known = from_exception(error)
        if known is None:
            raise
        raise known from None
    _remember(kernel, kind_of(noun, completer), options, list(found.values()))
    return list(found.values())


def _remember(
    kernel: Kernel, kind: str | None, options: CommonOptions, choices: Sequence[Choice]
) -> None:
    """Tab knows them from now on."""
    from awsops.completion.names import Name, NameCache

    question = question_of(kind, options) if kind is not None else None
    if question is not None:
        cache = NameCache(kernel.env.folders.cache, kernel.env.environ)
        try:
            cache.write(question, [Name(c.value, c.detail) for c in choices])
        except OSError:
            return  # a cache is not worth an error


def _common_options(
    parse: Callable[[Sequence[str]], Any], choosable: set[str]
) -> CommonOptions | None:
    """What else stands on the line; None where an argument is missing that nobody can choose."""
    from awsops.binding import Invocation

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
        return parsed.options if isinstance(parsed, Invocation) else None
    return None
