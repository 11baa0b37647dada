"""A command line that takes a change back leads to the account in which the change was made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from awsops.testing import Result


@pytest.mark.parametrize(
    "words",
    [
        "lambda shift orders:live --to latest-published --all-at-once",
        "sqs attrs orders --set VisibilityTimeout=45",
        "kinesis retention clicks 72h",
    ],
)
def test_a_way_back_names_the_profile_that_a_variable_gave(
    awsops: Callable[..., Result], words: str
) -> None:
    """It may be typed in another shell, where the variable is not set or is another."""
    planned = awsops([*words.split(), "--dry-run"], environ={"AWS_PROFILE": "demo-prod"})
    assert planned.exit_code == 0, planned.stderr
    undone = [row["undo"] for row in planned.rows if row["undo"]]
    assert undone
    assert all("-p demo-prod" in line for line in undone)
