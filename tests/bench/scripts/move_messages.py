"""Receive, send, delete and nothing else: plain boto3 in as many threads as the argument says.

No record, no routing, no filter, no retry of what failed in part. Ends at the first empty receive.
"""

import sys
import threading

import boto3
from botocore.config import Config

config = Config(max_pool_connections=int(sys.argv[1]))
sqs = boto3.Session(profile_name="p-0000").client("sqs", config=config)
dead = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
orders = sqs.get_queue_url(QueueName="orders")["QueueUrl"]


def entry(number: int, message: dict) -> dict:
    made = {"Id": str(number), "MessageBody": message["Body"]}
    if "MessageAttributes" in message:
        made["MessageAttributes"] = message["MessageAttributes"]
    return made


def move() -> None:
    while True:
        found = sqs.receive_message(
            QueueUrl=dead, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=["All"]
        ).get("Messages", [])
        if not found:
            return
        sqs.send_message_batch(QueueUrl=orders, Entries=[entry(n, m) for n, m in enumerate(found)])
        handles = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(found)]
        sqs.delete_message_batch(QueueUrl=dead, Entries=handles)


threads = [threading.Thread(target=move) for _ in range(int(sys.argv[1]))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
