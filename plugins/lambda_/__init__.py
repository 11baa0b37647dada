"""Shift Lambda aliases safely, and look after functions."""

from __future__ import annotations

from .shift_command import shift as shift
