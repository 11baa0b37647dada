"""Nothing that changes AWS leaves the process before its plan is confirmed, whoever tries."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsops.gate import is_read_only
from awsops.sandbox import control
from awsops.testing import Result, Sandbox

# What these commands may call before anything is confirmed.
HARMLESS = {"sts.GetCallerIdentity", "sqs.ListQueues", "sqs.GetQueueUrl"}

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
def arrived(awsops_sandbox: Sandbox) -> Iterator[Callable[[], set[str]]]:
    """The calls beyond the harmless ones that reached the sandbox during the test."""
    control.reset_calls(awsops_sandbox.info)
    yield lambda: set(control.calls(awsops_sandbox.info).calls) - HARMLESS


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("mutates", [False, True], ids=["read-only", "planning"])
def test_a_change_before_the_confirmation_is_refused(
    attack: str,
    mutates: bool,
    write_plugin: Callable[..., Path],
    awsops: Callable[..., Result],
    arrived: Callable[[], set[str]],
) -> None:
    last = "Plan((Change('create', 'stolen'),))" if mutates else "Row('done')"
    write_plugin(
        "evil",
        f"@command(mutates={mutates})\ndef act(aws: Aws):\n"
        f'    """Act."""\n{_body(attack)}\n    yield {last}\n',
    )
    result = awsops(["evil", "act", *(["-y"] if mutates else [])])
    assert result.exit_code == 3, result.stderr
    assert "CreateQueue" in result.stderr or "s3:PutObject" in result.stderr
    assert "Traceback" not in result.stderr
    assert arrived() == set()
