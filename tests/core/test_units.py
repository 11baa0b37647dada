"""Durations, times and sizes: what people write is understood, or refused with the forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsops.errors import ExitCode, UsageError
from awsops.units import (
    DURATION_FORMS,
    MAX_DURATION,
    SIZE_FORMS,
    TIME_FORMS,
    UnitError,
    format_duration,
    format_size,
    format_time,
    parse_duration,
    parse_size,
    parse_time,
)

NOW = 1_772_366_400.0  # 2026-03-01T12:00:00Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("2h", 7_200),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1h30m", 5_400),
        ("1d2h3m4s5ms", 93_784.005),
        ("1.5h", 5_400),
        ("50ms", 0.05),
        (" 2H ", 7_200),
        ("0", 0),
        ("0s", 0),
        ("90m", 5_400),
    ],
)
def test_a_duration_is_understood(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "90",
        "-5m",
        "5 m",
        "m",
        "1m1h",
        "1h1h",
        "1y",
        "1,5h",
        "1e3s",
        "٣s",
        "inf",
        "nan",
        "5mm",
        "9" * 15 + "d",
        "1h\n2m",
        "9" * 100_000 + "s",
    ],
)
def test_what_is_no_duration_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_duration(text)
    assert caught.value.hint == DURATION_FORMS
    assert len(caught.value.message) < 120


def test_a_wrong_unit_is_a_usage_error_and_a_value_error() -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration("soon")
    assert isinstance(caught.value, ValueError)
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.0004, "0s"),
        (0.04, "40ms"),
        (0.9996, "1s"),
        (1.25, "1.25s"),
        (59.9996, "1m"),
        (60, "1m"),
        (3_599.6, "1h"),
        (5_400, "1h30m"),
        (90_061, "1d1h1m1s"),
        (-30, "-30s"),
    ],
)
def test_a_duration_is_shown_short(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, MAX_DURATION))
def test_whole_seconds_survive_being_shown(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.floats(0, MAX_DURATION))
def test_a_shown_duration_is_as_near_as_it_says(seconds: float) -> None:
    off = abs(parse_duration(format_duration(seconds)) - seconds)
    assert off <= (0.500001 if seconds >= 59.9 else 0.000501)


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_a_unit_error(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except UnitError:
        seconds = 0.0
    assert 0 <= seconds <= MAX_DURATION


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("now", NOW),
        ("NOW", NOW),
        ("-2h", NOW - 7_200),
        ("2h", NOW - 7_200),
        ("-1d12h", NOW - 129_600),
        ("2026-03-01", NOW - 43_200),
        ("2026-03-01T12:00:00Z", NOW),
        ("2026-03-01t12:00:00z", NOW),
        ("2026-03-01T12:00", NOW),
        ("2026-03-01 12:00:00", NOW),
        ("2026-03-01T14:00:00+02:00", NOW),
        ("2026-03-01T07:00-0500", NOW),
        ("2026-03-01T12:00:00.250Z", NOW + 0.25),
        ("2026-03-01T12:00:00,250Z", NOW + 0.25),
        ("1970-01-01", 0.0),
        (str(int(NOW)), NOW),
        (f"{int(NOW)}250", NOW + 0.25),
    ],
)
def test_a_time_is_understood(text: str, epoch: float) -> None:
    assert parse_time(text, NOW) == epoch


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "2026-03-01T25:00",
        "--2h",
        "+2h",
        "177236640",
        "17723664000",
        "2026-03",
        "1969-12-31",
        "0001-01-01T00:00+14:00",
        "2026-W09-7",
        "2026-03-01T12:00:00 Z+1",
    ],
)
def test_what_is_no_time_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_time(text, NOW)
    assert caught.value.hint == TIME_FORMS


@pytest.mark.parametrize(
    ("epoch", "text"),
    [
        (NOW, "2026-03-01T12:00:00Z"),
        (NOW + 0.25, "2026-03-01T12:00:00.250Z"),
        (NOW + 0.9999, "2026-03-01T12:00:01Z"),
    ],
)
def test_a_time_is_shown_in_utc(epoch: float, text: str) -> None:
    assert format_time(epoch) == text


@given(
    st.datetimes(datetime(1970, 1, 3), datetime(9999, 12, 29)),
    st.integers(-14 * 60, 14 * 60),
)
def test_a_time_means_the_same_moment_in_every_zone(moment: datetime, minutes: int) -> None:
    utc = moment.replace(microsecond=0, tzinfo=UTC)
    elsewhere = utc.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    assert parse_time(elsewhere, NOW) == utc.timestamp()
    assert parse_time(format_time(utc.timestamp()), NOW) == utc.timestamp()


@given(st.text(max_size=25))
def test_any_text_is_a_time_or_a_unit_error(text: str) -> None:
    try:
        epoch = parse_time(text, NOW)
    except UnitError:
        epoch = NOW
    assert epoch >= NOW - MAX_DURATION


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4096", 4_096),
        ("512B", 512),
        ("10MB", 10_000_000),
        ("10 mb", 10_000_000),
        ("1GiB", 1_073_741_824),
        ("1.5KiB", 1_536),
        ("0.3GiB", 322_122_547),
        ("2TB", 2 * 10**12),
        ("1PiB", 2**50),
    ],
)
def test_a_size_is_understood(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "MB", "10M", "10iB", "-1KB", "1 0KB", "1e3", "10XB", "inf", "0x10", "10MBB"]
)
def test_what_is_no_size_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_size(text)
    assert caught.value.hint == SIZE_FORMS


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0B"),
        (999, "999B"),
        (1_000, "1KB"),
        (1_050, "1.05KB"),
        (12_345_678, "12.3MB"),
        (999_499, "999KB"),
        (999_500, "1MB"),
        (100 * 10**15, "100PB"),
        (5_000 * 10**15, "5000PB"),
    ],
)
def test_a_size_is_shown_in_three_digits(size: int, text: str) -> None:
    assert format_size(size) == text


@given(st.integers(0, 10**17))
def test_a_shown_size_is_right_to_three_digits(size: int) -> None:
    assert abs(parse_size(format_size(size)) - size) <= size * 0.00501
