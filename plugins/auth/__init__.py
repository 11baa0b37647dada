"""Get sessions with MFA and roles, and hand them to other programs."""

from .exec_command import exec_
from .export_command import export, process
from .login import login
from .sessions import devices, logout, status

__all__ = ["devices", "exec_", "export", "login", "logout", "process", "status"]
