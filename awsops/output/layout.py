"""How rows of one shape are laid out for a person, at any width.

The first of these that fits is taken:

1. one line a row, headers broken at their underscores if need be;
2. the same, with one column of prose wrapped in place, other prose in full below its row;
3. the same, the few cells that are too long for their column (a path among numbers) below the row;
4. one line a row for the short columns, the long ones (URLs, ARNs, messages) in full below it;
5. the same for the rows of each target, under a heading that names the target;
6. one line a row for most columns, up to three of the widest below it;
7. every row as a block of `name  value` lines.

Nothing is ever cut: what a person must copy is there, on one line where that is possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from awsops.output.cells import cell_width, human_cell, pad, visible, visible_lines, wrap
from awsops.output.columns import TARGET_COLUMNS

GAP = "  "
INDENT = "    "

# Narrower than this a wrapped column reads worse than the same text below its row.
NARROWEST_PROSE = 30
# Columns up to this stay in their row: moving them below would win little. A time has 20 cells.
NARROWEST_SPILL = 19
MOST_SPILLED = 3
FEWEST_KEPT = 2

Record = Mapping[str, object]
Paint = Callable[[str, str], str]
"""Takes a text as laid out and its role (`header`, `label`, or `cell`): the text with colours."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `wide` is the width of its widest cell, in terminal cells."""

    name: str
    cells: tuple[str, ...]
    numeric: bool
    wide: int

    @property
    def header(self) -> str:
        return visible(self.name).upper()

    def narrowest(self) -> int:
        """The width at which no cell is wrapped and the header only at its underscores."""
        return max(self.wide, *map(cell_width, _words(self.header)))

    def ideal(self) -> int:
        return max(self.wide, cell_width(self.header))

    def longest_word(self) -> int:
        return max(cell_width(word) for cell in self.cells for word in cell.split(" "))

    def is_prose(self) -> bool:
        return " " in max(self.cells, key=len)


def lay_out(records: Sequence[Record], width: int, paint: Paint) -> Iterator[str]:
    """The lines, without their ends, for rows that all have the same keys; at least one row."""
    names = list(records[0])
    if not names:
        return
    columns = [_column(name, [record[name] for record in records]) for name in names]
    widths = _in_one_line(columns, width)
    if widths is not None:
        yield from _table(columns, widths, paint, ())
        return
    kept, spilled = _spill(columns, width)
    for below in _ways_with_prose(columns, spilled):
        widths = _around_prose(columns, below, width)
        if widths:
            shown = [column for column in columns if column not in below]
            yield from _table(shown, widths, paint, _all_below(below, records, width, paint))
            return
    widths = _in_one_line(kept, width)
    if spilled and widths is not None:
        yield from _mostly_in_line(columns, kept, records, width, paint) or _table(
            kept, widths, paint, _all_below(spilled, records, width, paint)
        )
        return
    groups = _by_target(records)
    if groups and len(groups) * 2 <= len(records):
        yield from _grouped(groups, width, paint)
        return
    kept, spilled = _spill_some(columns, width)
    widths = _in_one_line(kept, width)
    if spilled and widths is not None:
        yield from _table(kept, widths, paint, _all_below(spilled, records, width, paint))
        return
    yield from _blocks(records, width, paint)


def _mostly_in_line(
    columns: list[Column],
    kept: list[Column],
    records: Sequence[Record],
    width: int,
    paint: Paint,
) -> list[str] | None:
    """Where one column alone is too wide, and most of its cells would fit: those stay in the row
    and the long ones stand below theirs.
    """
    if len(kept) != len(columns) - 1:
        return None
    (wide,) = (column for column in columns if column not in kept)
    room = width - _total([column.narrowest() for column in kept]) - len(GAP)
    short = [cell_width(cell) for cell in wide.cells if cell_width(cell) <= room]
    if len(short) * 2 <= len(wide.cells) or max(map(cell_width, _words(wide.header))) > room:
        return None
    fits = [cell_width(cell) <= room for cell in wide.cells]
    cells = tuple(cell if fit else "" for cell, fit in zip(wide.cells, fits, strict=True))
    rest = Column(wide.name, cells, wide.numeric, max(short))
    shown = [rest if column is wide else column for column in columns]
    widths = _in_one_line(shown, width)
    if widths is None:
        return None
    all_below = _all_below([wide], records, width, paint)
    below = [[] if fit else lines for fit, lines in zip(fits, all_below, strict=True)]
    return list(_table(shown, widths, paint, below))


