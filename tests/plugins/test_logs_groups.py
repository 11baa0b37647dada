"""Log groups of linked accounts, as a monitoring account sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awsops_plugins.logs.groups import describe, list_groups

from awsops.testing import Result
from tests.plugins.logs_place import ACCOUNT, GROUP, REGION, START, LocalLogs

LINKED = "222222222222"
LINKED_ARN = f"arn:aws:logs:{REGION}:{LINKED}:log-group:{GROUP}"


class Monitoring(LocalLogs):
    """A monitoring account with a source account, whose group has the name of one of ours."""

    def describe_log_groups(self, **params: Any) -> Any:
        answer = self._call("DescribeLogGroups", params)
        if params.get("includeLinkedAccounts"):
            other = self.service.answer("DescribeLogGroups", {}, LINKED, REGION)
            answer = {"logGroups": [*answer["logGroups"], *other["logGroups"]]}
        return answer

    def describe_log_streams(self, **params: Any) -> Any:
        account = LINKED if params.get("logGroupIdentifier") == LINKED_ARN else ACCOUNT
        return self.service.answer("DescribeLogStreams", params, account, REGION)


def monitoring() -> Monitoring:
    logs = Monitoring()
    logs.put((START - 60, "ours"))
    for operation, params in (
        ("CreateLogGroup", {"logGroupName": GROUP}),
        ("CreateLogStream", {"logGroupName": GROUP, "logStreamName": "s"}),
        (
            "PutLogEvents",
            {
                "logGroupName": GROUP,
                "logStreamName": "s",
                "logEvents": [{"timestamp": (START - 5) * 1000, "message": "theirs"}],
            },
        ),
    ):
        logs.service.answer(operation, params, LINKED, REGION)
    return logs


def test_groups_of_linked_accounts_are_listed_when_asked() -> None:
    logs = monitoring()
    assert len(list(list_groups(logs))) == 1
    rows = [describe(logs, group) for group in list_groups(logs, linked=True)]
    assert [(row.name, row.account) for row in rows] == [(GROUP, ACCOUNT), (GROUP, LINKED)]


def test_the_newest_event_of_a_linked_group_is_its_own() -> None:
    logs = monitoring()
    rows = [describe(logs, group) for group in list_groups(logs, linked=True)]
    seconds = [row.last_event.timestamp() for row in rows if row.last_event is not None]
    assert seconds == [START - 60, START - 5]


def test_a_column_is_named_as_it_is_shown(awsops: Callable[..., Result]) -> None:
    words = ["logs", "groups", "-p", "demo-dev", "-o", "csv", "--fields"]
    shown = awsops([*words, "name,class"])
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.splitlines()[0] == "name,class"
    assert awsops([*words, "class_"]).exit_code == 2
