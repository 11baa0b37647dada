"""A run of a recipe from its beginning, or from where one was cut off, to its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awsops.errors import AwsopsError, ExitCode, UsageError
from awsops.events import Note
from awsops.recipe.checking import Checked, check_recipe
from awsops.recipe.choosing import Choice
from awsops.recipe.library import Found, from_texts
from awsops.recipe.model import Recipe, Value
from awsops.recipe.params import ask_params, from_file, given_params, secret_values
from awsops.recipe.recording import RunLog, targets_of
from awsops.recipe.results import StepRow
from awsops.recipe.running import RecipeRun
from awsops.recipe.same_accounts import accounts_of, pin, pinned

if TYPE_CHECKING:
    from awsops.host import Host
    from awsops.targets import Target

Event = Note | StepRow | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """Parameters as the command line gives them."""

    assignments: Sequence[str] = ()
    file: Path | None = None


def begin(
    host: Host, found: Found, given: Given, choice: Choice, *, as_steps: bool
) -> Iterator[Event]:
    """Check it, ask for what is missing, run it and keep a record of it (not of a dry run)."""
    recipe = found.draft.recipe
    known = given_params(recipe, host.env, given.assignments, given.file)
    checked = check_recipe(found.draft, host, known)  # before anybody is asked for anything
    values = ask_params(recipe, host.env, known)
    if values != known:
        checked = check_recipe(found.draft, host, values)
    _aim(host, checked)
    run = RecipeRun(checked, host, values, steps_as_rows=as_steps, choice=choice)
    if host.options.dry_run:
        yield from run.events()
        return
    header = {
        **_header(host, found, checked, values, run.targets or (), as_steps),
        "only": sorted(choice.only),
        "from": choice.start,
    }
    secrets = secret_values(recipe, values)
    run.log = RunLog.begin(host.env.folders.state, host.run_id, header, secrets)
    yield from _recorded(run, host)


def resume(host: Host, run_id: str, file: Path | None, choice: Choice) -> Iterator[Event]:
    """Go on with a run under its own id, on its own targets, with its own text and parameters.

    NotFoundError when there is no such run, UsageError when it has ended well or is under way.
    Secret parameters are not recorded: they are taken from the file, or asked for again.
    """
    log = RunLog.resume(host.env.folders.state, run_id)
    header = log.record.header
    host.go_on_as(run_id)
    if host.options.endpoint_url is None and header.get("endpoint_url"):
        host.use(endpoint_url=header["endpoint_url"])
    draft = from_texts(header["text"], header["included"], header["source"])
    recipe = draft.recipe
    _check_kept(recipe, file, header["values"], run_id)
    known = given_params(recipe, host.env, (), file)
    values = ask_params(recipe, host.env, {**known, **header["values"]})
    log.secrets = secret_values(recipe, values)
    checked = check_recipe(draft, host, values)
    accounts = accounts_of(host.journal, run_id)
    pin(log, accounts)
    run = RecipeRun(
        checked,
        host,
        values,
        steps_as_rows=bool(header["as_steps"]),
        choice=replace(choice, only=frozenset(header["only"]), start=header["from"]),
        targets=tuple(pinned(target, accounts) for target in targets_of(header)),
        log=log,
    )
    done = len(log.finished)
    steps = len(recipe.every_step)
    yield Note(f"{recipe.name}: going on with run {run_id}; {done} of {steps} steps are done")
    yield from _recorded(run, host)


def _check_kept(recipe: Recipe, file: Path | None, kept: Mapping[str, Any], run_id: str) -> None:
    """UsageError when the file wants a parameter to be another than the run began with."""
    for name, value in (from_file(recipe, file) if file is not None else {}).items():
        if name in kept and value != kept[name]:
            raise UsageError(
                f"--params {file}: {name} is {value!r} there, and run {run_id} began with"
                f" {kept[name]!r}",
                hint="a run goes on with its own parameters: take it out, or begin a new run",
            )


def _aim(host: Host, checked: Checked) -> None:
    """The recipe's own targets, when the command line names none."""
    where, options = checked.recipe.where, host.options
    if where is None or options.profile or options.org or options.targets or options.region:
        return
    role = options.role or where.role
    host.use(profile=where.profiles, region=where.regions, role=role)


def _recorded(run: RecipeRun, host: Host) -> Iterator[Event]:
    assert run.log is not None
    code, problem = ExitCode.DEFECT, "it ended unexpectedly"
    try:
        yield from run.events()
        code, problem = ExitCode.OK, ""
    except (AwsopsError, KeyboardInterrupt) as error:
        code, problem = ExitCode.INTERRUPTED, "interrupted twice: left at once"
        if isinstance(error, AwsopsError):
            code, problem = error.exit_code, error.message
        if run.something_left:
            yield Note(f"awsops recipe resume {host.run_id} goes on from there")
        raise
    finally:
        run.log.close(int(code), host.env.clock(), problem)


def _header(
    host: Host,
    found: Found,
    checked: Checked,
    values: Mapping[str, Value],
    targets: Sequence[Target],
    as_steps: bool,
) -> dict[str, object]:
    recipe = checked.recipe
    hidden = {param.name for param in recipe.params if param.secret}
    return {
        "run": host.run_id,
        "recipe": recipe.name,
        "summary": recipe.summary,
        "source": recipe.source,
        "text": found.text,
        "included": dict(found.included),
        "values": {name: value for name, value in values.items() if name not in hidden},
        "hidden": sorted(hidden),
        "targets": [asdict(target) for target in targets],
        "endpoint_url": host.options.endpoint_url,
        "as_steps": as_steps,
        "started": host.env.clock(),
    }
