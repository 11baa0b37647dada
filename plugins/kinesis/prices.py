"""What shards cost a month, by list prices or the person's own."""

from __future__ import annotations

from dataclasses import dataclass

from awsops.prices import Prices

HOURS_A_MONTH = 730
FREE_RETENTION_HOURS = 24


@dataclass(frozen=True, slots=True)
class Terms:
    """What the price of a shard depends on. `retention` is in hours."""

    retention: int
    consumers: int
    prices: Prices

    @property
    def shard_month(self) -> float:
        """USD that one open shard costs a month, without what is written, read, or kept for more
        than seven days, which is paid by the gigabyte.
        """
        usd = self.prices.usd
        hour = usd("kinesis_shard_hour") + usd("kinesis_consumer_shard_hour") * self.consumers
        if self.retention > FREE_RETENTION_HOURS:
            hour += usd("kinesis_extended_shard_hour")
        return hour * HOURS_A_MONTH


def monthly_change(shards: int, terms: Terms) -> str:
    """What so many shards more (or fewer, below 0) change: `+USD 10.95 a month`."""
    change = shards * terms.shard_month
    if not shards:
        return "no change in cost"
    return f"{'+' if change > 0 else '-'}USD {abs(change):,.2f} a month"
