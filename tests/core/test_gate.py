"""Nothing that changes AWS leaves the process before its plan is confirmed, whoever tries."""

from __future__ import annotations

import json
import sys
import textwrap
import time
from collections.abc import Callable
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awsops.gate import RefusedCallError, is_read_only
from awsops.journal import CallEntry, Journal
from awsops.sandbox import control
from awsops.testing import Result, Sandbox

if TYPE_CHECKING:
    from tests.conftest import Answer, Call, Loopback

# What these commands may call before anything is confirmed.
HARMLESS = {"sts.GetCallerIdentity", "sqs.ListQueues", "sqs.GetQueueUrl", "iam.ListAccountAliases"}

KEYS = (
    "aws_access_key_id='AKIADEMODEVXXEXAMPLE', "
    "aws_secret_access_key='not/a/secret/of/demo-dev/xxxxxxxxEXAMPLE', region_name='eu-west-1'"
)
BOTO3 = f"import boto3; boto3.Session({KEYS}).client('sqs').create_queue(QueueName='stolen')"
BOTOCORE = (
    f"import botocore.session; botocore.session.Session().create_client('sqs', {KEYS})"
    ".create_queue(QueueName='stolen')"
)
CREATE = "aws.client('sqs').create_queue(QueueName='stolen')"

# Statements of a command without a confirmed plan.
ATTACKS = {
    "directly": CREATE,
    "from a thread of the target's pool": f"aws.pool(2).submit(lambda: {CREATE}).result()",
    "with a botocore session of its own": BOTOCORE,
    "with a boto3 session of its own": BOTO3,
    "with the default boto3 session": f"""
        import boto3
        boto3.setup_default_session({KEYS})
        boto3.resource('sqs').create_queue(QueueName='stolen')
        """,
    "with a presigned URL": """
        import urllib.request
        url = aws.client('sqs').generate_presigned_url('create_queue', {'QueueName': 'stolen'})
        urllib.request.urlopen(url)
        """,
    "with a presigned POST": "aws.client('s3').generate_presigned_post('bucket', 'key')",
    "through the client behind a paginator": """
        pages = aws.client('sqs').get_paginator('list_queues')
        list(pages.paginate())
        pages._method.__self__.create_queue(QueueName='stolen')
        """,
    "swallowing the refusal": f"""
        try:
            {CREATE}
        except Exception:
            pass
        """,
    "swallowing the refusal in its pool": f"aws.pool(1).submit(lambda: {CREATE}).exception()",
    "swallowing the refusal in a thread of its own": f"""
        def work():
            try:
                {CREATE}
            except Exception:
                pass
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        """,
    "from a thread of its own": f"""
        thread = threading.Thread(target=lambda: {CREATE})
        thread.start()
        thread.join()
        """,
    "from a thread and a session of its own": f"""
        def work():
            {BOTO3}
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        """,
    "with a request that it signs through botocore": """
        from botocore.awsrequest import AWSRequest
        aws.client('sqs')._request_signer.sign('CreateQueue', AWSRequest('POST', 'http://x/'))
        """,
}


def _body(statements: str) -> str:
    return textwrap.indent(textwrap.dedent(statements).strip(), "    ")


@pytest.fixture
def arrived(awsops_sandbox: Sandbox) -> Callable[[], set[str]]:
    """The calls beyond the harmless ones that reached the sandbox during the test."""
    control.reset_calls(awsops_sandbox.info)
    return lambda: set(control.calls(awsops_sandbox.info).calls) - HARMLESS


@pytest.fixture
def attack(write_plugin: Callable[..., Path]) -> Callable[..., None]:
    """`attack(statements)` is the drop-in command `evil act`; `mutates=True` yields a Plan."""

    def write(statements: str, *, mutates: bool = False, before: str = "", after: str = "") -> None:
        last = "Plan((Change('create', 'stolen'),))" if mutates else "Row('done')"
        write_plugin(
            "evil",
            f"{textwrap.dedent(before)}\n@command(mutates={mutates})\ndef act(aws: Aws):\n"
            f'    """Act."""\n{_body(statements)}\n    yield {last}\n{_body(after)}\n',
        )

    return write


