"""The process behind a press of Tab: asks AWS for names and leaves them in the cache.

It has no terminal: nobody is asked for an MFA code, and what goes wrong is said to nobody.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from awsops.asked_choices import ask_choices
from awsops.choices import find_completer
from awsops.command_line.options import CommonOptions
from awsops.completion.names import LOCK_SECONDS, Name, NameCache
from awsops.completion.question import Question
from awsops.completion.typed_line import Kind, read_question
from awsops.env import Env
from awsops.kernel import Kernel

FORGET_SECONDS = 30 * 86_400.0


def refresh(argv: Sequence[str]) -> int:
    """Carry out `__refresh-names KIND OPTIONS -- NAME=VALUE...`; 0 when the names were written."""
    kind, *options = argv
    end = options.index("--") if "--" in options else len(options)
    question = read_question(Kind(kind), options[:end])
    if question is None:
        return 2
    pairs = (pair.partition("=") for pair in options[end + 1 :])
    question = question._replace(scope=tuple((name, value) for name, _, value in pairs))
    # A call that hangs must not leave a process behind.
    guard = threading.Timer(LOCK_SECONDS, os._exit, (1,))
    guard.daemon = True
    guard.start()
    env = Env.from_process()
    try:
        refresh_names(env, question)
    except BaseException:  # whatever a plugin does: its lock keeps others from trying at once
        return 1
    finally:
        guard.cancel()
    return 0


def refresh_names(env: Env, question: Question) -> None:
    """Ask for the names and write them; raises what asking raises."""
    cache = NameCache(env.folders.cache, env.environ)
    noun, _, name = question.kind.partition(":")
    kernel = Kernel.for_env(env)
    try:
        found = find_completer(kernel.sources.commands(noun), name)
        if found is None:
            return
        spec, completer = found
        options = CommonOptions(
            profile=question.profile,
            region=question.region,
            role=question.role,
            endpoint_url=question.endpoint_url,
        )
        choices = ask_choices(kernel, noun, spec, completer, options, question.scope)
        cache.write(question, (Name(choice.value, choice.detail) for choice in choices))
    finally:
        kernel.close()
    cache.unlock(question)
    _forget(cache.folder)


def _forget(folder: Path) -> None:
    """Remove what nobody has asked for in a month."""
    for path in folder.iterdir():
        try:
            if time.time() - path.stat().st_mtime > FORGET_SECONDS:
                path.unlink()
        except OSError:
            continue
