"""Wrong command lines of every noun: what is wrong is named, and the hint can be typed next."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import pytest

from awsops.testing import Result

Cli = Callable[..., Result]

SQS = "arn:aws:sqs:eu-west-1:111111111111"
# The command line, its exit code, what the first line names, and the hint.
WRONG = [
    ("sqs peek ordres", 5, "no queue named ordres in account 111111111111", "did you mean orders?"),
    ("sqs attrs nope", 5, "no queue named nope", "awsops sqs ls lists them"),
    ("sqs attrs orders --set VisibiltyTimeout=30s", 2, "VisibiltyTimeout", "VisibilityTimeout?"),
    ("sqs attrs orders --set VisibilityTimeout=99d", 2, "between 0 and 43,200", "sqs attrs --help"),
    ("sqs redrive ordres-dlq", 5, "no queue named ordres-dlq", "did you mean orders-dlq?"),
    ("sqs redrive orders-dlq --to ordrs", 5, "no queue named ordrs", "did you mean orders?"),
    ("sqs redrive orders-dlq --rate fast", 2, "--rate 'fast'", "50/s"),
    ("sqs redrive orders-dlq --resume nope", 5, "no record of a run nope", "orders-dlq"),
    ("sqs redrive orders-dlq --match ''", 2, "--match is empty", "Leave the option out"),
    ("sqs redrive orders-dlq --resume=", 2, "--resume is empty", "Leave the option out"),
    ("sqs redrive orders-dlq --to-profile ''", 2, "--to-profile is empty", "Leave the option out"),
    (f"sqs redrive {SQS}:nope", 5, "no queue named nope", "awsops sqs ls lists them"),
    ("sqs policy ordres", 5, "no queue named ordres", "did you mean orders?"),
    ("sqs cancel orders-dlq", 5, "no move task of orders-dlq is running", "sqs moves orders-dlq"),
    ("sqs import orders zzzz", 2, "zzzz cannot be read: No such file", "nothing in"),
    ("kinesis shards clickz", 5, "no stream named clickz", "did you mean clicks?"),
    (f"kinesis shards {SQS}:orders", 2, "not the ARN of a Kinesis stream", "stream/clicks"),
    ("kinesis split clicks 99", 5, "stream clicks has no shard 99", "awsops kinesis shards clicks"),
    ("kinesis retention clicks soon", 2, "KEEP: 'soon' is not a duration", "2h"),
    ("kinesis put clicks zzzz", 2, "zzzz cannot be read", "nothing in"),
    ("lambda versions chek-orders", 5, "no function chek-orders", "did you mean check-orders?"),
    ("lambda shift check-orders", 2, "'check-orders' names no alias", "aliases check-orders"),
    ("lambda rollback check-orders:nope", 5, "has no alias nope", "lambda aliases check-orders"),
    ("lambda revoke nope sid", 5, "no function nope", "awsops lambda ls"),
    ("lambda revoke check-orders sid", 5, "check-orders has no policy", "nothing to revoke"),
    (
        "lambda invoke check-orders --payload-file zzzz",
        2,
        "--payload-file zzzz cannot",
        "nothing in",
    ),
    ("ecr images ordesr", 5, "no repository named ordesr", "did you mean orders?"),
    ("ecr findings orders:latest", 2, "'orders:latest' is no repository's name", "without"),
    ("ecr copy orders:nope payments", 5, "no image nope in orders", "awsops ecr images orders"),
    (
        "ecr copy orders payments --to-profile demo-prdo",
        2,
        "'demo-prdo'",
        "did you mean demo-prod?",
    ),
    ("ecr copy orders payments --to-region eu-wst-1", 2, "'eu-wst-1'", "did you mean eu-west-1?"),
    ("ecr policy orders --set zzzz", 2, "--set zzzz cannot be read", "nothing in"),
    ("logs tail /demo/order-api", 5, "no log group /demo/order-api", "mean /demo/orders-api?"),
    (
        "logs tail arn:aws:logs:eu-west-1:111111111111:log-group:/no",
        5,
        "",
        "log-group:/no, and that",
    ),
    ("logs query @newst -g x", 5, "no saved query 'newst'", "did you mean @newest?"),
    ("logs queries-show newst", 5, "no saved query 'newst'", "did you mean newest?"),
    ("logs query -f zzzz -g x", 2, "-f zzzz cannot be read", "nothing in"),
    ("logs retention /demo/orders-api", 2, "--days N or --forever", "/demo/orders-api --days 30"),
    ("logs retention /demo/orders-api --days 31", 2, "--days 31", "--days 30 is the nearest"),
    ("logs stop nope", 5, "no query nope", "awsops logs running"),
    ("auth assume demo-prdo", 2, "'demo-prdo' is neither a profile", "did you mean demo-prod?"),
    ("auth login --serial arn:aws:iam::111111111111:mfa/no --code 1", 2, "six digits", "--help"),
    ("recipe run redrive-dql", 5, "no recipe 'redrive-dql'", "did you mean redrive-dlq?"),
    ("recipe run redrive-dlq --set dql=x", 2, "unknown parameter 'dql'", "did you mean dlq?"),
    ("recipe run redrive-dlq --params zzzz", 2, "--params zzzz cannot be read", "nothing in"),
    ("history show nope", 5, "'nope'", "awsops history ls"),
    (
        "sandbox start --chaos throttel=1",
        2,
        "unknown key 'throttel'",
        "awsops sandbox start --help",
    ),
    ("plugin check nope", 5, "'nope'", "awsops plugin ls"),
    ("sqs ls --targets zzzz", 2, "--targets zzzz cannot be read", "nothing in"),
    ("sqs ls --fields nam", 2, "no field 'nam'", "did you mean 'name'?"),
]
LOCAL = ("recipe", "history", "sandbox", "plugin")


@pytest.mark.parametrize(("line", "code", "named", "hint"), WRONG, ids=[line[0] for line in WRONG])
def test_a_wrong_line_teaches_the_right_one(
    awsops: Cli, line: str, code: int, named: str, hint: str
) -> None:
    words = shlex.split(line)
    # csv has no place for an error: stdout is for rows alone.
    target = [] if words[0] in LOCAL else ["-o", "csv"]
    result = awsops([*words, *target], environ={"AWS_PROFILE": "demo-dev"})
    first, *_, last = result.stderr.splitlines()
    assert (result.exit_code, result.stdout if target else "") == (code, "")
    assert re.match(rf"awsops: {words[0]} {words[1]}( \[demo-dev/eu-west-1\])?: \w+: ", first)
    assert named in first
    assert last.startswith("hint: ")
    assert hint in last
