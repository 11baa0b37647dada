"""List prices that plans and rows reckon with, and the person's own in their place.

Each is what AWS lists for US East (N. Virginia), looked up in November 2026: Amazon Kinesis Data
Streams pricing (https://aws.amazon.com/kinesis/data-streams/pricing/, provisioned mode) and Amazon
CloudWatch pricing (https://aws.amazon.com/cloudwatch/pricing/, Logs Insights queries).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LOOKED_UP = "list prices of us-east-1, November 2026"
LIST: Mapping[str, float] = {
    "kinesis_shard_hour": 0.015,
    "kinesis_extended_shard_hour": 0.020,  # retention beyond 24 hours
    "kinesis_consumer_shard_hour": 0.015,  # each enhanced fan-out consumer
    "logs_insights_gb": 0.005,  # scanned
}


@dataclass(frozen=True, slots=True)
class Prices:
    """USD for one of each thing in `LIST`; `own` are those of the person's config.toml."""

    own: Mapping[str, float] = field(default_factory=dict)

    def usd(self, key: str) -> float:
        """The price of one, by its key in `LIST`."""
        return self.own.get(key, LIST[key])

    def basis(self, service: str) -> str:
        """Where the prices of a service (`kinesis`, `logs`) are from, in a few words."""
        keys = [key for key in LIST if key.startswith(f"{service}_")]
        own = [key for key in keys if key in self.own]
        if not own:
            return LOOKED_UP
        return "prices of config.toml" if len(own) == len(keys) else f"config.toml and {LOOKED_UP}"
