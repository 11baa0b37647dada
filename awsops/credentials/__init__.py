"""Whose keys sign: where each target's credentials come from, and where they are kept."""