def refused(result: Result, call: str = "sqs:CreateQueue") -> None:
    assert result.exit_code == 3, result
    assert call in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("statements", ATTACKS.values(), ids=ATTACKS)
def test_a_change_in_a_read_only_command_is_refused(
    statements: str,
    attack: Callable[..., None],
    awsops: Callable[..., Result],
    arrived: Callable[[], set[str]],
) -> None:
    attack(statements)
    result = awsops(["evil", "act"])
    refused(result, "s3:PutObject" if "presigned_post" in statements else "CreateQueue")
    assert arrived() == set()


@pytest.mark.parametrize(
    "way", ["directly", "swallowing the refusal", "from a thread of its own"], ids=str
)
def test_a_change_before_the_plan_is_refused_and_the_plan_never_carried_out(
    way: str,
    attack: Callable[..., None],
    awsops: Callable[..., Result],
    arrived: Callable[[], set[str]],
) -> None:
    attack(ATTACKS[way], mutates=True, after=CREATE)
    refused(awsops(["evil", "act", "--yes"]))
    assert arrived() == set()


def test_a_change_after_the_plan_is_refused_in_a_dry_run(
    attack: Callable[..., None], awsops: Callable[..., Result], arrived: Callable[[], set[str]]
) -> None:
    attack("pass", mutates=True, after=CREATE)
    result = awsops(["evil", "act", "--dry-run"])
    assert (result.exit_code, arrived()) == (0, set())
    assert "create" in result.stderr


@pytest.mark.parametrize("swallow", [False, True], ids=["openly", "swallowing the refusal"])
def test_a_change_while_a_dry_run_closes_the_command_is_refused(
    swallow: bool,
    write_plugin: Callable[..., Path],
    awsops: Callable[..., Result],
    arrived: Callable[[], set[str]],
) -> None:
    cleanup = f"""try:
                    {CREATE}
                except Exception:
                    {"pass" if swallow else "raise"}"""
    write_plugin(
        "evil",
        f"""
        @command(mutates=True)
        def act(aws: Aws):
            try:
                yield Plan((Change("create", "stolen"),))
            finally:
                {cleanup}
        """,
    )
    refused(awsops(["evil", "act", "--dry-run"]))
    assert arrived() == set()


def test_a_change_after_a_plan_without_changes_is_refused(
    write_plugin: Callable[..., Path],
    awsops: Callable[..., Result],
    arrived: Callable[[], set[str]],
) -> None:
    write_plugin(
        "evil",
        f"""
        @command(mutates=True)
        def act(aws: Aws):
            yield Plan(())
            {CREATE}
        """,
    )
    refused(awsops(["evil", "act", "--yes"]))
    assert arrived() == set()


def test_a_thread_that_outlives_its_confirmed_command_is_refused(
    write_plugin: Callable[..., Path],
    awsops: Callable[..., Result],
    arrived: Callable[[], set[str]],
) -> None:
    write_plugin(
        "evil",
        f"""
        GO, LEFT_OVER = threading.Event(), []

        @command(mutates=True)
        def act(aws: Aws):
            yield Plan((Change("create", "stolen"),))
            def later():
                GO.wait(30)
                {CREATE}
            LEFT_OVER.append(aws.pool(1).submit(later))
            yield Row("done")
        """,
    )
    assert awsops(["evil", "act", "--yes"]).exit_code == 0
    module = sys.modules["awsops_dropins.evil"]
    module.GO.set()
    assert isinstance(module.LEFT_OVER[0].exception(timeout=30), RefusedCallError)
    assert arrived() == set()


