"""Get sessions with MFA and roles, and hand them to other programs."""

from .assume_command import assume_
from .console_command import console
from .exec_command import exec_
from .export_command import export, process
from .login import login
from .sessions import devices, logout, status

__all__ = [
    "assume_",
    "console",
    "devices",
    "exec_",
    "export",
    "login",
    "logout",
    "process",
    "status",
]
