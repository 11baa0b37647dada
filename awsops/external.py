"""`awsops-<noun>` on PATH: run with the target's credentials, its exit code passed through."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from awsops.command_line.options import COMMON_OPTIONS, CommonOptions
from awsops.errors import AwsopsError, UsageError
from awsops.interrupts import left_to_another
from awsops.targets import no_credentials

if TYPE_CHECKING:
    from awsops.command_line.words import Words
    from awsops.kernel import Kernel
    from awsops.sources import Found


def run_external(kernel: Kernel, found: Found, words: Words) -> int:
    """Run an executable plugin on one target.

    Options before the noun are ours (`awsops -p prod mynoun ...`), what follows is its own,
    untouched. Without any, it runs with the environment as it is.
    """
    environ = dict(kernel.env.environ)
    if words.before:
        environ = _with_credentials(kernel, words.before, environ)
    try:
        with left_to_another():
            completed = subprocess.run([found.origin, *words.raw], env=environ, check=False)
    except OSError as error:
        raise AwsopsError(f"{found.origin} cannot be run: {error.strerror}") from None
    code = completed.returncode
    return 128 - code if code < 0 else code


def _with_credentials(kernel: Kernel, before: list[str], environ: dict[str, str]) -> dict[str, str]:
    options = _parse(before)
    kernel.connect(options)
    targets = kernel.targets(options)
    if len(targets) != 1:
        raise UsageError(
            f"an external command runs on one target, {len(targets)} were named",
            hint="name one profile and one region",
        )
    target = targets[0]
    found = kernel.sessions().credentials(target)
    if found is None:
        raise no_credentials(target, kernel.sessions().profiles())
    frozen = found.get_frozen_credentials()
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        environ.pop(name, None)
    environ["AWS_ACCESS_KEY_ID"] = frozen.access_key
    environ["AWS_SECRET_ACCESS_KEY"] = frozen.secret_key
    if frozen.token:
        environ["AWS_SESSION_TOKEN"] = frozen.token
    if target.region:
        environ["AWS_REGION"] = environ["AWS_DEFAULT_REGION"] = target.region
    if options.endpoint_url:
        environ["AWS_ENDPOINT_URL"] = options.endpoint_url
    return environ


def _parse(before: list[str]) -> CommonOptions:
    """The target options among the words before the noun."""
    flags = {f: o for o in COMMON_OPTIONS for f in o.flags if o.group == "targets"}
    values: dict[str, Any] = {}
    words = iter(before)
    for word in words:
        flag, equals, value = word.partition("=")
        if not equals and not word.startswith("--") and len(word) > 2:
            flag, value, equals = word[:2], word[2:], "="
        if flag not in flags:
            raise UsageError(f"{flag} does not apply to an external command")
        option = flags[flag]
        if option.type is bool:
            values[option.name] = True
            continue
        text = value if equals else next(words, "")
        if option.many:
            values[option.name] = (*values.get(option.name, ()), text)
        else:
            values[option.name] = option.type(text)
    return CommonOptions(**values)
