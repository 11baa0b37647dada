"""A strict Kinesis: streams that take time to change, exact hash ranges, quotas."""
