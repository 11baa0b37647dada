"""The usual script over many accounts: a boto3 Session and client a profile, in threads."""

import sys
from concurrent.futures import ThreadPoolExecutor

import boto3


def whoami(profile: str) -> str:
    session = boto3.Session(profile_name=profile)
    return str(session.client("sts").get_caller_identity()["Account"])


profiles = [p for p in boto3.Session().available_profiles if p.startswith("p-")]
with ThreadPoolExecutor(int(sys.argv[1])) as pool:
    for account in pool.map(whoami, profiles):
        print(account)