@pytest.mark.parametrize("make", [BOTO3, BOTOCORE], ids=["boto3", "botocore"])
def test_a_session_made_while_the_plugin_is_imported_is_behind_the_gate(
    make: str,
    attack: Callable[..., None],
    awsops: Callable[..., Result],
    arrived: Callable[[], set[str]],
) -> None:
    client, _, call = make.rpartition(".create_queue")
    imports, _, client = client.rpartition("; ")
    attack(f"CLIENT.create_queue{call}", before=f"{imports}\nCLIENT = {client}")
    refused(awsops(["evil", "act"]))
    assert arrived() == set()


def test_a_change_while_the_plugin_is_imported_is_refused(
    attack: Callable[..., None], awsops: Callable[..., Result], arrived: Callable[[], set[str]]
) -> None:
    attack("pass", before=BOTO3)
    result = awsops(["evil", "act"])
    assert result.exit_code == 7
    assert "sqs:CreateQueue" in result.stderr
    assert arrived() == set()


def test_a_thread_without_a_target_cannot_sign_even_to_read(
    attack: Callable[..., None], awsops: Callable[..., Result], arrived: Callable[[], set[str]]
) -> None:
    attack("""
        thread = threading.Thread(target=lambda: aws.client('sts').get_caller_identity())
        thread.start()
        thread.join()
        """)
    result = awsops(["evil", "act"])
    assert result.exit_code == 3
    assert "works for no target" in result.stderr
    assert "aws.pool" in result.stderr
    assert "Traceback" not in result.stderr
    assert arrived() == set()


def test_the_threads_of_each_pool_sign_for_their_own_target(
    write_plugin: Callable[..., Path], cli: Callable[..., Result], loopback: Loopback
) -> None:
    write_plugin(
        "who",
        """
        @command()
        def am(aws: Aws):
            def ask(number):
                return aws.client("sts").get_caller_identity()["Account"]
            with aws.pool(4) as pool:
                for account in pool.map(ask, range(8)):
                    yield Row(account)
        """,
    )
    names = [f"p{number}" for number in range(1, 31)]
    result = cli(["who", "am", "-p", "p*"], environ=loopback.accounts(names))
    assert result.exit_code == 0, result.stderr
    answered = {(row["profile"], row["name"]) for row in result.rows}
    assert len(result.rows) == 240
    assert answered == {(f"p{number}", f"{number:012d}") for number in range(1, 31)}


def test_a_thread_of_its_own_is_refused_even_after_the_confirmation(
    write_plugin: Callable[..., Path],
    awsops: Callable[..., Result],
    arrived: Callable[[], set[str]],
) -> None:
    write_plugin(
        "evil",
        f"""
        @command(mutates=True)
        def act(aws: Aws):
            yield Plan((Change("create", "stolen"),))
            thread = threading.Thread(target=lambda: {CREATE})
            thread.start()
            thread.join()
            yield Row("done")
        """,
    )
    refused(awsops(["evil", "act", "--yes"]))
    assert arrived() == set()


def test_a_command_about_awsops_itself_changes_nothing_in_aws(
    write_plugin: Callable[..., Path],
    awsops: Callable[..., Result],
    arrived: Callable[[], set[str]],
) -> None:
    write_plugin("evil", f"@command()\ndef act(host: Host):\n    {BOTO3}\n    yield Row('done')\n")
    refused(awsops(["evil", "act"]))
    assert arrived() == set()


# -- what is let through ------------------------------------------------------------------


def test_a_declared_call_needs_no_plan(
    write_plugin: Callable[..., Path], cli: Callable[..., Result], loopback: Loopback
) -> None:
    write_plugin(
        "good",
        """
        @command(calls=["sqs:ChangeMessageVisibility"])
        def act(aws: Aws):
            aws.client("sqs").change_message_visibility(
                QueueUrl="http://127.0.0.1/q", ReceiptHandle="r", VisibilityTimeout=0)
            yield Row("done")
        """,
    )
    result = cli(["good", "act", "-p", "a"], environ=loopback.accounts(["a"]))
    assert result.exit_code == 0, result.stderr
    assert "ChangeMessageVisibility" in loopback.operations()


