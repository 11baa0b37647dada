"""The question after Ctrl-C, which does not wait for ever."""

from __future__ import annotations

import threading

from awsops.active import take_to_tidy
from awsops.env import Env

ANSWER_SECONDS = 10.0
TIDY_SECONDS = ANSWER_SECONDS + 5.0  # the question, then the call that takes the alias back


def allow_question(env: Env) -> None:
    """Ask the kernel for the time that the question takes; without a terminal there is none."""
    if env.interactive:
        take_to_tidy(TIDY_SECONDS)


class Question:
    """Asked once for all aliases of a run: they are interrupted together."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._lock = threading.Lock()
        self._answer: bool | None = None

    def yes(self, text: str) -> bool:
        """The answer to the first one's question."""
        with self._lock:
            if self._answer is None:
                self._answer = answers_yes(self._env, text)
            return self._answer


def answers_yes(env: Env, question: str, *, silence: bool = True) -> bool:
    """Whether the person says yes; `silence` is what no answer within ten seconds means, or
    nobody to ask, or an answer that is neither yes nor no."""
    if not env.interactive:
        return silence
    try:
        number = env.stdin.fileno()
    except (OSError, ValueError):
        return env.prompter.confirm(question)  # no terminal of an operating system: a test's
    import select

    ready, _, _ = select.select([number], [], [], ANSWER_SECONDS)
    if not ready:
        return silence
    said = env.stdin.readline().strip().lower()
    return said in ("y", "yes") if said in ("y", "yes", "n", "no") else silence
