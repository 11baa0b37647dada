"""All rows of a query, however many: the time is cut into slices, each a query of its own.

StartQuery takes whole seconds, both ends inclusive, so the neighbours of [s, m] are [m+1, e]. A
slice that came back full is cut and asked again. How many rows there were in it tells how small
its parts and the slices after it have to be, so that hardly any comes back full again.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from awsops.api import AwsopsError

from .insights import Fetched
from .results import Row

Slice = tuple[int, int]
Fetch = Callable[[int, int], Fetched]
SLICES_A_LANE = 4
SPARE = 2  # slices that lanes may be ahead while the oldest is not complete
# How full a slice should be: rows do not come evenly, and what is fetched ahead is kept in memory.
FILL = 0.65
MOST_AHEAD = 60_000  # rows that are fetched, or about to be, before their turn has come


@dataclass(slots=True)
class _Piece:
    start: int
    end: int
    future: Future[Fetched] | None = None

    @property
    def seconds(self) -> int:
        return self.end - self.start + 1


def cut(start: int, end: int, pieces: int) -> list[Slice]:
    """[start, end] in at most so many slices of whole seconds, without a gap, in order."""
    seconds = end - start + 1
    pieces = max(1, min(pieces, seconds))
    edges = [start + seconds * n // pieces for n in range(pieces + 1)]
    return [(edges[n], edges[n + 1] - 1) for n in range(pieces)]


def all_rows(
    start: int,
    end: int,
    *,
    limit: int,
    fetch: Fetch,
    pool: Executor,
    width: int,
    newest_first: bool = True,
) -> Iterator[list[Row]]:
    """The rows of each slice in order; `width` slices and SPARE more are under way or held.

    Raises AwsopsError for a single second with `limit` rows or more: it cannot be cut further.
    """
    density = 0.0  # rows a second in the slice that was read last
    line = deque([_Piece(start, end)])

    def divide(index: int, pieces: int) -> _Piece:
        """Cut the piece at `index` of the line; the first of its parts."""
        whole = line[index]
        parts = cut(whole.start, whole.end, pieces)
        del line[index]
        for part in parts if newest_first else reversed(parts):
            line.insert(index, _Piece(*part))
        return line[index]

    def look_ahead() -> None:
        ahead = 0.0
        for index in range(width + SPARE):
            if index >= len(line):
                return
            piece = line[index]
            if piece.future is None:
                if index and ahead + min(density * piece.seconds, limit * FILL) > MOST_AHEAD:
                    return
                pieces = math.ceil(density * piece.seconds / (limit * FILL))
                piece = divide(index, pieces) if pieces > 1 else piece
                piece.future = pool.submit(fetch, piece.start, piece.end)
            ahead += density * piece.seconds

    divide(0, width * SLICES_A_LANE)
    try:
        while line:
            look_ahead()
            piece = line[0]
            assert piece.future is not None
            found = piece.future.result()
            density = found.count / piece.seconds
            if found.rows is None:
                _check_divisible(piece, limit)
                divide(0, max(2, math.ceil(found.count / (limit * FILL))))
                continue
            line.popleft()
            yield found.rows
    finally:
        for piece in line:
            if piece.future is not None:
                piece.future.cancel()


def _check_divisible(piece: _Piece, limit: int) -> None:
    if piece.seconds == 1:
        raise AwsopsError(
            f"the second {piece.start} (epoch) alone has {limit:,} rows or more",
            hint="filter more narrowly, or raise --limit (100,000 at most)",
            code="SliceTooFull",
        )
