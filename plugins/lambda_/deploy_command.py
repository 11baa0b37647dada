"""`lambda shift --engine codedeploy`: planned here, driven by AWS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from awsops.api import Aws, Note, Plan, Progress, UsageError

from .asking import allow_question, question_of
from .deploying import Deploying
from .deployment_plan import Place, check_words, describe_deployment, plan_deployment
from .names import AliasRef, command_line
from .planning import PUBLISH, Terms
from .prepared import plan_one
from .rows import ShiftStep


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of CodeDeploy."""

    application: str | None
    group: str | None
    role: str | None
    create: bool


def deploy(
    aws: Aws, refs: Sequence[AliasRef], to: str, terms: Terms, asked: Asked
) -> Iterator[Plan | Note | Progress | ShiftStep]:
    """Plan one deployment, create it and follow it; CodeDeploy keeps it going without us."""
    if len(refs) != 1:
        raise UsageError("--engine codedeploy shifts one alias at a time")
    if to == PUBLISH:
        raise UsageError("CodeDeploy needs a version", hint="awsops lambda publish FUNCTION first")
    hooks = {"--pre": terms.pre, "--post": terms.post, "--smoke": terms.smoke or None}
    check_words(terms.gates, given=[flag for flag, value in hooks.items() if value])
    [ref] = refs
    shift = plan_one(aws, ref, to, terms)
    if shift.done:
        yield Plan((), f"{ref} is at version {shift.old} already")
        return
    place = Place.of(ref, asked.application, asked.group, asked.role)
    codedeploy = aws.client("codedeploy")
    plan = plan_deployment(codedeploy, shift, place, create=asked.create)
    back = rollback_command(aws, ref, asked.application, asked.group)
    yield describe_deployment(plan, back)
    allow_question(aws.env)
    made = Deploying(
        codedeploy=codedeploy,
        cloudwatch=aws.client("cloudwatch"),
        iam=lambda: aws.client("iam"),
        plan=plan,
        account=aws.identity().account,
        region=aws.region,
        clock=aws.clock,
        sleep=aws.sleep,
        pause=aws.env.sleep,
        cancelled=aws.cancelled,
        stops=question_of(aws, silence=False).yes,
        rollback=back,
    )
    yield from made.run()


def rollback_command(aws: Aws, ref: AliasRef, application: str | None, group: str | None) -> str:
    """The command line that stops the deployment and takes the alias back."""
    words = ["rollback", str(ref), "--engine", "codedeploy"]
    words += ["--application", application] if application else []
    words += ["--group", group] if group else []
    return command_line(aws, *words)