SEND = """
    @command(mutates=True)
    def send(aws: Aws):
        yield Plan((Change("send", "orders"),))
        aws.client("sqs").send_message(
            QueueUrl="http://127.0.0.1/1/orders", MessageBody="hunter2 is the password")
        yield Row("sent")
    """


@pytest.fixture
def journalled(tmp_path: Path) -> Callable[[], list[CallEntry]]:
    """The calls of the newest run in the journal of `awsops` (home: tmp_path)."""

    def read() -> list[CallEntry]:
        path = tmp_path / ".local/state/awsops/journal.sqlite3"
        journal = Journal(path, time.time)
        runs = journal.runs()
        calls = journal.calls(runs[0].run_id) if runs else []
        journal.close()
        return calls

    return read


ACCEPTED = json.dumps(
    {"MessageId": "m-1", "MD5OfMessageBody": md5(b"hunter2 is the password").hexdigest()}
)


def sent(
    cli: Callable[..., Result], loopback: Loopback, answer: Callable[[Call], Answer]
) -> Result:
    """Send one message to a queue whose service answers so."""
    loopback.answer = lambda call: (
        answer(call) if call.operation == "SendMessage" else loopback.usual(call)
    )
    environ = loopback.accounts(["first", "orders-prod"])
    return cli(["good", "send", "-p", "orders-prod", "--yes"], environ=environ)


def test_a_confirmed_change_is_journalled_with_who_where_and_what_came_of_it(
    write_plugin: Callable[..., Path],
    cli: Callable[..., Result],
    loopback: Loopback,
    journalled: Callable[[], list[CallEntry]],
) -> None:
    write_plugin("good", SEND)
    assert sent(cli, loopback, lambda call: (200, ACCEPTED)).exit_code == 0
    [call] = journalled()
    assert (call.record.service, call.record.operation) == ("sqs", "SendMessage")
    assert call.record.account == "000000000002"
    assert call.record.caller_arn == "arn:aws:iam::000000000002:user/tester"
    assert (call.record.profile, call.record.region) == ("orders-prod", "eu-west-1")
    assert (call.outcome, call.request_id) == ("ok", "req-loopback")


def test_the_journal_keeps_the_queue_but_not_the_body(
    write_plugin: Callable[..., Path],
    cli: Callable[..., Result],
    loopback: Loopback,
    journalled: Callable[[], list[CallEntry]],
    tmp_path: Path,
) -> None:
    write_plugin("good", SEND)
    sent(cli, loopback, lambda call: (200, ACCEPTED))
    assert "/1/orders" in journalled()[0].record.params_json
    written = b"".join(f.read_bytes() for f in tmp_path.glob(".local/state/awsops/*"))
    assert b"hunter2" not in written


def test_a_change_that_aws_refuses_is_journalled_as_an_error(
    write_plugin: Callable[..., Path],
    cli: Callable[..., Result],
    loopback: Loopback,
    journalled: Callable[[], list[CallEntry]],
) -> None:
    write_plugin("good", SEND)
    result = sent(cli, loopback, lambda call: loopback.refusal(call, "QueueDoesNotExist"))
    assert result.exit_code == 5
    [call] = journalled()
    assert (call.outcome, call.request_id) == ("error", "req-loopback")
    assert call.error_code == "QueueDoesNotExist"


def test_a_change_whose_answer_is_lost_is_journalled_as_unknown(
    write_plugin: Callable[..., Path],
    cli: Callable[..., Result],
    loopback: Loopback,
    journalled: Callable[[], list[CallEntry]],
) -> None:
    write_plugin("good", SEND)
    result = sent(cli, loopback, lambda call: None)
    assert result.exit_code == 1
    assert "may have been made" in result.stderr
    [call] = journalled()
    assert (call.outcome, call.error_code) == ("unknown", "ConnectionClosedError")


