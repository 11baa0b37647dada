"""What a query costs, by a table that says where and when it is from."""

from __future__ import annotations

from awsops.api import UsageError

# Amazon CloudWatch pricing, Logs Insights queries, US East (N. Virginia): USD for a GB scanned.
LISTED = "list price of us-east-1, 2025"
USD_PER_GB = 0.005
GB = 1_000_000_000


def cost_of(scanned: float, price: float = USD_PER_GB) -> float:
    """USD for so many bytes scanned."""
    return scanned / GB * price


def parse_usd(text: str, option: str) -> float:
    """An amount of 0 USD or more; UsageError names the option."""
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < 1e9:
        raise UsageError(f"{option} {text!r} is not an amount in USD", hint="such as 1.50")
    return amount
