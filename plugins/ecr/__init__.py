"""Log in to ECR everywhere, push images once and know that they are there."""

from __future__ import annotations

from .login_commands import login as login
from .login_commands import token as token
