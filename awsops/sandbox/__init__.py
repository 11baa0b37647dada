"""The embedded AWS: three seeded accounts in one local process, strict where AWS is strict.

Importing this package costs nothing: moto, werkzeug and botocore are loaded by the server
process alone (`awsops.sandbox.server`), never by the process that starts it.
"""

from awsops.sandbox.lifecycle import (
    SandboxError,
    SandboxInfo,
    SandboxStartError,
    SandboxUnavailableError,
    environment,
    environment_to_unset,
    find,
    start,
    status,
    stop,
)

__all__ = [
    "SandboxError",
    "SandboxInfo",
    "SandboxStartError",
    "SandboxUnavailableError",
    "environment",
    "environment_to_unset",
    "find",
    "start",
    "status",
    "stop",
]