def _spill_some(columns: list[Column], width: int) -> tuple[list[Column], list[Column]]:
    """Moves up to three columns below the others, never the first, the widest and last first;
    nothing moved when that does not make the rest fit or leaves too little of a table.
    """
    kept = list(columns)
    while _total([column.narrowest() for column in kept]) > width:
        moved = len(columns) - len(kept) + 1
        if moved > MOST_SPILLED or len(kept) - 1 <= moved:
            return columns, []
        kept.remove(max(reversed(kept[1:]), key=lambda column: column.narrowest()))
    return kept, [column for column in columns if column not in kept]


def _ways_with_prose(columns: list[Column], spilled: list[Column]) -> Iterator[list[Column]]:
    """Which columns could stand below each row when one of prose is wrapped where it stands: none
    of them, or all prose but the first (and not what names the row).
    """
    prose = [c for c in columns[1:] if c.is_prose() and c.wide > NARROWEST_SPILL]
    if len(spilled) == 1 and spilled[0] in prose:
        yield []
    if len(prose) > 1 and spilled and all(column in prose for column in spilled):
        yield prose[1:]


def _around_prose(columns: list[Column], below: list[Column], width: int) -> list[int] | None:
    """The widths of the others where the widest column of prose is wrapped; None if too narrow."""
    shown = [column for column in columns if column not in below]
    wrapped = max((c for c in shown[1:] if c.is_prose()), key=lambda column: column.wide)
    left = width - _total([c.narrowest() for c in shown if c is not wrapped]) - len(GAP)
    if left < max(NARROWEST_PROSE, wrapped.longest_word()):
        return None
    return [min(left, c.ideal()) if c is wrapped else c.narrowest() for c in shown]


def _column(name: str, values: Sequence[object]) -> Column:
    cells = tuple(visible(human_cell(value)) for value in values)
    numbers = [value for value in values if value is not None]
    numeric = bool(numbers) and all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in numbers
    )
    return Column(name, cells, numeric, max(map(cell_width, cells)))


def _in_one_line(columns: Sequence[Column], width: int) -> list[int] | None:
    """The width of each column if every cell fits into one line, else None."""
    widths = [column.narrowest() for column in columns]
    spare = width - _total(widths)
    if spare < 0:
        return None
    for position, column in enumerate(columns):
        more = min(spare, column.ideal() - widths[position])
        if more == column.ideal() - widths[position]:
            widths[position] += more
            spare -= more
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _spill(columns: list[Column], width: int) -> tuple[list[Column], list[Column]]:
    """Moves the widest columns away until the others fit; nothing moved when that is no use."""
    kept = list(columns)
    while _total([column.narrowest() for column in kept]) > width:
        # The first says what the row is about: it stays, unless it is most of the row.
        others = kept[1:] if kept[0].narrowest() * 2 <= width else kept
        widest = max(others, key=lambda column: column.wide)
        kept.remove(widest)
        too_many = len(columns) - len(kept) > MOST_SPILLED or len(kept) < FEWEST_KEPT
        if too_many or widest.wide <= NARROWEST_SPILL:
            return columns, []
    return kept, [column for column in columns if column not in kept]


def _table(
    columns: Sequence[Column],
    widths: Sequence[int],
    paint: Paint,
    below: Sequence[Sequence[str]],
) -> Iterator[str]:
    headers = [_header_lines(column, w) for column, w in zip(columns, widths, strict=True)]
    height = max(map(len, headers))
    headers = [[""] * (height - len(lines)) + lines for lines in headers]
    yield from _lines(headers, columns, widths, paint, "header")
    for number in range(len(columns[0].cells)):
        cells = [wrap(column.cells[number], w) for column, w in zip(columns, widths, strict=True)]
        yield from _lines(cells, columns, widths, paint, "cell")
        if below:
            yield from below[number]


