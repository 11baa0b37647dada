"""A loopback SQS that answers after a delay and counts, made to cost the machine little.

Run as a program of its own, so that its work is not the measured process's:

    python tests/bench/sqs_server.py --delay 0.01

It prints its port and serves until its standard input is closed. The dead-letter queue `dead`
holds as many messages as `POST /-/fill?count=10000` says, all from the queue `orders`. Nothing is
stored: a message is made when it is received, so a million cost what ten thousand do. What was
sent and deleted is counted by `GET /-/counts`, and so are the seconds from the first receive to
the last delete that was answered. A delete of what was not sent before is counted as `early`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from urllib.parse import parse_qsl, urlsplit

from http_server import caller, until_stdin_ends  # the file beside this one

ACCOUNT = "000000000012"
REGION = "us-east-1"
DEAD, ORDERS = "dead", "orders"
EMPTY_WAIT = 0.2  # seconds; the longest that an empty poll waits here, whatever was asked for

# About what SQS's own receipt handles and a small order measure.
_HANDLE_TAIL = "AQEB" + "wJnKyrHig+UMZj6rYigCgx/laS3SLy0a" * 10 + "=="
_BODY = json.dumps(
    {
        "order": "%d",
        "customer": {"id": "c-4711", "name": "Ada Example", "country": "NL"},
        "lines": [{"sku": f"sku-{n}", "count": n, "price": "9.95"} for n in range(1, 6)],
        "note": "leave it at the door",
    }
)


class Queues:
    """What is left in the dead-letter queue, and what was done."""

    def __init__(self) -> None:
        self.fill(0)

    def fill(self, count: int) -> None:
        self.left = self.next = count
        self.calls: Counter[str] = Counter()
        self.sent = self.deleted = self.early = 0
        self.first = self.last = 0.0
        self._in_work: dict[str, bool] = {}  # order number to whether it was sent

    def counts(self) -> dict[str, object]:
        return {
            "calls": self.calls,
            "sent": self.sent,
            "deleted": self.deleted,
            "early": self.early,
            "seconds": self.last - self.first,
        }

    def receive(self, count: int) -> list[dict[str, object]]:
        now = time.time()
        self.first = self.first or now
        found = []
        for _ in range(min(count, self.next)):
            self.next -= 1
            number = str(self.next)
            self._in_work[number] = False
            found.append(_message(number, now))
        return found

    def send(self, entries: list[dict[str, str]]) -> dict[str, object]:
        done = []
        for entry in entries:
            number = json.loads(entry["MessageBody"])["order"]
            self._in_work[number] = True
            self.sent += 1
            copy = {"Id": entry["Id"], "MessageId": f"copy-{self.sent}", "MD5OfMessageBody": "0"}
            done.append(copy)
        return {"Successful": done}

    def delete(self, entries: list[dict[str, str]]) -> dict[str, object]:
        refused = [e for e in entries if not e["ReceiptHandle"].endswith(_HANDLE_TAIL)]
        if refused:  # no handle of a message: whoever asks wants to know whether it may delete
            code = "ReceiptHandleIsInvalid"
            failed = [{"Id": e["Id"], "Code": code, "SenderFault": True} for e in refused]
            return {"Failed": failed}
        for entry in entries:
            number = entry["ReceiptHandle"].partition(".")[0]
            if not self._in_work.pop(number, False):
                self.early += 1
            self.deleted += 1
            self.left -= 1
        self.last = time.time()
        return {"Successful": [{"Id": entry["Id"]} for entry in entries]}


def _message(number: str, now: float) -> dict[str, object]:
    sent = str(int((now - 86_400) * 1000))
    return {
        "MessageId": f"00000000-0000-4000-8000-{number:0>12}",
        "ReceiptHandle": f"{number}.{_HANDLE_TAIL}",
        "MD5OfBody": "0" * 32,
        "Body": _BODY.replace("%d", number),
        "Attributes": {
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": sent,
            "ApproximateReceiveCount": "4",
            "SentTimestamp": sent,
            "DeadLetterQueueSourceArn": _arn(ORDERS),
            "AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793",
        },
        "MessageAttributes": {
            "tenant": {"StringValue": "acme", "DataType": "String"},
            "attempt": {"StringValue": "3", "DataType": "Number"},
        },
    }


def _arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


class Connection(asyncio.Protocol):
    """One client's connection: requests are answered in turn, each after the delay."""

    def __init__(self, queues: Queues, delay: float, url: str) -> None:
        self._queues = queues
        self._delay = delay
        self._url = url
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        size = int(headers.get("content-length", "0"))
        if len(self._buffer) < end + 4 + size:
            return
        body = self._buffer[end + 4 : end + 4 + size]
        self._buffer = self._buffer[end + 4 + size :]
        self._handle(first.split(" ")[1], headers, body)

    def _handle(self, target: str, headers: dict[str, str], body: bytes) -> None:
        kind, delay = "application/x-amz-json-1.0", self._delay
        if target.startswith("/-/"):
            parts = urlsplit(target)
            if parts.path == "/-/fill":
                self._queues.fill(int(dict(parse_qsl(parts.query))["count"]))
            text, delay = json.dumps(self._queues.counts()), 0.0
        elif "x-amz-target" not in headers:
            text, kind = caller(ACCOUNT), "text/xml"
        else:
            operation = headers["x-amz-target"].partition(".")[2]
            self._queues.calls[operation] += 1
            params = json.loads(body)
            answer = self._answer(operation, params)
            text = json.dumps(answer)
            if operation == "ReceiveMessage" and not answer:
                delay = max(delay, min(params.get("WaitTimeSeconds", 0), EMPTY_WAIT))
        content = text.encode()
        now = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        lines = (
            "HTTP/1.1 200 OK",
            "x-amzn-RequestId: 8b8d1f02-52ab-5b7c-9c7f-4a1b1d7a2e11",
            f"Date: {now}",
            f"Content-Type: {kind}",
            f"content-length: {len(content)}",
            "connection: keep-alive",
            "\r\n",
        )
        answered = "\r\n".join(lines).encode() + content
        asyncio.get_running_loop().call_later(delay, self._write, answered)

    def _answer(self, operation: str, params: dict[str, object]) -> dict[str, object]:
        queues, entries = self._queues, params.get("Entries", [])
        assert isinstance(entries, list)
        if operation == "ReceiveMessage":
            found = queues.receive(int(str(params.get("MaxNumberOfMessages", 1))))
            return {"Messages": found} if found else {}
        if operation == "SendMessageBatch":
            return queues.send(entries)
        if operation == "DeleteMessageBatch":
            return queues.delete(entries)
        if operation == "GetQueueUrl":
            return {"QueueUrl": f"{self._url}/{ACCOUNT}/{params['QueueName']}"}
        if operation == "ListDeadLetterSourceQueues":
            return {"queueUrls": [f"{self._url}/{ACCOUNT}/{ORDERS}"]}
        if operation == "ListMessageMoveTasks":
            return {"Results": []}
        name = str(params["QueueUrl"]).rpartition("/")[2]
        left = queues.left if name == DEAD else queues.sent
        return {
            "Attributes": {
                "QueueArn": _arn(name),
                "ApproximateNumberOfMessages": str(left),
                "ApproximateNumberOfMessagesNotVisible": "0",
                "ApproximateNumberOfMessagesDelayed": "0",
            }
        }

    def _write(self, answered: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answered)


async def serve(delay: float) -> None:
    """Serve on a free port of 127.0.0.1 until standard input ends. `delay` is seconds."""
    queues = Queues()
    loop = asyncio.get_running_loop()
    url: list[str] = []
    server = await loop.create_server(
        lambda: Connection(queues, delay, url[0]), "127.0.0.1", 0, backlog=256
    )
    port = server.sockets[0].getsockname()[1]
    url.append(f"http://127.0.0.1:{port}")
    print(port, flush=True)
    async with server:
        await until_stdin_ends()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.01, help="seconds before each answer")
    asyncio.run(serve(parser.parse_args().delay))


if __name__ == "__main__":
    main()
