"""Addresses that a page leads to, told below it: among its words, and in the cells of its tables,
they would be folded or cut."""

from __future__ import annotations

import re

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((https?://[^)]+)\)")


def numbered(text: str) -> tuple[str, list[str]]:
    """The Markdown with a number behind each link's words, and the addresses in that order."""
    addresses: list[str] = []

    def number(found: re.Match[str]) -> str:
        words, address = found.groups()
        if address not in addresses:
            addresses.append(address)
        return f"{words} \\[{addresses.index(address) + 1}]"

    return _LINK.sub(number, text), addresses
