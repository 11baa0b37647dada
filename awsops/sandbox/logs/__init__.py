"""A strict CloudWatch Logs: groups, filter patterns, Insights queries that take time, Live Tail."""
