"""Plan the balance of 10,000 uneven shards and print the seconds that it took."""

import random
import time

from awsops_plugins.kinesis.keyspace import KEYS, Keyspace
from awsops_plugins.kinesis.planners import after, balance

COUNT = 10_000
dice = random.Random(7)
keys = Keyspace([0, *sorted({dice.randrange(1, KEYS) for _ in range(COUNT - 1)})])
began = time.perf_counter()
steps = balance(keys, COUNT)
seconds = time.perf_counter() - began
assert len(after(keys, steps)) == COUNT
print(seconds)
