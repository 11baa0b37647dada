"""The question after Ctrl-C, which does not wait for ever."""

from __future__ import annotations

from awsops.active import take_to_tidy
from awsops.env import Env

ANSWER_SECONDS = 10.0
TIDY_SECONDS = ANSWER_SECONDS + 5.0  # the question, then the call that takes the alias back


def allow_question(env: Env) -> None:
    """Ask the kernel for the time that the question takes; without a terminal there is none."""
    if env.interactive:
        take_to_tidy(TIDY_SECONDS)


def answers_yes(env: Env, question: str) -> bool:
    """Whether the person says yes, or nothing within ten seconds, or cannot be asked."""
    if not env.interactive:
        return True
    try:
        number = env.stdin.fileno()
    except (OSError, ValueError):
        return env.prompter.confirm(question)  # no terminal of an operating system: a test's
    import select

    ready, _, _ = select.select([number], [], [], ANSWER_SECONDS)
    if not ready:
        return True
    return env.stdin.readline().strip().lower() not in ("n", "no")
