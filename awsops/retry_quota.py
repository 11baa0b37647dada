"""A retry quota for each target inside a client that all of them share.

botocore's standard mode counts retries in the client (500 units, 5 a retry, 10 after a timeout:
botocore.retries.quota and standard). Shared by 200 accounts, one that is throttled would leave the
others without retries.
"""

from __future__ import annotations

from typing import Any

from awsops.active import find_active


def own_quota_per_target(client: Any) -> None:
    """Replace the quota of a client in standard mode; other modes have none to replace."""
    if client.meta.config.retries.get("mode") != "standard":
        return
    from botocore.retries import standard

    events, service = client.meta.events, client.meta.service_model.service_id.hyphenize()
    events.unregister(f"needs-retry.{service}", unique_id=f"retry-config-{service}")
    attempts = client.meta.config.retries.get("total_max_attempts")
    handler: Any = standard.register_retry_handler(client, attempts)
    handler._retry_quota._quota = _TargetQuota()


class _TargetQuota:
    """A botocore RetryQuota for each target (500 units, 5 a retry: botocore.retries.quota)."""

    def __init__(self) -> None:
        from botocore.retries.quota import RetryQuota

        # For calls made before there is a target: assuming a role to find out which there are.
        self._without_target: Any = RetryQuota()

    def _mine(self) -> Any:
        active = find_active()
        if active is None:
            return self._without_target
        if active.quota is None:
            from botocore.retries.quota import RetryQuota

            active.quota = RetryQuota()
        return active.quota

    def acquire(self, amount: int) -> bool:
        return bool(self._mine().acquire(amount))

    def release(self, amount: int) -> None:
        self._mine().release(amount)

    @property
    def available_capacity(self) -> int:
        return int(self._mine().available_capacity)
