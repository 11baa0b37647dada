"""Shift Lambda aliases safely, and look after functions."""

from __future__ import annotations

from .alias_commands import rollback as rollback
from .alias_commands import status_ as status_
from .shift_command import shift as shift
