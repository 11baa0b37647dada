"""Where a run's parameters come from: --set, a file, the environment, a prompt, the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from awsops.errors import UsageError
from awsops.given_files import unreadable
from awsops.recipe.document import MAX_BYTES, parse_document
from awsops.recipe.model import Param, Recipe, Value
from awsops.recipe.problems import nearest, shown
from awsops.recipe.values import ValueProblem, convert

if TYPE_CHECKING:
    from awsops.env import Env

ENVIRONMENT_PREFIX = "AWSOPS_PARAM_"


def given_params(
    recipe: Recipe, env: Env, assignments: Sequence[str], file: Path | None
) -> dict[str, Value]:
    """The parameters that are known before anybody is asked: from --set, else the file, the
    environment, the default of those that have no prompt.

    UsageError: an unknown name, a wrong value, a secret on the command line (where `ps` and the
    shell's history show it).
    """
    params = {param.name: param for param in recipe.params}
    given: dict[str, Value] = {}
    for param in recipe.params:
        if not param.required and (param.prompt is None or not env.interactive):
            given[param.name] = param.default
        text = env.environ.get(ENVIRONMENT_PREFIX + param.name.upper())
        if text is not None:
            where = ENVIRONMENT_PREFIX + param.name.upper()
            given[param.name] = _converted(param, text, where)
    if file is not None:
        given.update(from_file(recipe, file))
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise UsageError(f"--set {shown(name)} has no value", hint="write --set name=value")
        param = _param(params, name.strip(), "--set")
        if param.secret:
            raise UsageError(
                f"--set {param.name}: it is secret, and others can read command lines",
                hint=f"set {ENVIRONMENT_PREFIX}{param.name.upper()}, or give --params FILE",
            )
        given[param.name] = _converted(param, text, f"--set {param.name}")
    return given


def ask_params(recipe: Recipe, env: Env, given: Mapping[str, Value]) -> dict[str, Value]:
    """Every parameter's value: those given, and the person's answers for the others.

    UsageError when one is missing and nobody can be asked.
    """
    missing = [param for param in recipe.params if param.name not in given]
    if missing and not env.interactive:
        raise _missing(missing)
    return {**given, **{param.name: _ask(param, env) for param in missing}}


def secret_values(recipe: Recipe, values: Mapping[str, Value]) -> list[str]:
    """The texts that must never be shown."""
    found: list[str] = []
    for param in recipe.params:
        value = values.get(param.name)
        if param.secret and value is not None:
            found.extend(str(item) for item in (value if isinstance(value, list) else [value]))
    return found


def from_file(recipe: Recipe, file: Path) -> dict[str, Value]:
    """The parameters that a file of --params gives; UsageError for one that cannot be read, an
    unknown name, a wrong value.
    """
    params = {param.name: param for param in recipe.params}
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise unreadable(file, f"--params {file}", error) from None
    document = parse_document(content, str(file))
    if not isinstance(document.value, dict):
        raise UsageError(f"--params {file}: a mapping of name to value is expected")
    found = {}
    for name, entry in document.value.items():
        param = _param(params, name, f"{file}:{entry.key.line}")
        value = entry.value.plain()
        if isinstance(value, dict) or (
            isinstance(value, list) and any(isinstance(item, list | dict) for item in value)
        ):
            raise UsageError(f"{file}:{entry.key.line}: {name} takes one value or a flat list")
        found[name] = _converted(param, value, f"{file}:{entry.key.line}: {name}")
    return found


def _param(params: Mapping[str, Param], name: str, where: str) -> Param:
    found = params.get(name) or params.get(name.replace("-", "_"))
    if found is None:
        advice = nearest(name, params) or "the recipe has no parameters"
        raise UsageError(f"{where}: unknown parameter {shown(name)}", hint=advice)
    return found


def _converted(param: Param, given: Value, where: str) -> Value:
    if given == "" and param.type != "str":
        given = None  # `--set max=` takes a default away
    try:
        return convert(param, given)
    except ValueProblem as error:
        found = "" if param.secret else f", not {shown(str(given))}"
        raise UsageError(f"{where}: {error}{found}") from None


def _missing(missing: Sequence[Param]) -> UsageError:
    names = ", ".join(param.name for param in missing)
    ways = [
        f"{ENVIRONMENT_PREFIX}{p.name.upper()}=..." if p.secret else f"--set {p.name}=..."
        for p in missing
    ]
    plural = "parameters are" if len(missing) > 1 else "parameter is"
    return UsageError(f"the {plural} missing: {names}", hint=f"give {' '.join(ways)}")


def _ask(param: Param, env: Env) -> Value:
    question = param.prompt or param.help or param.name
    if param.choices:
        return convert(param, env.prompter.select(question, [str(c) for c in param.choices]))
    if not param.required and param.default is not None and not param.secret:
        question = f"{question} [{param.default}]"
    answer = env.prompter.text(question, secret=param.secret)
    if not answer and not param.required:
        return param.default
    return _converted(param, answer, param.name)
