"""The functions, aliases and versions that an argument may name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from awsops.api import Aws, Choice
from awsops.local_choices import resumable

from .client import Answer, LambdaClient, pages
from .functions import describe_statement, list_versions, read_policy
from .names import read_alias_ref, read_function
from .runs import folder_of, record_name
from .triggers import describe, mappings_of

# Lambda answers 15 control-plane calls a second for everybody in the account ("Lambda quotas"):
# the aliases of more functions are listed when one of them was typed.
MOST_ASKED = 30
READERS = 8
MOST_VERSIONS = 200
MOST_ALARMS = 2_000
MOST_ROLES = 1_000
CODEDEPLOY = "codedeploy.amazonaws.com"
# CodeDeploy user guide, "Deployment configurations on an AWS Lambda compute platform"
CANARY_MINUTES = (5, 10, 15, 30)
LINEAR_MINUTES = (1, 2, 3, 10)


def complete_functions(aws: Aws) -> Iterator[Choice]:
    """Functions with their runtime and last change."""
    for function in pages(aws.client("lambda").list_functions, "Functions"):
        yield Choice(str(function["FunctionName"]), _about(function))


def complete_aliases(aws: Aws, stem: str = "") -> Iterator[Choice]:
    """FUNCTION:ALIAS with where it points; FUNCTION: alone where there are many functions."""
    client: LambdaClient = aws.client("lambda")
    if stem:
        yield from _aliases(client, stem)
        return
    found = pages(client.list_functions, "Functions")
    if len(found) > MOST_ASKED:
        yield from (Choice(f"{each['FunctionName']}:", _about(each)) for each in found)
        return
    with aws.pool(READERS) as pool:
        stems = [f"{each['FunctionName']}:" for each in found]
        for choices in pool.map(lambda stem: list(_aliases(client, stem)), stems):
            yield from choices


def complete_qualified(aws: Aws, stem: str = "") -> Iterator[Choice]:
    """Functions, and the aliases of the one that was typed."""
    if stem:
        yield from _aliases(aws.client("lambda"), stem)
    else:
        yield from complete_functions(aws)


def complete_versions(aws: Aws, alias: str) -> Iterator[Choice]:
    """The published versions of the alias's function, the newest first."""
    yield from _versions(aws, alias)


def complete_new_versions(aws: Aws, aliases: list[str]) -> Iterator[Choice]:
    """What the aliases can be shifted to: the published versions of the first one's function."""
    yield Choice("latest-published", "the newest version")
    yield Choice("publish", "$LATEST as a new version")
    yield from _versions(aws, aliases[0])


def complete_statements(aws: Aws, function: str) -> Iterator[Choice]:
    """The statements of a function's policy, with what each allows."""
    name, qualifier = read_function(aws, function)
    statements, _ = read_policy(aws.client("lambda"), name, qualifier or "")
    for statement in statements:
        yield Choice(str(statement["Sid"]), describe_statement(statement))


def complete_triggers(aws: Aws, function: str) -> Iterator[Choice]:
    """What feeds a function, by the source's name, with its state."""
    name, _ = read_function(aws, function)
    mappings = mappings_of(aws.client("lambda"), name)
    for mapping in mappings:
        trigger = describe(mapping, None)
        source = trigger.source.rpartition(":")[2]
        whole = source if trigger.source.startswith("arn:") and "/" not in source else trigger.id
        yield Choice(whole, f"{trigger.state}, {trigger.source}")
    if len(mappings) > 1:
        yield Choice("all", f"all {len(mappings)}")


def complete_alarms(aws: Aws) -> Iterator[Choice]:
    """CloudWatch's alarms, composite ones too, with their state."""
    pager = aws.client("cloudwatch").get_paginator("describe_alarms")
    for page in pager.paginate(
        AlarmTypes=["MetricAlarm", "CompositeAlarm"], PaginationConfig={"MaxItems": MOST_ALARMS}
    ):
        for alarm in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
            yield Choice(str(alarm["AlarmName"]), str(alarm["StateValue"]))


def complete_strategies(aws: Aws) -> Iterator[Choice]:
    """The deployment configurations that CodeDeploy has for Lambda by itself."""
    for minutes in CANARY_MINUTES:
        yield Choice(f"Canary10Percent{minutes}Minutes", f"10%, and all after {minutes} minutes")
    for minutes in LINEAR_MINUTES:
        unit = "minute" if minutes == 1 else "minutes"
        name = f"Linear10PercentEvery{minutes}{unit.title()}"
        yield Choice(name, f"10% more every {minutes} {unit}")
    yield Choice("AllAtOnce", "no step in between")


def complete_applications(aws: Aws) -> Iterator[Choice]:
    """CodeDeploy's applications."""
    for page in aws.client("codedeploy").get_paginator("list_applications").paginate():
        yield from (Choice(str(name)) for name in page["applications"])


def complete_deployment_groups(
    aws: Aws, alias: str = "", aliases: list[str] | None = None, application: str = ""
) -> Iterator[Choice]:
    """The groups of the application; of the one that has the function's name unless it is named."""
    refs = [*filter(None, [alias]), *(aliases or ())]
    if not application and not refs:
        return
    application = application or read_alias_ref(aws, refs[0]).function
    pager = aws.client("codedeploy").get_paginator("list_deployment_groups")
    for page in pager.paginate(applicationName=application):
        yield from (Choice(str(name), application) for name in page["deploymentGroups"])


def complete_service_roles(aws: Aws) -> Iterator[Choice]:
    """The roles that CodeDeploy may act as, by ARN."""
    pager = aws.client("iam").get_paginator("list_roles")
    for page in pager.paginate(PaginationConfig={"MaxItems": MOST_ROLES}):
        for role in page["Roles"]:
            if CODEDEPLOY in str(role.get("AssumeRolePolicyDocument")):
                yield Choice(str(role["Arn"]), str(role.get("Description") or ""))


def complete_shifts(aws: Aws, aliases: list[str]) -> Iterator[Choice]:
    """The runs that shifted the first of these aliases and can be gone on with."""
    ref = read_alias_ref(aws, aliases[0])
    ending = record_name("", aws.identity().account, aws.region, ref)
    yield from resumable(folder_of(aws.env.folders.state), ending)


def _aliases(client: LambdaClient, stem: str) -> Iterator[Choice]:
    """The aliases of the function in `NAME:`, or in its ARN with a colon."""
    for alias in pages(client.list_aliases, "Aliases", FunctionName=stem[:-1]):
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        also = "".join(f", {100 * w:g}% to {v}" for v, w in weights.items())
        yield Choice(f"{stem}{alias['Name']}", f"version {alias['FunctionVersion']}{also}")


def _versions(aws: Aws, alias: str) -> Iterator[Choice]:
    name, _ = read_function(aws, alias)
    published = (v for v in list_versions(aws.client("lambda"), name) if v.version != "$LATEST")
    for version in islice(published, MOST_VERSIONS):
        parts = (version.aliases, f"{version.changed_at:%Y-%m-%d}", version.description)
        yield Choice(version.version, ", ".join(part for part in parts if part))


def _about(function: Answer) -> str:
    return f"{function.get('Runtime', 'image')}, changed {function['LastModified'][:10]}"
