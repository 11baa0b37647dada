"""Commands from Python: the same plan, gate and journal, and rows in place of a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awsops.env import Env
    from awsops.kernel import Kernel
    from awsops.running.tasks import Outcome


@dataclass(frozen=True, slots=True)
class Said:
    """A note, or what failed in one target, as it came: `level` is info, warning or error."""

    target: str | None
    text: str
    level: str


def run_command(
    noun: str,
    verb: str,
    params: Mapping[str, object] | None = None,
    *,
    profile: str | Sequence[str] = (),
    region: str | Sequence[str] = (),
    role: str | None = None,
    endpoint_url: str | None = None,
    dry_run: bool = False,
    yes: bool = False,
    jobs: int | None = None,
    timeout: str | None = None,
    on_said: Callable[[Said], None] | None = None,
) -> Outcome:
    """Run `awsops NOUN VERB` over the targets that `profile`, `region` and `role` name.

    `params` are the command's own arguments and options by name (`raise_receive_count` or
    `raise-receive-count`), checked as its command line would; `timeout` is a duration as `90s`.
    The outcome has the rows as records, with profile, account and region where there are several
    targets; the errors of single targets; the plans; and the code that the process would exit with.

    Nobody is asked for anything: a command that changes something needs `yes` (or `dry_run`).
    Raises UsageError and the rest of the tree for what ends the run before or after its targets.
    """
    from awsops.command_line.options import CommonOptions
    from awsops.kernel import Kernel

    env = _silent_env()
    kernel = Kernel.for_env(env)
    options = CommonOptions(
        profile=_several(profile),
        region=_several(region),
        role=role,
        endpoint_url=endpoint_url,
        dry_run=dry_run,
        yes=yes,
        jobs=jobs,
        timeout=timeout,
        output="ndjson",
    )
    try:
        return _run(kernel, noun, verb, params or {}, options, on_said or _nothing)
    finally:
        kernel.close()


def _run(
    kernel: Kernel,
    noun: str,
    verb: str,
    params: Mapping[str, object],
    options: object,
    on_said: Callable[[Said], None],
) -> Outcome:
    from awsops.command_line.options import CommonOptions
    from awsops.recorder import Recorder
    from awsops.running.commands import Commands
    from awsops.running.tasks import Outcome

    assert isinstance(options, CommonOptions)
    commands = Commands(kernel)
    invocation = commands.bind(noun, verb, params, options)
    recorder = Recorder(kernel, invocation, lambda *said: on_said(Said(*said)))
    kernel.screen = recorder
    argv = [noun, verb, *(f"{name}={value}" for name, value in params.items())]
    code = commands.run(invocation, recorder, argv)
    recorder.close()
    return Outcome(recorder.rows, tuple(recorder.errors), code, tuple(recorder.planned))


def _several(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _nothing(said: Said) -> None:
    """What is said goes nowhere."""


def _silent_env() -> Env:
    """This process without its terminal: nothing is read, asked or written."""
    import io
    import os

    from awsops.env import Env, Folders, TerminalPrompter

    nowhere = io.StringIO()
    return Env(
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        environ=os.environ,
        stdin_tty=False,
        stdout_tty=False,
        stderr_tty=False,
        folders=Folders.from_environ(os.environ),
        prompter=TerminalPrompter(nowhere, nowhere),
    )
