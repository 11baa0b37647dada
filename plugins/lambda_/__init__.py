"""Shift Lambda aliases safely, and look after functions."""

from __future__ import annotations

from .alias_commands import rollback as rollback
from .alias_commands import status_ as status_
from .function_commands import aliases as aliases
from .function_commands import config as config
from .function_commands import invoke as invoke
from .function_commands import ls as ls
from .function_commands import prune as prune
from .function_commands import publish as publish
from .function_commands import revoke as revoke
from .function_commands import start as start
from .function_commands import stop as stop
from .function_commands import trigger as trigger
from .function_commands import triggers_ as triggers_
from .function_commands import versions as versions
from .shift_command import shift as shift
