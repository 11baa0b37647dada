"""What a query costs, by the list price or the person's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsops.api import UsageError
from awsops.config import read_prices
from awsops.prices import LIST

if TYPE_CHECKING:
    from awsops.env import Env

KEY = "logs_insights_gb"
USD_PER_GB = LIST[KEY]
GB = 1_000_000_000
# Regions where it is known to be another, as AWS lists it: Price List offer AmazonCloudWatch,
# published 2026-08-06 (https://aws.amazon.com/cloudwatch/pricing/ has them by region); Tokyo's by
# https://awsi.click/en/articles/cloudwatch-logs-cost-structure-surprise/.
_USD_IN = {"eu-west-1": 0.0057, "eu-central-1": 0.0063, "ap-northeast-1": 0.0076}


def cost_of(scanned: float, price: float = USD_PER_GB) -> float:
    """USD for so many bytes scanned."""
    return scanned / GB * price


def price_per_gb(env: Env, given: str | None, region: str | None) -> float:
    """USD for a GB scanned: as given, else config.toml's, else the region's list price (of a region
    that is not in the table: us-east-1's). UsageError."""
    if given is not None:
        return parse_usd(given, "--price")
    prices = read_prices(env)
    return prices.own.get(KEY, _USD_IN.get(region or "", prices.usd(KEY)))


def parse_usd(text: str, option: str) -> float:
    """An amount of 0 USD or more; UsageError names the option."""
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < 1e9:
        raise UsageError(f"{option} {text!r} is not an amount in USD", hint="such as 1.50")
    return amount
