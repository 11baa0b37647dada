"""What shards cost a month, by a table that says where and when it is from."""

from __future__ import annotations

from dataclasses import dataclass

# Amazon Kinesis Data Streams pricing, provisioned mode, US East (N. Virginia), USD an hour.
LISTED = "list prices of us-east-1, 2025"
SHARD_HOUR = 0.015
EXTENDED_SHARD_HOUR = 0.020  # retention beyond 24 hours
CONSUMER_SHARD_HOUR = 0.015  # each enhanced fan-out consumer
HOURS_A_MONTH = 730

FREE_RETENTION_HOURS = 24


@dataclass(frozen=True, slots=True)
class Terms:
    """What the price of a shard depends on. `retention` is in hours."""

    retention: int
    consumers: int

    @property
    def shard_month(self) -> float:
        """USD that one open shard costs a month, without what is written and read."""
        hour = SHARD_HOUR + CONSUMER_SHARD_HOUR * self.consumers
        if self.retention > FREE_RETENTION_HOURS:
            hour += EXTENDED_SHARD_HOUR
        return hour * HOURS_A_MONTH


def monthly_change(shards: int, terms: Terms) -> str:
    """What so many shards more (or fewer, below 0) change: `+USD 10.95 a month`."""
    change = shards * terms.shard_month
    if not shards:
        return "no change in cost"
    return f"{'+' if change > 0 else '-'}USD {abs(change):,.2f} a month"
