"""Durations, times and sizes as people write them, and back.

One spelling everywhere: durations `30s 5m 2h 1d`, times in ISO 8601 or `-2h`, sizes `10MB 1GiB`.
Every parser raises UnitError, which says the forms it accepts.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

from awsops.errors import UsageError


class UnitError(UsageError, ValueError):
    """A text that is not a duration, time or size."""

    code = "InvalidUnit"


DURATION_FORMS = "write it like 30s, 5m, 2h, 1d or 1h30m"
TIME_FORMS = (
    "write it like 2026-03-01, 2026-03-01T12:30:00Z, 2026-03-01T12:30+02:00 (without a zone it is"
    " UTC), -2h for two hours ago, now, or epoch seconds (10 digits) or milliseconds (13)"
)
SIZE_FORMS = "write it like 10MB (decimal), 1GiB (binary) or 4096 (bytes)"

_SECONDS = {
    "w": Decimal(604_800),
    "d": Decimal(86_400),
    "h": Decimal(3_600),
    "m": Decimal(60),
    "s": Decimal(1),
    "ms": Decimal("0.001"),
}
# A hundred years: longer than anything AWS keeps, and far from where dates overflow.
MAX_DURATION = 36_500 * 86_400

CLOCKS_DIFFER = 60.0  # seconds that are no future yet

_NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,9})?"
_DURATION = re.compile(
    "".join(f"(?:(?P<{unit}>{_NUMBER}){unit})?" for unit in ("w", "d", "h", "m", "s", "ms"))
)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.,]+)?(?:Z|[+-][0-9:]+)?", re.I)
# Epoch seconds from 2001 to 2286, and as milliseconds: how AWS writes the times of events.
_EPOCH = re.compile(r"(?P<seconds>[1-9][0-9]{9})(?P<millis>[0-9]{3})?")
_SIZE = re.compile(rf"({_NUMBER})\s?([kmgtp]?i?b|)", re.I)


def parse_duration(text: str) -> float:
    """Seconds, 0 to a hundred years. Units w d h m s ms, largest first, each once.

    A bare number is refused (except 0): `--older-than 90` must not mean 90 seconds by accident.
    """
    cleaned = text.strip().lower()
    match = _DURATION.fullmatch(cleaned)
    if cleaned == "0":
        return 0.0
    if not cleaned or match is None:
        raise UnitError(f"{_shown(text)} is not a duration", hint=DURATION_FORMS)
    parts = ((unit, number) for unit, number in match.groupdict().items() if number)
    seconds = sum((Decimal(number) * _SECONDS[unit] for unit, number in parts), Decimal(0))
    if seconds > MAX_DURATION:
        raise UnitError(f"{_shown(text)} is longer than a hundred years", hint=DURATION_FORMS)
    return float(seconds)


def format_duration(seconds: float) -> str:
    """`1h30m`, `45s`, `1.25s`, `40ms`: to the second from a minute up, to the millisecond below.

    `parse_duration` reads it back; a negative one (clocks that disagree) gets a minus in front.
    """
    if seconds < 0:
        return "-" + format_duration(-seconds)
    millis = round(seconds * 1000)
    if millis < 1000:
        return f"{millis}ms" if millis else "0s"
    if millis < 60_000:
        return f"{millis / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    left = round(seconds)
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, int(_SECONDS[unit]))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def parse_time(text: str, now: float) -> float:
    """Seconds since the epoch. `now` is the present in the same unit, for `-2h`, `2h` and `now`.

    A duration means that long ago, with or without the minus (`--since 2h`). Ten digits are epoch
    seconds, thirteen epoch milliseconds.
    """
    cleaned = text.strip()
    if cleaned.lower() == "now":
        return now
    if (epoch := _EPOCH.fullmatch(cleaned)) is not None:
        return int(epoch["seconds"]) + int(epoch["millis"] or 0) / 1000
    if _ISO.fullmatch(cleaned):
        return _parse_iso(cleaned)
    try:
        return now - parse_duration(cleaned.removeprefix("-"))
    except UnitError:
        raise UnitError(f"{_shown(text)} is not a time", hint=TIME_FORMS) from None


def parse_past(text: str, now: float, option: str) -> float:
    """As `parse_time`; UnitError for what is yet to come, which would show nothing at all.

    It is mostly the local time of somebody east of Greenwich. `option` is how it was given.
    """
    at = parse_time(text, now)
    if at > now + CLOCKS_DIFFER:
        raise UnitError(
            f"{option} {text} is in the future: it is {format_time(int(now))}",
            hint=f"a time without a zone is UTC: {TIME_FORMS}",
        )
    return at


def _parse_iso(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text.upper().replace(",", "."))
    except ValueError as error:
        raise UnitError(f"{_shown(text)} is not a time: {error}", hint=TIME_FORMS) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment.timestamp() < 0:
        raise UnitError(f"{_shown(text)} is before 1970", hint=TIME_FORMS)
    return moment.timestamp()


def format_time(epoch: float) -> str:
    """RFC 3339 in UTC: `2026-03-01T12:30:00Z`, with milliseconds when there are any."""
    moment = datetime.fromtimestamp(round(epoch, 3), UTC)
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def parse_size(text: str) -> int:
    """Bytes, rounded down. KB, MB, GB, TB, PB are powers of 1000; KiB and so on of 1024."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise UnitError(f"{_shown(text)} is not a size", hint=SIZE_FORMS)
    number, unit = match.groups()
    prefix = unit.lower().removesuffix("b")
    if prefix == "i":
        raise UnitError(f"{_shown(text)} is not a size", hint=SIZE_FORMS)
    base = 1024 if prefix.endswith("i") else 1000
    power = "kmgtp".index(prefix[0]) + 1 if prefix else 0
    return int(Decimal(number) * base**power)


def format_size(size: int) -> str:
    """`980B`, `1.5MB`, `12GB`: decimal units, three digits; `parse_size` reads it back."""
    if size < 1000:
        return f"{size}B"
    value = Decimal(size)
    for unit in ("KB", "MB", "GB", "TB", "PB"):
        value /= 1000
        # 999.5 would be shown as 1000 of this unit: it is 1 of the next.
        if value < Decimal("999.5") or unit == "PB":
            break
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    text = f"{value:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + unit


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
