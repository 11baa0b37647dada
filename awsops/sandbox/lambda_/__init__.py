"""Lambda, strictly: versions, weighted aliases and their rules, calls, traffic on request."""
