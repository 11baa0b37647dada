"""The words of the recipe language: one table for the reader, the JSON Schema and the docs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text",  # words for a person; may hold {{ }} where `template` says so
    "name",  # letters, digits, - and _
    "expression",  # one JMESPath expression, with or without {{ }}
    "flag",  # true or false
    "value",  # text, number, true, false, null, or a list of those
    "number",
    "command",  # "sqs redrive"
    "arguments",  # a mapping of parameter to scalar or list of scalars, {{ }} in any text
    "scalars",  # a list of scalars
    "templates",  # a list of texts with {{ }}
    "template",
    "params",
    "steps",
    "checks",
    "texts",  # a list of plain texts
    "duration",  # 30s, 5m
    "waves",  # [1, 5, rest]
    "retry",
    "strategy",
    "targets",
]

# A parameter is also an environment variable and a step is `steps.name` in an expression: neither
# can have a dash there, so both are identifiers. A recipe is a file's name.
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
RECIPE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

PARAM_TYPES = ("str", "int", "float", "bool", "list", "duration", "size")

ON_ERROR = ("stop", "continue", "rollback")
REST = "rest"
MOST_RETRIES = 20
MOST_INCLUDED = 20

# Enough for any runbook, and few enough that a check of all of them stays instant.
MAX_STEPS = 500
MAX_PARAMS = 200


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section: what it takes and, for editors and the docs, what it is for."""

    name: str
    kind: Kind
    help: str
    required: bool = False
    choices: tuple[str, ...] = ()


RECIPE = (
    Key("name", "name", "What it is called; the same as the file.", required=True),
    Key("summary", "text", "One line for `awsops recipe ls`.", required=True),
    Key("description", "text", "When to use it and what it does, at length."),
    Key("params", "params", "What a run is given, by name."),
    Key("targets", "targets", "Where it runs when the command line names nothing."),
    Key("include", "texts", "Recipes whose params, steps and checks come before its own."),
    Key("strategy", "strategy", "How steps that change something go over many targets."),
    Key("steps", "steps", "What is done, in order.", required=True),
    Key("always", "steps", "What is done in the end, also after a failure: clean-up."),
    Key("checks", "checks", "What must hold in the end; one that does not fails the run."),
    Key("next", "templates", "What to try next, printed after a run that went well."),
)

PARAM = (
    Key("type", "name", "Default str.", choices=PARAM_TYPES),
    Key("help", "text", "What it is; also the question when it is asked for."),
    Key("default", "value", "Its value when none is given; without one it must be given."),
    Key("choices", "scalars", "The only values it may have."),
    Key("min", "number", "The least an int or float may be."),
    Key("max", "number", "The most an int or float may be."),
    Key("secret", "flag", "Never shown; taken from the environment, a file or a prompt."),
    Key("prompt", "text", "The question to ask at a terminal, even when there is a default."),
)

STEP = (
    Key("id", "name", "Its name: results are `steps.<id>`.", required=True),
    Key("run", "command", "Noun and verb of an awsops command.", required=True),
    Key("with", "arguments", "The command's parameters, checked before the first step runs."),
    Key("when", "expression", "Run it only if this is true."),
    Key("for_each", "expression", "A list: run it once for each, which is `item`."),
    Key("register", "name", "A second name for its result, which other steps may share."),
    Key("show", "flag", "Its rows are the result of the run."),
    Key("confirm", "template", "A question to be answered with yes before it runs."),
    Key("retry", "retry", "Run it again when it fails, with a new plan each time."),
    Key("timeout", "duration", "How long one run of it may take."),
    Key(
        "on_error",
        "name",
        "`stop` (default); `continue`: go on, its status is failed; `rollback`: undo what the run "
        "has changed, newest first, then stop.",
        choices=ON_ERROR,
    ),
    Key("strategy", "strategy", "How this step goes over many targets."),
    Key("idempotent", "flag", "Twice does what once does: resume runs it again unasked."),
)

RETRY = (
    Key("times", "number", "How often again, 1 to 20.", required=True),
    Key("wait", "duration", "How long before each; default 10s."),
)

STRATEGY = (
    Key("waves", "waves", "How many targets at a time: `[1, 5, rest]`.", required=True),
    Key("max_failures", "number", "Stop when more targets have failed; default 0."),
)

TARGETS = (
    Key("profiles", "texts", "Profiles, globs and @groups."),
    Key("regions", "texts", "Regions, or all."),
    Key("role", "text", "Role to assume."),
)

CHECK = (
    Key("name", "text", "What holds when all is well, in a few words."),
    Key("that", "expression", "What must be true.", required=True),
    Key("message", "template", "What to say when it is not.", required=True),
    Key("hint", "template", "What to do then."),
    Key("when", "expression", "Judge it only if this is true."),
    Key(
        "each",
        "name",
        "`target` (default): judged once for each target, on that target's rows alone; "
        "`run`: once, on the rows of all of them.",
        choices=("target", "run"),
    ),
)
