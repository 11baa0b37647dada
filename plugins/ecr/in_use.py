"""Images that something runs: ECS tasks, the task definitions of ECS services, Lambda functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from awsops.api import UsageError

from .hosts import read_registry

DESCRIBED = 100  # ECS API reference, DescribeTasks: 100 at a time
SERVICES = 10  # DescribeServices: 10


def images_in_use(
    clients: Callable[[str], Any], uri: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Tags and digests of a repository that are in use, and by whom; and warnings about what could
    not be read. `uri` is the repository's, without a tag.
    """
    found: dict[str, str] = {}
    warnings: list[str] = []
    for what, read in (("ECS", _ecs), ("Lambda", _functions)):
        try:
            for image, user in read(clients):
                if (name := _of_repository(image, uri)) is not None:
                    found[name] = user
        except Exception as error:  # whatever it is, the caller must decide without this
            code = getattr(error, "response", {}).get("Error", {}).get("Code")
            reason = code or type(error).__name__
            warnings.append(f"{what} could not be read ({reason}): its images are not protected")
    return found, tuple(warnings)


def _of_repository(image: str, uri: str) -> str | None:
    """The tag or digest of an image of this repository, None for another's.

    The registry may be named by its FIPS or dual-stack host: it is the same one.
    """
    host, slash, rest = image.partition("/")
    own, _, repository = uri.partition("/")
    if not slash or not _is_same_registry(host, own):
        return None
    name, at, digest = rest.partition("@")
    name, _, tag = name.partition(":")
    if name != repository:
        return None
    return digest if at else tag or "latest"


def _is_same_registry(host: str, own: str) -> bool:
    if host == own:
        return True
    try:
        found, mine = read_registry(host), read_registry(own)
    except UsageError:  # an image of Docker Hub, or of any other registry
        return False
    here = (found.account, found.region)
    return None not in here and here == (mine.account, mine.region)


def _ecs(clients: Callable[[str], Any]) -> Iterator[tuple[str, str]]:
    ecs = clients("ecs")
    definitions: dict[str, str] = {}
    for page in ecs.get_paginator("list_clusters").paginate():
        for cluster in page["clusterArns"]:
            yield from _tasks(ecs, cluster)
            for definition, service in _definitions(ecs, cluster):
                definitions[definition] = service
    for definition, service in definitions.items():
        answer = ecs.describe_task_definition(taskDefinition=definition)
        for container in answer["taskDefinition"]["containerDefinitions"]:
            yield container["image"], f"ECS service {service}"


def _tasks(ecs: Any, cluster: str) -> Iterator[tuple[str, str]]:
    for page in ecs.get_paginator("list_tasks").paginate(
        cluster=cluster, PaginationConfig={"PageSize": DESCRIBED}
    ):
        if not page["taskArns"]:
            continue
        for task in ecs.describe_tasks(cluster=cluster, tasks=page["taskArns"])["tasks"]:
            user = f"ECS task {task['taskArn'].rpartition('/')[2]}"
            for container in task.get("containers", []):
                image = container.get("image", "")
                yield image, user
                if container.get("imageDigest"):  # what the tag was when the task began
                    yield f"{image.partition('@')[0]}@{container['imageDigest']}", user
            definition = ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])
            for container in definition["taskDefinition"]["containerDefinitions"]:
                yield container["image"], user


def _definitions(ecs: Any, cluster: str) -> Iterator[tuple[str, str]]:
    for page in ecs.get_paginator("list_services").paginate(
        cluster=cluster, PaginationConfig={"PageSize": SERVICES}
    ):
        if not page["serviceArns"]:
            continue
        answer = ecs.describe_services(cluster=cluster, services=page["serviceArns"])
        for service in answer["services"]:
            name = service["serviceName"]
            yield service["taskDefinition"], name
            for deployment in service.get("deployments", []):
                yield deployment["taskDefinition"], name


def _functions(clients: Callable[[str], Any]) -> Iterator[tuple[str, str]]:
    functions = clients("lambda")
    pages = functions.get_paginator("list_functions").paginate(FunctionVersion="ALL")
    for page in pages:
        for function in page["Functions"]:
            if function.get("PackageType") != "Image":
                continue
            arn = function["FunctionArn"]
            code = functions.get_function(FunctionName=arn)["Code"]
            user = f"Lambda function {function['FunctionName']}"
            for key in ("ImageUri", "ResolvedImageUri"):
                if code.get(key):
                    yield code[key], user
