"""The calls' own time: the requests and processes of the mix, and nothing else.

Plain HTTP with neither signature nor parser, as many at a time as the measured program may have,
one AssumeRole a role, one process a profile that names one. Prints the seconds from the first
call to the last answer: neither the interpreter's start nor any import is in it.
"""

import configparser
import http.client
import os
import queue
import shlex
import subprocess
import sys
import threading
import time
from urllib.parse import urlencode, urlsplit

parser = configparser.RawConfigParser()
parser.read(os.environ["AWS_CONFIG_FILE"])
profiles = [dict(parser[s]) for s in parser.sections() if s.startswith("profile p-")]
host = urlsplit(profiles[0]["endpoint_url"]).netloc
waiting: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
roles = {p["role_arn"] for p in profiles if "role_arn" in p}
assumed = {arn: (threading.Lock(), threading.Event()) for arn in roles}


def post(connection: http.client.HTTPConnection, **form: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/", urlencode(form), headers)
    connection.getresponse().read()


def work() -> None:
    connection = http.client.HTTPConnection(host)
    while True:
        try:
            profile = waiting.get_nowait()
        except queue.Empty:
            return
        if "credential_process" in profile:
            words = shlex.split(profile["credential_process"])
            subprocess.run(words, check=True, stdout=subprocess.PIPE)
        if "role_arn" in profile:
            lock, done = assumed[profile["role_arn"]]
            with lock:
                if not done.is_set():
                    arn = profile["role_arn"]
                    post(connection, Action="AssumeRole", RoleArn=arn, RoleSessionName="alone")
                    done.set()
        post(connection, Action="GetCallerIdentity")


for one in profiles:
    waiting.put(one)
threads = [threading.Thread(target=work) for _ in range(int(sys.argv[1]))]
began = time.perf_counter()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(time.perf_counter() - began)
