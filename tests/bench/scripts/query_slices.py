"""The slices of a time, each a Logs Insights query, one after another; rows as ndjson."""

import json
import sys
import time
from datetime import datetime

import boto3

begin, seconds, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
logs = boto3.Session(profile_name="p-0000").client("logs")
start = int(datetime.fromisoformat(begin).timestamp())
for number in range(count):
    query = logs.start_query(
        queryString="fields @timestamp, @message",
        logGroupName="/bench/group-00",
        startTime=start + seconds * number // count,
        endTime=start + seconds * (number + 1) // count - 1,
        limit=10_000,
    )
    while True:
        answer = logs.get_query_results(queryId=query["queryId"])
        if answer["status"] == "Complete":
            break
        time.sleep(0.1)
    for row in answer["results"]:
        print(json.dumps({cell["field"]: cell["value"] for cell in row}))
