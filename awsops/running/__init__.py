"""One command over all targets: planned, approved, run, told and undone."""
