"""The bare boto3 script that `awsops creds whoami` is compared with."""

import sys

import boto3

session = boto3.Session(profile_name=sys.argv[1])
print(session.client("sts").get_caller_identity()["Arn"])
