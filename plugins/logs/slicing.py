"""All rows of a query, however many: the time is cut into slices, each a query of its own.

StartQuery takes whole seconds, both ends inclusive, so the neighbours of [s, m] are [m+1, e]. A
slice that came back full is cut in two and asked again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future

from awsops.api import AwsopsError

from .insights import Row

Slice = tuple[int, int]
Fetch = Callable[[int, int], list[Row]]
SLICES_A_LANE = 4


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
    """The rows of each slice in order; `width` slices are under way or held at a time.

    Raises AwsopsError for a single second with `limit` rows or more: it cannot be cut further.
    """
    waiting = deque(cut(start, end, width * SLICES_A_LANE))
    if newest_first:
        waiting.reverse()
    under_way: deque[tuple[Slice, Future[list[Row]]]] = deque()

    def submit(piece: Slice) -> tuple[Slice, Future[list[Row]]]:
        return piece, pool.submit(fetch, *piece)

    try:
        while waiting or under_way:
            while waiting and len(under_way) < width:
                under_way.append(submit(waiting.popleft()))
            piece, future = under_way.popleft()
            rows = future.result()
            if len(rows) < limit:
                yield rows
                continue
            halves = _halves(piece, limit)
            if newest_first:
                halves.reverse()
            under_way.extendleft(submit(half) for half in reversed(halves))
    finally:
        for _, future in under_way:
            future.cancel()


def _halves(piece: Slice, limit: int) -> list[Slice]:
    if piece[0] == piece[1]:
        raise AwsopsError(
            f"the second {piece[0]} (epoch) alone has {limit:,} rows or more",
            hint="filter more narrowly, or raise --limit (100,000 at most)",
            code="SliceTooFull",
        )
    return cut(piece[0], piece[1], 2)