def test_a_session_of_the_plugins_own_is_journalled_too_once_confirmed(
    write_plugin: Callable[..., Path],
    cli: Callable[..., Result],
    loopback: Loopback,
    journalled: Callable[[], list[CallEntry]],
) -> None:
    write_plugin(
        "good",
        f"""
        @command(mutates=True)
        def act(aws: Aws):
            yield Plan((Change("create", "queue"),))
            {BOTOCORE}
            yield Row("done")
        """,
    )
    result = cli(["good", "act", "-p", "a", "-y"], environ=loopback.accounts(["a"]))
    assert result.exit_code == 0, result.stderr
    assert [call.record.operation for call in journalled()] == ["CreateQueue"]


def test_a_presigned_change_is_journalled_as_unknown_once_confirmed(
    write_plugin: Callable[..., Path],
    cli: Callable[..., Result],
    loopback: Loopback,
    journalled: Callable[[], list[CallEntry]],
) -> None:
    write_plugin(
        "good",
        """
        @command(mutates=True)
        def act(aws: Aws):
            yield Plan((Change("presign", "queue"),))
            aws.client("sqs").generate_presigned_url("delete_queue", {"QueueUrl": "http://x/q"})
            yield Row("done")
        """,
    )
    result = cli(["good", "act", "-p", "a", "-y"], environ=loopback.accounts(["a"]))
    assert result.exit_code == 0, result.stderr
    [call] = journalled()
    assert (call.record.operation, call.outcome) == ("DeleteQueue", "unknown")


def test_a_change_that_cannot_be_journalled_is_not_made(
    write_plugin: Callable[..., Path], cli: Callable[..., Result], loopback: Loopback
) -> None:
    write_plugin("good", SEND)
    in_the_way = loopback.folder / "file"
    in_the_way.write_text("")
    environ = {**loopback.accounts(["a"]), "AWSOPS_STATE_DIR": str(in_the_way / "state")}
    result = cli(["good", "send", "-p", "a", "--yes"], environ)
    assert (result.exit_code, loopback.operations()) == (
        1,
        ["GetCallerIdentity", "ListAccountAliases"],
    )
    assert "could not be journalled" in result.stderr


def test_a_run_that_changes_nothing_leaves_no_journal(
    awsops: Callable[..., Result], tmp_path: Path, write_plugin: Callable[..., Path]
) -> None:
    write_plugin("good", SEND)
    assert awsops(["good", "send", "--dry-run"]).exit_code == 0
    assert not (tmp_path / ".local/state/awsops").exists()


# -- judged by name -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "sqs:GetQueueAttributes",
        "logs:FilterLogEvents",
        "sqs:ReceiveMessage",
        "dynamodb:BatchGetItem",
        "sts:AssumeRoleWithWebIdentity",
        "cloudtrail:LookupEvents",
        "s3:HeadObject",
        "sts:DecodeAuthorizationMessage",
        "iam:SimulatePrincipalPolicy",
        "sso-oidc:CreateToken",
    ],
)
def test_a_reading_name_is_read_only(call: str) -> None:
    assert is_read_only(call)


@pytest.mark.parametrize(
    "call",
    [
        "sqs:SendMessage",
        "logs:StartQuery",
        "lambda:Invoke",
        "dynamodb:ExecuteStatement",
        "sqs:ChangeMessageVisibility",
        "cognito-identity:GetId",
        "redshift:GetClusterCredentials",
        "sagemaker:GetScalingConfigurationRecommendation",
        "x:Listen",
        "x:Gettysburg",
        "x:Header",
        "x:ForgetThing",
        "x:",
    ],
)
def test_any_other_name_is_a_change(call: str) -> None:
    assert not is_read_only(call)
