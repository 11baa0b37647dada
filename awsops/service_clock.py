"""The service's clock, which is the one that counts: a laptop's may be minutes off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# A Date header has whole seconds, and an answer takes a while: less than this is no difference.
NEGLIGIBLE = 3.0


def service_time(answer: Mapping[str, Any]) -> float | None:
    """Whole seconds since the epoch, from an answer's Date header; None without one."""
    from email.utils import parsedate_to_datetime

    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None


def ahead_of_service(answer: Mapping[str, Any], now: float) -> float:
    """Seconds that `now`, taken when the answer came, is ahead of the service's clock (behind: less
    than 0); 0 for NEGLIGIBLE or less, and when the answer does not tell."""
    at = service_time(answer)
    ahead = 0.0 if at is None else now - at
    return ahead if abs(ahead) > NEGLIGIBLE else 0.0
