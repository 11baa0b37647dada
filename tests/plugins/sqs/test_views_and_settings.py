"""Messages by kind, ages, attributes, wiring, and many messages from a file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from awsops_plugins.sqs.ages import with_ages
from awsops_plugins.sqs.attrs import describe_settings, read_settings
from awsops_plugins.sqs.queues import Queue, QueueFacts, QueueRef
from awsops_plugins.sqs.wiring import wiring

from awsops.errors import UsageError
from tests.plugins.sqs.on_sandbox import DEV, Queues, chaos, queues

__all__ = ["chaos", "queues"]

# -- peek --------------------------------------------------------------------------------------


def test_peek_counts_messages_by_kind_and_gives_them_back(awsops: Any, queues: Queues) -> None:
    name = queues.make("mixed")
    for kind, count in (("late", 12), ("torn", 3)):
        error = {"error": {"DataType": "String", "StringValue": kind}}
        queues.fill("mixed", count, MessageAttributes=error)
    seen = awsops(["sqs", "peek", name, "--group-by", "attributes.error", *DEV])
    assert [(row["kind"], row["messages"]) for row in seen.rows] == [("late", 12), ("torn", 3)]
    assert queues.depth("mixed") == (15, 0)


def test_peek_shows_only_what_is_asked_for(awsops: Any, queues: Queues) -> None:
    name = queues.make("mixed")
    queues.fill("mixed", 12)
    seen = awsops(["sqs", "peek", name, "--where", "ends_with(body, '7')", *DEV])
    assert [row["body"] for row in seen.rows] == ["body-7"]
    assert queues.depth("mixed") == (12, 0)


def test_peek_says_when_it_did_not_see_all(awsops: Any, queues: Queues) -> None:
    name = queues.make("mixed")
    queues.fill("mixed", 12)
    seen = awsops(["sqs", "peek", name, "-n", "5", "--group-by", "body", *DEV])
    assert "5 of about 12 messages were looked at" in seen.stderr


def test_a_mistyped_group_by_is_refused(awsops: Any, queues: Queues) -> None:
    seen = awsops(["sqs", "peek", queues.make("mixed"), "--group-by", "body[", *DEV])
    assert seen.exit_code == 2
    assert "--group-by" in seen.stderr


# -- ls --age ----------------------------------------------------------------------------------


def queue(name: str) -> Queue:
    return Queue(name, "standard", 1, 0, 0, None, None, f"https://queue/{name}")


def test_ages_are_asked_for_500_queues_at_a_time_and_the_newest_figure_counts() -> None:
    asked: list[int] = []

    class Metrics:
        def get_metric_data(self, **params: Any) -> Any:
            queries = params["MetricDataQueries"]
            asked.append(len(queries))
            results = [{"Id": q["Id"], "Values": [7.0, 99.0]} for q in queries[1:]]
            return {"MetricDataResults": results}

    rows = list(with_ages([queue(f"q{n}") for n in range(501)], Metrics(), 1_700_000_000.0))
    assert asked == [500, 1]
    ages = [row.oldest_seconds for row in rows if not hasattr(row, "level")]
    assert ages == [None, *[7] * 499, None]


def test_ls_with_ages_has_one_more_column(awsops: Any, queues: Queues) -> None:
    name = queues.make("inbox")
    rows = awsops(["sqs", "ls", name, "--age", *DEV]).rows
    assert rows[0]["name"] == name
    assert "oldest_seconds" in rows[0]


# -- attrs -------------------------------------------------------------------------------------


def test_attrs_that_only_shows_speaks_of_no_plan(awsops: Any, queues: Queues) -> None:
    shown = awsops(["sqs", "attrs", queues.make("inbox"), *DEV])
    assert shown.exit_code == 0
    assert shown.stderr == ""


def test_attrs_that_sets_what_is_set_says_that_there_is_nothing_to_do(
    awsops: Any, queues: Queues
) -> None:
    same = awsops(["sqs", "attrs", queues.make("inbox"), "--set", "DelaySeconds=0", *DEV])
    assert same.exit_code == 0
    assert "nothing to do" in same.stderr


def test_attrs_are_shown_without_a_question(awsops: Any, queues: Queues) -> None:
    shown = awsops(["sqs", "attrs", queues.make("inbox"), *DEV])
    values = {row["name"]: row["value"] for row in shown.rows}
    assert (shown.exit_code, values["VisibilityTimeout"]) == (0, "30")


def test_an_attribute_is_set_and_the_undo_sets_it_back(awsops: Any, queues: Queues) -> None:
    name = queues.make("inbox")
    words = ["sqs", "attrs", name, "--set", "VisibilityTimeout=2m", *DEV]
    planned = awsops([*words, "--dry-run"])
    assert (planned.rows[0]["before"], planned.rows[0]["after"]) == ("30", "120")
    assert awsops([*words, "-y"]).exit_code == 0
    assert queues.attributes("inbox")["VisibilityTimeout"] == "120"
    undo = planned.rows[0]["undo"].split()
    assert awsops([*undo[1:], "-y"]).exit_code == 0
    assert queues.attributes("inbox")["VisibilityTimeout"] == "30"


def test_what_is_set_already_is_no_change(awsops: Any, queues: Queues) -> None:
    done = awsops(["sqs", "attrs", queues.make("inbox"), "--set", "DelaySeconds=0", *DEV])
    assert done.exit_code == 0


def test_shorter_retention_warns_of_what_is_deleted() -> None:
    plan = describe_settings(
        QueueRef("inbox", "https://queue/inbox"),
        {"MessageRetentionPeriod": "345600"},
        read_settings(["MessageRetentionPeriod=1d"]),
        [],
    )
    assert "deleted for good" in plan.warnings[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("VisibilityTimeout", "Name=value"),
        ("VisibiltyTimeout=30", "did you mean VisibilityTimeout"),
        ("VisibilityTimeout=13h", "between"),
        ("DelaySeconds=1.5s", "whole seconds"),
        ("ContentBasedDeduplication=yes", "true or false"),
        ("RedrivePolicy={", "not JSON"),
        ("QueueArn=x", "sets no such attribute"),
    ],
)
def test_a_setting_that_sqs_would_refuse_is_refused_before(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings([text])
    assert said in f"{caught.value.message} {caught.value.hint}"


# -- policy ------------------------------------------------------------------------------------


def test_policy_shows_sources_below_their_dead_letter_queue(awsops: Any, queues: Queues) -> None:
    queues.make("dead")
    queues.make("orders", dlq="dead")
    queues.make("refunds", dlq="dead")
    queues.fill("dead", 4)
    rows = awsops(["sqs", "policy", queues.name("*"), *DEV]).rows
    assert [(row["tree"], row["visible"]) for row in rows] == [
        (queues.name("dead"), 4),
        (f"├─ {queues.name('orders')}", 0),
        (f"└─ {queues.name('refunds')}", 0),
    ]


def test_the_tree_is_ascii_on_a_terminal_without_its_signs(awsops: Any, queues: Queues) -> None:
    queues.make("dead")
    queues.make("orders", dlq="dead")
    words = ["sqs", "policy", queues.name("*"), *DEV, "--fields", "tree"]
    shown = awsops(words, tty=True, environ={"LC_ALL": "C"}).stdout
    assert f"`- {queues.name('orders')}" in shown.splitlines()


def facts(name: str, dlq: str | None = None, **changes: Any) -> QueueFacts:
    arn = "arn:aws:sqs:eu-west-1:123456789012:"
    known = {
        "visible": 0,
        "in_flight": 0,
        "delayed": 0,
        "max_receive_count": 3,
        "max_message_bytes": 1_048_576,
        "content_dedup": False,
        **changes,
    }
    ref = QueueRef(name, f"https://queue/{name}")
    return QueueFacts(ref=ref, arn=arn + name, dlq_arn=arn + dlq if dlq else None, **known)


@pytest.mark.parametrize(
    ("source", "dead", "said"),
    [
        (facts("orders", "dead"), None, "no such queue"),
        (facts("orders", "dead", retention=1_209_600), facts("dead"), "keeps messages for 4d"),
        (facts("orders", "dead.fifo"), facts("dead.fifo"), "FIFO"),
        (facts("orders", "dead", max_receive_count=1), facts("dead"), "one failed receive"),
    ],
)
def test_policy_says_what_is_wrong(source: QueueFacts, dead: Any, said: str) -> None:
    rows = wiring([source, *([dead] if dead else [])])
    assert said in " ".join(row.problem or "" for row in rows)


def test_policy_does_not_say_of_a_queue_that_may_not_be_read_that_there_is_none(
    awsops: Any, queues: Queues
) -> None:
    dlq = queues.make("dead")
    orders = queues.make("orders", dlq="dead")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:GetQueueAttributes"}
    policy = {"Statement": [{**statement, "Resource": queues.attributes("dead")["QueueArn"]}]}
    queues.client.set_queue_attributes(
        QueueUrl=queues.url("dead"), Attributes={"Policy": json.dumps(policy)}
    )
    shown = awsops(["sqs", "policy", orders, *DEV])
    assert shown.rows[0]["problem"] == "its attributes may not be read"
    assert f"1 queue whose attributes may not be read: {dlq}" in " ".join(shown.stderr.split())


def test_good_wiring_has_no_problem() -> None:
    rows = list(wiring([facts("orders", "dead"), facts("dead", retention=1_209_600)]))
    assert [row.problem for row in rows] == [None, None]


# -- send --many -------------------------------------------------------------------------------


def test_a_file_of_messages_is_sent_with_all_they_carry(
    awsops: Any, queues: Queues, tmp_path: Any
) -> None:
    name = queues.make("inbox")
    lines = [{"body": f"plain-{n}"} for n in range(24)]
    lines.append({"body": {"id": 5}, "attributes": {"tenant": "acme", "tries": 3}})
    path = tmp_path / "many.ndjson"
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    done = awsops(["sqs", "send", name, "--many", str(path), "-y", *DEV])
    assert len({row["message_id"] for row in done.rows}) == 25, done.stderr
    found = {message["Body"]: message for message in queues.drain("inbox")}
    assert set(found) == {*(f"plain-{n}" for n in range(24)), '{"id":5}'}
    kinds = {n: v["DataType"] for n, v in found['{"id":5}']["MessageAttributes"].items()}
    assert kinds == {"tenant": "String", "tries": "Number"}


def test_many_messages_of_a_group_keep_their_order(awsops: Any, queues: Queues) -> None:
    name = queues.make("line.fifo")
    lines = [{"body": f"{n}", "group_id": f"g{n % 2}", "dedup_id": f"d{n}"} for n in range(12)]
    text = "\n".join(json.dumps(line) for line in lines)
    done = awsops(["sqs", "send", name, "--many", "-", "-y", *DEV], stdin=text)
    assert done.exit_code == 0, done.stderr
    numbers = [int(message["Body"]) for message in queues.drain("line.fifo")]
    assert [n for n in numbers if n % 2] == [1, 3, 5, 7, 9, 11]
    assert [n for n in numbers if not n % 2] == [0, 2, 4, 6, 8, 10]


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "{",
        '{"attributes": {}}',
        '{"body": ""}',
        '{"body": "x", "grp": 1}',
        '{"body": "x", "dedup_id": "d"}',
        '{"body": "x", "attributes": {"a": null}}',
    ],
)
def test_a_line_that_is_no_message_is_named_and_nothing_is_sent(
    awsops: Any, queues: Queues, line: str
) -> None:
    name = queues.make("inbox")
    text = f'{{"body": "good"}}\n{line}\n'
    done = awsops(["sqs", "send", name, "--many", "-", "-y", *DEV], stdin=text)
    assert done.exit_code == 2
    assert "line 2" in done.stderr
    assert queues.depth("inbox") == (0, 0)
