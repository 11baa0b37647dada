"""How the errors of a command are told, be it typed or a step of a recipe: one code for both.

What hints need is imported once there is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awsops.command_line.binding import Invocation
    from awsops.errors import AwsopsError
    from awsops.kernel import Kernel
    from awsops.running.tasks import Improve
    from awsops.targets import Target


def improver(invocation: Invocation, kernel: Kernel) -> Improve:
    """What gives the errors of a command the option that is meant and what to type next."""

    def improve(error: AwsopsError, target: Target | None) -> AwsopsError:
        from awsops.command_line.hints import with_hint

        return with_hint(error, invocation, kernel, target)

    return improve
