"""From what a person typed to a command that runs, and to words for what was mistyped."""
