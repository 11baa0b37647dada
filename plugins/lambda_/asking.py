"""The question after Ctrl-C, which does not wait for ever."""

from __future__ import annotations

import threading

from awsops.active import take_to_tidy
from awsops.api import Aws
from awsops.env import Env

ANSWER_SECONDS = 10.0
TIDY_SECONDS = ANSWER_SECONDS + 5.0  # the question, then the call that takes the alias back


def allow_question(env: Env) -> None:
    """Ask the kernel for the time that the question takes; without a terminal there is none."""
    if env.interactive:
        take_to_tidy(TIDY_SECONDS)


def question_of(aws: Aws, *, silence: bool) -> Question:
    """The one that is asked for all aliases and targets of this run."""
    return aws.shared(("lambda", "question", aws.run_id), lambda: Question(aws.env, silence))


class Question:
    """Asked once for all that a run shifts: it is interrupted together. Safe to share.

    `silence` is what no answer within ten seconds means, or nobody to ask, or an answer that is
    neither yes nor no.
    """

    def __init__(self, env: Env, silence: bool) -> None:
        self._env = env
        self._silence = silence
        self._lock = threading.Lock()
        self._answer: bool | None = None

    def yes(self, text: str) -> bool:
        """The answer to the first one's question."""
        with self._lock:
            if self._answer is None:
                self._answer = self._ask(text)
            return self._answer

    def _ask(self, text: str) -> bool:
        if not self._env.interactive:
            return self._silence
        prompter = self._env.prompter
        return prompter.confirm(text, within=ANSWER_SECONDS, silence=self._silence)
