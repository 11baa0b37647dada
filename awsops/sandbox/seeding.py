"""What the accounts hold at the start: queues, and messages that have really failed.

Runs inside the server: each message gets what AWS would have given it had it been received too
often, without the calls that would take.
"""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

from awsops.sandbox.accounts import ACCOUNTS, USER, Account
from awsops.sandbox.identity import stable_id
from awsops.sandbox.sqs.message import Message, md5_of_text
from awsops.sandbox.sqs.queue import Queue, QueueKey
from awsops.sandbox.sqs.registry import Registry

QUEUE = "orders"
DLQ = "orders-dlq"
MAX_RECEIVES = 3
FIFO_MESSAGES = 6
OLDEST_SECONDS = 6 * 3600.0  # the first message failed about six hours ago
YOUNGEST_SECONDS = 600.0  # the last one ten minutes ago
MAX_MESSAGES = 100_000

_CURRENCIES = ("EUR", "GBP", "SEK", "PLN")


def seed_accounts(registry: Registry, messages: int) -> dict[str, int]:
    """Makes the seeded queues anew in all accounts; returns the depth of each DLQ by account.

    messages: how many dead letters an account gets, 0 to 100,000. Whatever these queues held
    before is gone; other queues are left alone.
    """
    if not 0 <= messages <= MAX_MESSAGES:
        raise ValueError(f"messages={messages}: expected 0 to {MAX_MESSAGES}")
    with registry.lock:
        for account in ACCOUNTS:
            _seed_account(registry, account, messages)
    return {account.account_id: messages for account in ACCOUNTS}


def _seed_account(registry: Registry, account: Account, messages: int) -> None:
    registry.remove_silently(
        _key(account, f"{name}{suffix}") for name in (QUEUE, DLQ) for suffix in ("", ".fifo")
    )
    now = registry.clock()
    # The same letters for the same account each time; only ids and times differ.
    dice = random.Random(account.account_id)
    source, dlq = _make_pair(registry, account, "")
    for number in range(messages):
        age = OLDEST_SECONDS - (OLDEST_SECONDS - YOUNGEST_SECONDS) * number / max(messages, 1)
        message = _letter(account, number, now - age, dice)
        registry.put_dead(message, source, dlq)
    source, dlq = _make_pair(registry, account, ".fifo")
    for number in range(FIFO_MESSAGES if messages else 0):
        message = _letter(account, number, now - YOUNGEST_SECONDS, dice)
        message.group = f"customer-{number % 2}"
        message.dedup = f"order-{number}"
        registry.put_dead(message, source, dlq)


def _make_pair(registry: Registry, account: Account, suffix: str) -> tuple[Queue, Queue]:
    """A queue and its dead-letter queue, FIFO or not by the suffix."""
    kind = {"FifoQueue": "true"} if suffix else {}
    tags = {"service": "orders", "stage": account.profile.removeprefix("demo-")}
    keep = {"MessageRetentionPeriod": "1209600"}  # dead letters are kept as long as SQS allows
    dlq = registry.create(_key(account, DLQ + suffix), {**kind, **keep}, tags)
    policy = json.dumps({"deadLetterTargetArn": dlq.arn, "maxReceiveCount": MAX_RECEIVES})
    source = registry.create(_key(account, QUEUE + suffix), {**kind, "RedrivePolicy": policy}, tags)
    return source, dlq


def _key(account: Account, name: str) -> QueueKey:
    return QueueKey(account.account_id, account.region, name)


def _letter(account: Account, number: int, sent_at: float, dice: random.Random) -> Message:
    """One message that was received too often: declined payments, and bodies of a wrong shape."""
    declined = dice.random() < 0.7
    body = _order(account, number, dice)
    if not declined:
        body["amount"] = f"{body['amount']},-"  # a string where a number belongs
        del body["currency"]
    text = json.dumps(body)
    return Message(
        id=str(uuid.UUID(int=random.getrandbits(128), version=4)),
        body=text,
        md5=md5_of_text(text),
        attributes=dict(_attributes("PaymentDeclined" if declined else "SchemaMismatch", dice)),
        sender=stable_id("AIDA", f"arn:aws:iam::{account.account_id}:user/{USER}"),
        sent_at=sent_at,
        trace=_trace(sent_at, dice),
        received=MAX_RECEIVES,
        first_received_at=sent_at + 1 + dice.random(),
    )


def _order(account: Account, number: int, dice: random.Random) -> dict[str, Any]:
    stage = account.profile.removeprefix("demo-").upper()
    return {
        "order_id": f"{stage}-{100_000 + number}",
        "customer": f"customer-{dice.randrange(1000):03d}",
        "amount": round(dice.uniform(5, 500), 2),
        "currency": dice.choice(_CURRENCIES),
        "items": [{"sku": f"SKU-{dice.randrange(10_000):04d}", "quantity": dice.randint(1, 5)}],
    }


def _attributes(error: str, dice: random.Random) -> Iterator[tuple[str, dict[str, str]]]:
    """Every kind of attribute: String, Number, Binary and a custom label."""
    yield "error", {"DataType": "String", "StringValue": error}
    yield "attempts", {"DataType": "Number", "StringValue": str(MAX_RECEIVES)}
    digest = base64.b64encode(dice.randbytes(8)).decode()
    yield "digest", {"DataType": "Binary", "BinaryValue": digest}
    yield (
        "tenant",
        {"DataType": "String.uuid", "StringValue": str(uuid.UUID(bytes=dice.randbytes(16)))},
    )


def _trace(sent_at: float, dice: random.Random) -> str:
    """An X-Ray trace header: version, epoch seconds in hex, 96 random bits."""
    root = f"1-{int(sent_at):08x}-{dice.randbytes(12).hex()}"
    return f"Root={root};Parent={dice.randbytes(8).hex()};Sampled=1"
