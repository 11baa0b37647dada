"""A page of the manual as a man page: Markdown as docs/ uses it, written in the man macros."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from awsops.manual.links import numbered

_INLINE = re.compile(
    r"`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\([^)]+\)|(?<!\w)\*([^*\s][^*]*)\*(?!\w)"
)
_RULE = re.compile(r"\|[\s:|-]+\|?\Z")
_ITEM = re.compile(r"(?:[-*]|\d+\.) (.*)")
# A cell's own bars are written \| in Markdown.
_CELL = re.compile(r"(?<!\\)\|")
_SEE_ALSO = (".BR awsops (1),", ".BR awsops\\-output (7),", ".BR awsops\\-exit\\-codes (7)")


def man_page(
    name: str,
    about: str,
    version: str,
    help_text: str,
    verbs: Iterable[tuple[str, str]],
    guide: str,
    section: int = 1,
) -> str:
    """The whole page `name`(`section`); `help_text` and `guide` (Markdown) may be empty."""
    lines = [
        f'.TH {name.upper()} {section} "" "awsops {version}" "awsops"',
        *(".nh", ".ad l"),  # a name that is copied has no hyphen in it
        ".SH NAME",
        f"{_text(name)} \\- {_text(about.rstrip('.'))}",
    ]
    if help_text:
        lines += [".SH SYNOPSIS", *_literal(help_text)]
    first = True
    for verb, text in verbs:
        if first:
            lines.append(".SH COMMANDS")
            first = False
        lines += [f".SS {_text(verb)}", *_literal(text)]
    if guide:
        plain, addresses = numbered(guide)
        lines += [".SH DESCRIPTION", *_blocks(plain.split("\n"))]
        if addresses:
            told = [f"[{place}] {address}" for place, address in enumerate(addresses, 1)]
            lines += [".SH LINKS", *_literal("\n".join(told))]
    lines += [".SH SEE ALSO", *_SEE_ALSO]
    return "\n".join(_tidy(lines)) + "\n"


def _tidy(lines: list[str]) -> Iterator[str]:
    """Without paragraphs that begin where a section does, and sections with nothing in them."""
    for number, line in enumerate(lines):
        before = lines[number - 1] if number else ""
        after = lines[number + 1] if number + 1 < len(lines) else ".SH"
        if line == ".PP" and before.startswith((".SH ", ".SS ")):
            continue
        if line.startswith(".SH ") and after.startswith(".SH "):
            continue
        yield line


def _blocks(lines: list[str]) -> Iterator[str]:
    """Markdown's blocks, one after another."""
    left = iter(_joined(lines))
    for kind, text in left:
        if kind == "heading":
            level, _, title = text.partition(" ")
            yield f".SH {_text(title.upper())}" if level != "###" else f".SS {_text(title)}"
        elif kind == "code":
            yield from _literal(text)
        elif kind == "item":
            yield ".IP \\(bu 2"
            yield _inline(text)
        elif kind == "row":
            first, *rest = _cells(text)
            yield ".TP"
            yield _inline(first) or "\\&"
            yield _inline(". ".join(cell for cell in rest if cell)) or "\\&"
        else:
            yield ".PP"
            yield _inline(text)


def _joined(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Blocks as kind and text, their lines joined; the page's own title is left out."""
    paragraph: list[str] = []
    kind = "text"
    for begins, text in _lines(lines):
        if begins == "" and text.strip():
            paragraph.append(text.strip())
            continue
        if paragraph:
            yield kind, " ".join(paragraph)
        paragraph, kind = [], "text"
        if begins == "item":
            kind, paragraph = "item", [text]
        elif begins:
            yield begins, text
    if paragraph:
        yield kind, " ".join(paragraph)


def _lines(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Each line with the kind of block that it begins, "" where it goes on; code as one."""
    code: list[str] | None = None
    heads: list[str] = []
    for number, line in enumerate(lines):
        if line.startswith("```"):
            if code is not None:
                yield "code", "\n".join(code)
            code = [] if code is None else None
        elif code is not None:
            code.append(line)
        elif line.startswith("|"):
            below = lines[number + 1] if number + 1 < len(lines) else ""
            if _RULE.match(below):
                heads = _cells(line.strip().strip("|"))
            is_head = _RULE.match(line) or _RULE.match(below)
            yield ("", "") if is_head else ("row", _with_heads(line.strip().strip("|"), heads))
        elif line.startswith("#"):
            yield ("", "") if line.startswith("# ") else ("heading", line)
        elif (item := _ITEM.match(line)) is not None:
            yield "item", item[1]
        else:
            yield "", line


def _cells(row: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in _CELL.split(row)]


def _with_heads(row: str, heads: list[str]) -> str:
    """A row of more than two columns with the name of each before its cell: a list has no heads."""
    first, *rest = _CELL.split(row)
    if len(rest) < 2 or len(heads) != len(rest) + 1:
        return row
    named = zip(heads[1:], rest, strict=True)
    told = [f"{head}: {cell.strip()}" if head else cell for head, cell in named if cell.strip()]
    return "|".join([first, *told])


def _literal(text: str) -> list[str]:
    lines = [_text(line) or "\\&" for line in text.rstrip("\n").split("\n")]
    return [".PP", ".nf", *lines, ".fi"]


def _inline(text: str) -> str:
    """A line with its bold and emphasised parts; roff fills it."""
    parts: list[str] = []
    end = 0
    for match in _INLINE.finditer(text):
        parts.append(_plain(text[end : match.start()].replace("\\[", "[")))
        code, bold, link, emphasis = match.groups()
        if code or bold:
            parts.append(f"\\fB{_plain(code or bold)}\\fR")
        elif link:
            parts.append(_inline(link))
        else:
            parts.append(f"\\fI{_plain(emphasis)}\\fR")
        end = match.end()
    parts.append(_plain(text[end:].replace("\\[", "[")))
    whole = "".join(parts)
    return f"\\&{whole}" if whole.startswith((".", "'")) else whole


def _text(line: str) -> str:
    shown = _plain(line)
    return f"\\&{shown}" if shown.startswith((".", "'")) else shown


def _plain(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    # Not every formatter reads UTF-8 by itself.
    ascii_only = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in escaped)
    return (
        ascii_only.replace("`", "\\(ga")
        .replace("'", "\\(aq")
        .replace("^", "\\(ha")
        .replace("~", "\\(ti")
    )
