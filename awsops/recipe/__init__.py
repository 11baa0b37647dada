"""Runbooks in YAML: read, checked as a whole, then run step by step through the kernel."""
