"""A recipe against awsops' commands: every mistake in every step, before the first one runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from awsops.errors import AwsopsError, PluginLoadError
from awsops.plugin import CommandSpec
from awsops.recipe.document import Node
from awsops.recipe.evaluating import EvaluationError
from awsops.recipe.expressions import Expression, Template
from awsops.recipe.hosting import RecipeHost
from awsops.recipe.mistakes import mistakes
from awsops.recipe.model import Bound, Check, Draft, Placed, Recipe, Step, Text
from awsops.recipe.problems import Problem, RecipeError
from awsops.recipe.references import Names, References, references
from awsops.recipe.signatures import Parameter, columns, is_parameter, parameters
from awsops.secrecy import scrub


@dataclass(frozen=True, slots=True)
class Checked:
    """A recipe whose steps exist: their commands by step id, and what each expression needs."""

    recipe: Recipe
    specs: Mapping[str, CommandSpec]
    references: Mapping[str, References]

    def needs(self, expressions: Iterable[Expression]) -> frozenset[str]:
        """The steps whose results these expressions depend on."""
        found = [self.references[e.text].steps for e in expressions if e.text in self.references]
        return frozenset().union(*found)

    def params_in(self, expressions: Iterable[Expression]) -> frozenset[str]:
        """The parameters that these expressions depend on."""
        found = [self.references[e.text].params for e in expressions if e.text in self.references]
        return frozenset().union(*found)


def check_recipe(draft: Draft, host: RecipeHost, values: Mapping[str, object]) -> Checked:
    """Judge every step, expression and check; `values` are the parameters that are known.

    RecipeError holds every problem. Nothing is run; commands are loaded.
    """
    recipe = draft.recipe
    checker = _Checker(recipe, host, values, list(draft.problems))
    checker.check()
    if checker.problems:
        raise RecipeError(recipe.source, checker.problems)
    return Checked(recipe, checker.specs, checker.references)


Signature = Mapping[str, Parameter]
# What parameters are in an expression; durations and sizes are what their values say.
_KINDS = {"str": "text", "int": "number", "float": "number", "bool": "boolean", "list": "list"}


@dataclass(eq=False)
class _Checker:
    recipe: Recipe
    host: RecipeHost
    values: Mapping[str, object]
    problems: list[Problem]
    specs: dict[str, CommandSpec] = field(default_factory=dict)
    references: dict[str, References] = field(default_factory=dict)
    results: dict[str, frozenset[str] | None] = field(default_factory=dict)
    _signatures: dict[CommandSpec, tuple[Signature, frozenset[str] | None]] = field(
        default_factory=dict
    )
    _found: dict[str, CommandSpec] = field(default_factory=dict)
    _bound: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.params = frozenset(param.name for param in self.recipe.params)
        self.hidden = frozenset(param.name for param in self.recipe.params if param.secret)
        never_null = [p for p in self.recipe.params if p.required or p.default is not None]
        self.kinds = {param.name: _KINDS.get(param.type) for param in never_null}
        every = self.recipe.every_step
        self.later = {step.id for step in every}
        self.later |= {step.register for step in every if step.register}
        self.secrets = [str(self.values[n]) for n in self.hidden if self.values.get(n) is not None]

    def check(self) -> None:
        for step in self.recipe.every_step:
            self._step(step)
        for check in self.recipe.checks:
            self._check(check)
        for text in self.recipe.next:
            self._text(text)

    # -- steps ------------------------------------------------------------------------------

    def _step(self, step: Step) -> None:
        if step.when is not None:
            self._condition(step.when)
        if step.for_each is not None:
            self._public(step.for_each)
        if step.confirm is not None:
            self._text(step.confirm)
        sound = self._arguments(step)
        spec = self._spec(step)
        if spec is not None:
            self.specs[step.id] = spec
            self._bind(step, self._signature(spec)[0], sound)
        self._add_result(step, self._signature(spec)[1] if spec is not None else None)

    def _signature(self, spec: CommandSpec) -> tuple[Signature, frozenset[str] | None]:
        """A command's parameters and columns, worked out once however many steps run it."""
        if spec not in self._signatures:
            self._signatures[spec] = (parameters(spec), columns(spec))
        return self._signatures[spec]

    def _add_result(self, step: Step, found: frozenset[str] | None) -> None:
        self.results[step.id] = found
        if step.register:
            before = self.results.get(step.register, frozenset())
            both = None if before is None or found is None else before | found
            self.results[step.register] = both

    def _spec(self, step: Step) -> CommandSpec | None:
        if not step.noun:
            return None  # `run` itself is wrong: the reader has said so
        if step.noun == "recipe":
            self._problem(step.run_node, "a step cannot run recipes")
            return None
        try:
            if step.command not in self._found:
                self._found[step.command] = self.host.sources.spec(step.noun, step.verb)
            return self._found[step.command]
        except PluginLoadError:
            raise  # not the recipe's fault, and it has an exit code of its own
        except AwsopsError as error:
            self._problem(step.run_node, error.message, error.hint or "")
            return None

    def _arguments(self, step: Step) -> set[str]:
        """The names of the arguments whose expressions refer only to what there is."""
        sound = set()
        for name, bound in step.arguments.items():
            found = []
            for expression in bound.expressions:
                found.append(self._refer(expression, bound.node, item=bool(step.for_each)))
                self._mistakes(expression, bound.node)
            if not bound.broken and not any(refs.problems for refs in found):
                sound.add(name)
        return sound

    def _bind(self, step: Step, known: Signature, sound: set[str]) -> None:
        values = {}
        for name, bound in step.arguments.items():
            parameter = next((p for n, p in known.items() if is_parameter(name, {n: p})), None)
            stand_in = parameter.placeholder if parameter is not None else "x"
            values[name] = self._known_value(bound, stand_in) if name in sound else stand_in
        same = (step.command, repr(values))
        if same in self._bound:
            return
        try:
            self.host.bind(step.noun, step.verb, values)
            self._bound.add(same)
        except AwsopsError as error:
            if not self._find_wrong(step, known, values):
                self._refused(step, step.run_node, error)

    def _known_value(self, bound: Bound, stand_in: object) -> object:
        """The argument as it will be, or the stand-in when it depends on what is not known yet."""
        for expression in bound.expressions:
            refs = self.references[expression.text]
            waits = refs.steps or refs.item or refs.targets or refs.run
            if waits or not refs.params <= set(self.values):
                return stand_in
        try:
            return argument_value(bound, {"params": self.values})
        except EvaluationError as error:
            self._problem(bound.node, str(error))
            return stand_in

    def _find_wrong(self, step: Step, known: Signature, values: Mapping[str, object]) -> bool:
        """Bind one argument at a time, beside stand-ins for the required ones, to place each
        mistake; False when it is none of them (one is missing).
        """
        needed = {n: p.placeholder for n, p in known.items() if p.required}
        found = False
        for name, value in values.items():
            others = {n: v for n, v in needed.items() if not is_parameter(name, {n: known[n]})}
            try:
                self.host.bind(step.noun, step.verb, {**others, name: value})
            except AwsopsError as error:
                if value is None:
                    continue  # a required one that is null: that it is missing says more
                bound = step.arguments[name]
                at = bound.node if is_parameter(name, known) else bound.key
                self._refused(step, at, error)
                found = True
        return found

    def _refused(self, step: Step, at: Node, error: AwsopsError) -> None:
        message = scrub(error.message, self.secrets)
        named = message if step.command in message else f"{step.command}: {message}"
        self._problem(at, named, error.hint or "")

    # -- expressions ------------------------------------------------------------------------

    def _check(self, check: Check) -> None:
        self._condition(check.that)
        if check.when is not None:
            self._condition(check.when)
        self._text(check.message)
        if check.hint is not None:
            self._text(check.hint)

    def _text(self, text: Text) -> None:
        for expression in text.template.expressions:
            self._public(Placed(expression, text.node))

    def _condition(self, placed: Placed) -> None:
        self._public(placed)
        self._mistakes(placed.expression, placed.node, condition=True)

    def _mistakes(self, expression: Expression, node: Node, *, condition: bool = False) -> None:
        if self.references[expression.text].problems:
            return  # what it refers to is not there: the rest of it says little
        for message, hint in mistakes(expression.ast, self.kinds, condition=condition):
            self._problem(node, f"{expression.text}: {message}", hint)

    def _public(self, placed: Placed) -> None:
        """An expression whose value may be shown, or decides: no secret may be in it."""
        refs = self._refer(placed.expression, placed.node)
        for name in sorted(refs.params & self.hidden):
            hint = "a secret goes into the parameters of a step and nowhere else"
            self._problem(placed.node, f"params.{name} is secret", hint)

    def _refer(self, expression: Expression, node: Node, *, item: bool = False) -> References:
        later = frozenset(self.later - set(self.results))
        refs = references(expression, Names(self.params, dict(self.results), later, item))
        for message, hint in refs.problems:
            self._problem(node, message, hint)
        self.references[expression.text] = refs
        return refs

    def _problem(self, node: Node, message: str, hint: str = "") -> None:
        self.problems.append(node.problem(message, hint))


def argument_value(bound: Bound, scope: Mapping[str, object]) -> object:
    """A step's argument with its expressions replaced by their values. EvaluationError."""
    if isinstance(bound.value, tuple):
        return [v.value(scope) if isinstance(v, Template) else v for v in bound.value]
    return bound.value.value(scope) if isinstance(bound.value, Template) else bound.value
