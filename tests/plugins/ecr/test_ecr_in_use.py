"""What `ecr prune` takes for used: ECS and Lambda as botocore's stubs answer for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import botocore.session
import pytest
from awsops_plugins.ecr.in_use import images_in_use
from botocore.stub import Stubber

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
URI = f"{HOST}/team/app"
DIGEST = "sha256:" + "ab" * 32
CLUSTER = "arn:aws:ecs:us-east-1:111122223333:cluster/prod"
TASK = "arn:aws:ecs:us-east-1:111122223333:task/prod/0123"
DEFINITION = "arn:aws:ecs:us-east-1:111122223333:task-definition/app:7"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:shop"


class Account:
    """An account whose calls were scripted; those that were not are refused."""

    def __init__(self, session: botocore.session.Session) -> None:
        keys = {"aws_access_key_id": "EXAMPLE", "aws_secret_access_key": "EXAMPLE"}
        self._clients = {
            name: session.create_client(name, region_name="us-east-1", **keys)
            for name in ("ecs", "lambda")
        }
        self.stubs = {name: Stubber(client) for name, client in self._clients.items()}

    def client(self, service: str) -> Any:
        return self._clients[service]

    def answers(self, service: str, operation: str, answer: dict[str, Any]) -> None:
        self.stubs[service].add_response(operation, answer)

    def no_ecs(self) -> None:
        self.answers("ecs", "list_clusters", {"clusterArns": []})

    def no_functions(self) -> None:
        self.answers("lambda", "list_functions", {"Functions": []})

    def task(self, container: dict[str, Any], defined: str) -> None:
        """One task that runs, in no service."""
        self.answers("ecs", "list_clusters", {"clusterArns": [CLUSTER]})
        self.answers("ecs", "list_tasks", {"taskArns": [TASK]})
        tasks = [{"taskArn": TASK, "taskDefinitionArn": DEFINITION, "containers": [container]}]
        self.answers("ecs", "describe_tasks", {"tasks": tasks})
        self.definition(defined)
        self.answers("ecs", "list_services", {"serviceArns": []})

    def definition(self, image: str) -> None:
        containers = [{"name": "app", "image": image}]
        answer = {"taskDefinition": {"containerDefinitions": containers}}
        self.answers("ecs", "describe_task_definition", answer)

    def function(self, **code: str) -> None:
        listed = {"FunctionName": "shop", "FunctionArn": FUNCTION, "PackageType": "Image"}
        self.answers("lambda", "list_functions", {"Functions": [listed]})
        self.answers("lambda", "get_function", {"Code": code})


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    """It keeps the services' models, which take a second to load."""
    return botocore.session.Session()


@pytest.fixture
def account(session: botocore.session.Session) -> Iterator[Account]:
    made = Account(session)
    with ExitStack() as stack:
        for stub in made.stubs.values():
            stack.enter_context(stub)
        yield made


def used(client: Callable[[str], Any]) -> dict[str, str]:
    found, warnings = images_in_use(client, URI)
    assert warnings == ()
    return found


def test_what_a_task_runs_is_used_by_tag_and_by_the_digest_it_was_then(account: Account) -> None:
    account.no_functions()
    account.task({"image": f"{URI}:1.0", "imageDigest": DIGEST}, f"{URI}:1.0")
    assert used(account.client) == {"1.0": "ECS task 0123", DIGEST: "ECS task 0123"}


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (f"{URI}", "latest"),
        (f"{URI}:1.0@{DIGEST}", DIGEST),
        (f"{URI}@{DIGEST}", DIGEST),
        ("111122223333.dkr.ecr-fips.us-east-1.amazonaws.com/team/app:1.0", "1.0"),
        ("111122223333.dkr-ecr.us-east-1.on.aws/team/app:1.0", "1.0"),
    ],
)
def test_an_image_is_known_however_the_task_names_it(
    account: Account, image: str, name: str
) -> None:
    account.no_functions()
    account.task({"image": image}, image)
    assert used(account.client) == {name: "ECS task 0123"}


@pytest.mark.parametrize(
    "image",
    [
        "nginx:1.0",
        "docker.io/team/app:1.0",
        f"{URI}-worker:1.0",
        "999922223333.dkr.ecr.us-east-1.amazonaws.com/team/app:1.0",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/app:1.0",
    ],
)
def test_anothers_image_is_not_this_repositorys(account: Account, image: str) -> None:
    account.no_functions()
    account.task({"image": image}, image)
    assert used(account.client) == {}


def test_every_deployment_of_a_service_counts(account: Account) -> None:
    account.no_functions()
    account.answers("ecs", "list_clusters", {"clusterArns": [CLUSTER]})
    account.answers("ecs", "list_tasks", {"taskArns": []})
    account.answers("ecs", "list_services", {"serviceArns": ["shop"]})
    before = DEFINITION.replace(":7", ":6")
    service = {
        "serviceName": "shop",
        "taskDefinition": DEFINITION,
        "deployments": [{"taskDefinition": DEFINITION}, {"taskDefinition": before}],
    }
    account.answers("ecs", "describe_services", {"services": [service]})
    account.definition(f"{URI}:7")
    account.definition(f"{URI}:6")
    assert used(account.client) == {"7": "ECS service shop", "6": "ECS service shop"}


def test_a_functions_image_is_used_by_its_tag_and_by_what_it_was_made_of(account: Account) -> None:
    account.no_ecs()
    account.function(ImageUri=f"{URI}:1.0", ResolvedImageUri=f"{URI}@{DIGEST}")
    assert used(account.client) == {
        "1.0": "Lambda function shop",
        DIGEST: "Lambda function shop",
    }


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    [("ecs", "list_clusters", "ECS"), ("lambda", "list_functions", "Lambda")],
)
def test_what_cannot_be_read_is_said(
    account: Account, service: str, operation: str, name: str
) -> None:
    account.stubs[service].add_client_error(operation, "AccessDeniedException")
    if service == "ecs":
        account.no_functions()
    else:
        account.no_ecs()
    found, warnings = images_in_use(account.client, URI)
    assert found == {}
    said = f"{name} could not be read (AccessDeniedException): its images are not protected"
    assert warnings == (said,)
