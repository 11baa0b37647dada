"""What CloudTrail has written down of UpdateAlias: who moved an alias, and where to."""

from __future__ import annotations

from collections.abc import Sequence

from awsops.sandbox.cloudtrail import Recorded, Recorder
from awsops.sandbox.lambda_.service import LambdaService

EVENT_NAME = "UpdateAlias20150331"  # CloudTrail adds the API's version to Lambda's names


def alias_changes(lambda_: LambdaService) -> Recorder:
    """The newest first of those that were made at the same time."""

    def recorded(account: str, region: str) -> Sequence[Recorded]:
        with lambda_.lock:
            changes = list(lambda_.of(account, region).changes)
        return [
            Recorded(
                change.at,
                "lambda.amazonaws.com",
                change.who,
                {
                    "functionName": change.function,
                    "name": change.alias,
                    "functionVersion": change.version,
                    "routingConfig": {"additionalVersionWeights": change.weights},
                },
            )
            for change in reversed(changes)
        ]

    return recorded
