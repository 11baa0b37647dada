"""Fills a running sandbox with queues and dead letters."""

from __future__ import annotations

from awsops.sandbox import client
from awsops.sandbox.lifecycle import SEEDED_MESSAGES, SandboxInfo


def seed(info: SandboxInfo, *, messages: int = SEEDED_MESSAGES) -> dict[str, int]:
    """Makes `orders`, `orders-dlq` and their FIFO twins anew in all three accounts.

    messages: dead letters in each `orders-dlq`, 0 to 100,000. Seeding again restores the state:
    these queues are emptied and filled with new messages; other queues are left alone. Returns the
    depth of each `orders-dlq` by account. Raises AdminError for a bad number.
    """
    answer = client.request(
        info.port, "POST", "seed", {"messages": messages}, instance=info.instance, timeout=60
    )
    return {account: int(depth) for account, depth in answer["dead_letters"].items()}
