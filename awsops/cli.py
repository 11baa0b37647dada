"""`main(argv, env) -> int`: finds the noun, runs its command, and turns errors into exit codes.

The only place where an error becomes an exit code. Importing this module imports almost nothing:
`awsops --version` must not wait for Typer, nor `--help` for a plugin.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from awsops.command_line.binding import Invocation
    from awsops.command_line.words import Words
    from awsops.env import Env
    from awsops.errors import AwsopsError
    from awsops.kernel import Kernel
    from awsops.plugin import CommandSpec


# What helps somebody whose config.toml is broken must not fail because of it.
_FOR_TROUBLE = ("config", "doctor", "help")


def main(argv: Sequence[str] | None = None, env: Env | None = None) -> int:
    """Run one command line and return the exit code; never raises, never calls sys.exit."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] in (["--version"], ["-V"]):
        return _version(env)
    if argv[:1] in (["__names"], ["__refresh-names"]):
        return _names(argv)
    from awsops.env import Env
    from awsops.errors import AwsopsError, CancelledError, ExitCode

    env = env or Env.from_process()
    from awsops.kernel import Kernel

    kernel = Kernel.for_env(env)
    try:
        code = int(_dispatch(kernel, argv))
    except AwsopsError as error:
        return _report(kernel, argv, error)
    except (KeyboardInterrupt, EOFError):
        return _report(kernel, argv, CancelledError("stopped by Ctrl-C"))
    except BrokenPipeError:
        _silence(env)
        return int(ExitCode.OK)
    except OSError as error:
        return _report(kernel, argv, AwsopsError(f"{error.filename or 'output'}: {error.strerror}"))
    except BaseException as error:  # SystemExit too: no plugin ends the process
        from awsops.botocore_errors import from_exception
        from awsops.crash import record_crash

        known = from_exception(error) or record_crash(env, error, kernel.secrets())
        return _report(kernel, argv, known)
    finally:
        kernel.close()
    return code if kernel.handover is None else env.become(kernel.handover)


def entry_point() -> None:
    """The console script. Leaves without the interpreter's teardown, which costs 20 ms and would
    wait for threads whose calls have been given up.
    """
    import gc

    # The millions of small objects of botocore's models are not garbage: looking through them at
    # every 700 new ones costs a tenth of a short run.
    gc.set_threshold(50_000, 20, 100)
    leave(main())


def leave(code: int) -> NoReturn:
    """End the process, with all that was written."""
    import os

    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)


def _version(env: Env | None) -> int:
    from awsops import __version__

    stream = sys.stdout if env is None else env.stdout
    stream.write(f"awsops {__version__}\n")
    return 0


def _names(argv: list[str]) -> int:
    """What completion scripts ask for while somebody waits, and what then asks AWS."""
    if argv[0] == "__names":
        from awsops.completion.names import main

        return main(argv[1:])
    from awsops.completion.refreshing import refresh

    return refresh(argv[1:])


def _dispatch(kernel: Kernel, argv: list[str]) -> int:
    from awsops.command_line.words import join_verb, normalize

    words = normalize(argv)
    if words.noun is None:
        from awsops.command_line.overview import show_overview

        return show_overview(kernel, words)
    found = kernel.sources.find(words.noun)
    if found is not None and found.kind == "executable":
        from awsops.external import run_external

        return run_external(kernel, found, words)
    from awsops.command_line.binding import Invocation, build_noun, build_verb

    if words.noun in _FOR_TROUBLE:
        kernel.forgive_config()

    specs = kernel.sources.commands(words.noun)
    if list(specs) == [words.noun]:  # its own only verb: `awsops doctor`
        group, args = build_verb(words.noun, specs[words.noun]), [*words.before, *words.raw]
    else:
        group = build_noun(words.noun, found.help if found else "", specs)
        args = join_verb(words.rest, specs) or ["--help"]
    result, picked = _parse(kernel, group, specs, words, args)
    if not isinstance(result, Invocation):
        return int(result or 0)
    return _run(kernel, result, [*argv, *picked])


def _parse(
    kernel: Kernel, group: Any, specs: Mapping[str, CommandSpec], words: Words, args: list[str]
) -> tuple[Any, list[str]]:
    """Let Typer parse, and ask for what is missing; its help goes to this run's streams.

    Also the words that a person chose from a list in place of typing them.
    """
    import contextlib

    from typer.exceptions import Abort, TyperException

    from awsops.errors import CancelledError

    env = kernel.env
    picked: list[str] = []

    def parse(more: Sequence[str]) -> Any:
        with contextlib.redirect_stdout(env.stdout), contextlib.redirect_stderr(env.stderr):
            return group.main(
                args=[*args, *picked, *more],
                prog_name=f"awsops {words.noun}",
                standalone_mode=False,
                terminal_width=min(env.width(), 100),
            )

    while True:
        try:
            return parse(()), picked
        except Abort:
            raise CancelledError("stopped by Ctrl-C") from None
        except TyperException as error:
            from awsops.command_line.picking import pick_missing
            from awsops.command_line.refused_words import refused

            value = pick_missing(kernel, specs, error, parse)
            if value is None:
                raise refused(error, words.title) from None
            picked.append(value)


def _run(kernel: Kernel, invocation: object, argv: list[str]) -> int:
    from awsops.blame import prints_told
    from awsops.command_line.binding import Invocation
    from awsops.command_line.improving import improver
    from awsops.running.commands import Commands
    from awsops.screen import Screen

    assert isinstance(invocation, Invocation)
    _check_fields(invocation)

    # What a change came to is not to wait behind a pager for somebody who has gone.
    kernel.env.paging = kernel.env.paging and not invocation.spec.mutates
    screen = Screen(
        kernel.env,
        kernel.config.defaults,
        lambda: kernel.journal,
        invocation.title,
        invocation.options,
        reveal=invocation.spec.exports_secrets,
        improve=improver(invocation, kernel),
        merge_by=invocation.spec.merge_by,
        document=invocation.spec.is_document(invocation.params),
    )
    kernel.screen = screen
    with prints_told(invocation, screen.note):
        code = Commands(kernel).run(invocation, screen, argv)
    try:
        screen.close()
        if not code:
            screen.say_if_nothing()
    except BrokenPipeError:
        _silence(kernel.env)  # nobody reads on: what the run came to stays as it is
    kernel.screen = None
    kernel.handover = screen.handover if not code else None
    return int(code)


def _check_fields(invocation: Invocation) -> None:
    """Refuse a mistyped --fields before anything runs, where the command says what it yields."""
    options = invocation.options
    if not options.fields or options.query or options.dry_run:
        return
    from awsops.output.selection import check_fields, declared_fields

    known = declared_fields(invocation.spec.function)
    if known:
        check_fields(options.field_names, known)


def _report(kernel: Kernel, argv: Sequence[str], error: AwsopsError) -> int:
    """One line and a hint on stderr, an error record in the json formats, and the exit code."""
    from awsops.errors import AwsopsError

    screen = kernel.screen
    try:
        if screen is not None:
            screen.error(None, error)
            screen.close()
        else:
            from awsops.command_line.early_errors import report_early

            report_early(kernel, argv, error)
    except (OSError, ValueError):
        _silence(kernel.env)
    except AwsopsError:
        pass  # a second error while the first is shown: --query or --fields do not suit the rows
    return int(error.exit_code)


def _silence(env: Env) -> None:
    """The reader of stdout has gone: write nowhere, so that no flush at exit complains."""
    import contextlib
    import os

    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, env.stdout.fileno())
        os.close(null)
