"""The bare boto3 script that `awsops kinesis shards` is compared with: a line of JSON a shard."""

import json
import sys

import boto3

kinesis = boto3.Session(profile_name="p-0000").client("kinesis")
kinesis.describe_stream_summary(StreamName=sys.argv[1])
page = kinesis.list_shards(StreamName=sys.argv[1], ShardFilter={"Type": "AT_LATEST"})
shards = page["Shards"]
while "NextToken" in page:
    page = kinesis.list_shards(NextToken=page["NextToken"])
    shards += page["Shards"]
for shard in shards:
    print(json.dumps(shard))