def _lines(
    cells: Sequence[Sequence[str]],
    columns: Sequence[Column],
    widths: Sequence[int],
    paint: Paint,
    role: str,
) -> Iterator[str]:
    for number in range(max(map(len, cells))):
        line = ""
        for column, lines, width in zip(columns, cells, widths, strict=True):
            text = lines[number] if number < len(lines) else ""
            fill = pad("", width - cell_width(text))
            part = "part" if role == "cell" and len(lines) > 1 else role
            shown = paint(text, part) if text else ""
            line += (fill + shown if column.numeric else shown + fill) + GAP
        yield line.rstrip(" ")


def _header_lines(column: Column, width: int) -> list[str]:
    if cell_width(column.header) <= width:
        return [column.header]
    lines = [""]
    for word in _words(column.header):
        if cell_width(lines[-1] + word) > width:
            lines.append("")
        lines[-1] += word
    return [line for line in lines if line]


def _words(header: str) -> list[str]:
    return [word + "_" for word in header.split("_")[:-1]] + [header.split("_")[-1]]


def _all_below(
    columns: Sequence[Column], records: Sequence[Record], width: int, paint: Paint
) -> list[list[str]]:
    return [_below(columns, record, width, paint) for record in records] if columns else []


def _below(columns: Sequence[Column], record: Record, width: int, paint: Paint) -> list[str]:
    labels = max(cell_width(visible(column.name)) for column in columns)
    lines: list[str] = []
    for column in columns:
        if record[column.name] is not None:
            lines += _field(column.name, record[column.name], labels, INDENT, width, paint)
    return lines


def _by_target(records: Sequence[Record]) -> dict[tuple[str, ...], list[Record]]:
    """The rows without their leading target columns, by what stood in those; empty if none did."""
    names = list(records[0])
    leading = next((n for n, name in enumerate(names) if name not in TARGET_COLUMNS), 0)
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in records if leading else ():
        key = tuple(visible(human_cell(record[name])) for name in names[:leading])
        groups.setdefault(key, []).append({name: record[name] for name in names[leading:]})
    return groups


def _grouped(
    groups: Mapping[tuple[str, ...], Sequence[Record]], width: int, paint: Paint
) -> Iterator[str]:
    for number, (target, records) in enumerate(groups.items()):
        if number:
            yield ""
        yield from (paint(line, "header") for line in wrap(GAP.join(target), width))
        yield from lay_out(records, width, paint)


def _blocks(records: Sequence[Record], width: int, paint: Paint) -> Iterator[str]:
    labels = min(max(cell_width(visible(name)) for name in records[0]), width // 2 - len(GAP))
    for number, record in enumerate(records):
        if number:
            yield ""
        for name, value in record.items():
            yield from _field(name, value, labels, "", width, paint)


def _field(
    name: str, value: object, labels: int, indent: str, width: int, paint: Paint
) -> list[str]:
    """`name  value`; a value that does not fit beside its name stands below it if it fits there."""
    label = visible(name)
    room = width - len(indent) - labels - len(GAP)
    values = visible_lines(human_cell(value))
    widest = max(map(cell_width, values))
    beside = cell_width(label) <= labels and (
        widest <= room or (" " in max(values, key=len) and room >= NARROWEST_PROSE)
    )
    if beside:
        margin = " " * (len(indent) + labels + len(GAP))
        lines = [line for text in values for line in wrap(text, room)]
        first = indent + paint(label, "label") + " " * (labels - cell_width(label)) + GAP
        role = "cell" if len(lines) == 1 else "part"
        shown = [first + paint(lines[0], role), *(margin + line for line in lines[1:])]
    else:
        margin = indent + GAP
        lines = [line for text in values for line in wrap(text, width - len(margin))]
        heads = [indent + paint(line, "label") for line in wrap(label, width - len(indent))]
        shown = [*heads, *(margin + line for line in lines)]
    return [line.rstrip(" ") for line in shown]
