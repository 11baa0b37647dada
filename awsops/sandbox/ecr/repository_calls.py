"""Repositories, their policies and settings, templates, and tokens."""

from __future__ import annotations

import json
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.ecr.operations import Operation, Params, Scene, paged
from awsops.sandbox.ecr.state import Repository


def get_authorization_token(scene: Scene, params: Params) -> Params:
    password = scene.real.password if scene.real else None
    data = []
    for account in params.get("registryIds") or [scene.account]:
        token, expires_at = scene.registries.issue(scene.account, scene.region, password)
        endpoint = f"http://{scene.host_of(account)}"
        data.append(
            {"authorizationToken": token, "expiresAt": expires_at, "proxyEndpoint": endpoint}
        )
    return {"authorizationData": data}


def create_repository(scene: Scene, params: Params) -> Params:
    name = params["repositoryName"]
    key = (scene.account, scene.region, name)
    if key in scene.registries.repositories:
        raise AwsError(
            "RepositoryAlreadyExistsException",
            f"The repository with name '{name}' already exists in the registry with id "
            f"'{scene.account}'",
        )
    made = Repository(scene.account, scene.region, name, scene.now)
    _set_mutability(made, params)
    made.scan_on_push = bool((params.get("imageScanningConfiguration") or {}).get("scanOnPush"))
    made.encryption = params.get("encryptionConfiguration") or made.encryption
    made.tags = {tag["Key"]: tag.get("Value", "") for tag in params.get("tags") or []}
    scene.registries.repositories[key] = made
    return {"repository": _described(scene, made)}


def delete_repository(scene: Scene, params: Params) -> Params:
    found = scene.repository(params)
    if found.images and not params.get("force"):
        raise AwsError(
            "RepositoryNotEmptyException",
            f"The repository with name '{found.name}' in registry with id '{found.account}' cannot "
            "be deleted because it still contains images",
        )
    del scene.registries.repositories[(found.account, found.region, found.name)]
    return {"repository": _described(scene, found)}


def describe_repositories(scene: Scene, params: Params) -> Params:
    account = scene.registry(params)
    names = params.get("repositoryNames")
    if names and (params.get("maxResults") or params.get("nextToken")):
        raise AwsError("InvalidParameterException", "repositoryNames and maxResults exclude others")
    if names:
        held = [scene.repository({**params, "repositoryName": name}) for name in names]
    else:
        held = [r for r in scene.registries.of(account, scene.region) if r.lets_in(scene.account)]
    return paged([_described(scene, r) for r in held], params, "repositories")


def put_image_tag_mutability(scene: Scene, params: Params) -> Params:
    found = scene.repository(params)
    _set_mutability(found, params)
    return _named(found) | {
        "imageTagMutability": found.mutability,
        "imageTagMutabilityExclusionFilters": found.filters,
    }


def put_image_scanning_configuration(scene: Scene, params: Params) -> Params:
    found = scene.repository(params)
    found.scan_on_push = bool(params["imageScanningConfiguration"].get("scanOnPush"))
    return _named(found) | {"imageScanningConfiguration": {"scanOnPush": found.scan_on_push}}


def get_lifecycle_policy(scene: Scene, params: Params) -> Params:
    found = scene.repository(params)
    if found.lifecycle is None:
        raise _no_policy("LifecyclePolicyNotFoundException", "Lifecycle policy", found)
    return _named(found) | {"lifecyclePolicyText": found.lifecycle}


def put_lifecycle_policy(scene: Scene, params: Params) -> Params:
    found = scene.repository(params)
    text = params["lifecyclePolicyText"]
    try:
        rules = json.loads(text)["rules"]
        priorities = [rule["rulePriority"] for rule in rules]
        for rule in rules:
            _check_selection(rule)
    except (ValueError, KeyError, TypeError) as error:
        raise _bad_lifecycle(repr(error)) from None
    if len(set(priorities)) != len(priorities):
        raise _bad_lifecycle("rulePriority must be unique")
    found.lifecycle = text
    return _named(found) | {"lifecyclePolicyText": text}


def _check_selection(rule: Params) -> None:
    """ECR user guide, lifecycle policy properties."""
    chosen = rule["selection"]
    if chosen["tagStatus"] not in ("tagged", "untagged", "any"):
        raise _bad_lifecycle(f"tagStatus {chosen['tagStatus']}")
    if chosen["tagStatus"] == "tagged" and not (
        chosen.get("tagPrefixList") or chosen.get("tagPatternList")
    ):
        raise _bad_lifecycle("tagStatus tagged needs tagPrefixList or tagPatternList")
    if chosen["countType"] not in ("imageCountMoreThan", "sinceImagePushed", "sinceImagePulled"):
        raise _bad_lifecycle(f"countType {chosen['countType']}")
    if not isinstance(chosen["countNumber"], int) or chosen["countNumber"] < 1:
        raise _bad_lifecycle("countNumber must be a positive integer")
    if rule["action"]["type"] not in ("expire", "transition"):
        raise _bad_lifecycle(f"action {rule['action']['type']}")


def delete_lifecycle_policy(scene: Scene, params: Params) -> Params:
    answer = get_lifecycle_policy(scene, params)
    scene.repository(params).lifecycle = None
    return answer


def get_repository_policy(scene: Scene, params: Params) -> Params:
    found = scene.repository(params)
    if found.policy is None:
        raise _no_policy("RepositoryPolicyNotFoundException", "Repository policy", found)
    return _named(found) | {"policyText": found.policy}


def set_repository_policy(scene: Scene, params: Params) -> Params:
    found = scene.repository(params)
    try:
        statements = json.loads(params["policyText"])["Statement"]
        effects = [statement["Effect"] for statement in statements]
    except (ValueError, KeyError, TypeError):
        effects = [""]
    if not set(effects) <= {"Allow", "Deny"}:
        raise AwsError(
            "InvalidParameterException",
            "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository "
            "policy provided'",
        )
    found.policy = params["policyText"]
    return _named(found) | {"policyText": found.policy}


def delete_repository_policy(scene: Scene, params: Params) -> Params:
    answer = get_repository_policy(scene, params)
    scene.repository(params).policy = None
    return answer


def create_template(scene: Scene, params: Params) -> Params:
    held = scene.registries.templates.setdefault((scene.account, scene.region), {})
    prefix = params["prefix"]
    if prefix in held:
        raise AwsError("TemplateAlreadyExistsException", f"The template '{prefix}' already exists")
    template = {"imageTagMutability": "MUTABLE", **params}
    template |= {"createdAt": scene.now, "updatedAt": scene.now}
    held[prefix] = template
    return {"registryId": scene.account, "repositoryCreationTemplate": template}


def describe_templates(scene: Scene, params: Params) -> Params:
    held = scene.registries.templates.get((scene.account, scene.region), {})
    prefixes = params.get("prefixes")
    chosen = [t for prefix, t in sorted(held.items()) if not prefixes or prefix in prefixes]
    return paged(chosen, params, "repositoryCreationTemplates") | {"registryId": scene.account}


def delete_template(scene: Scene, params: Params) -> Params:
    held = scene.registries.templates.get((scene.account, scene.region), {})
    if params["prefix"] not in held:
        raise AwsError("TemplateNotFoundException", "The template does not exist")
    template = held.pop(params["prefix"])
    return {"registryId": scene.account, "repositoryCreationTemplate": template}


def list_tags(scene: Scene, params: Params) -> Params:
    tags = _by_arn(scene, params).tags
    return {"tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}


def tag_resource(scene: Scene, params: Params) -> Params:
    _by_arn(scene, params).tags.update({t["Key"]: t.get("Value", "") for t in params["tags"]})
    return {}


def untag_resource(scene: Scene, params: Params) -> Params:
    held = _by_arn(scene, params).tags
    for key in params["tagKeys"]:
        held.pop(key, None)
    return {}


def _by_arn(scene: Scene, params: Params) -> Repository:
    name = params["resourceArn"].partition(":repository/")[2]
    return scene.repository({"repositoryName": name})


def _set_mutability(repository: Repository, params: Params) -> None:
    kind = params.get("imageTagMutability") or "MUTABLE"
    filters = params.get("imageTagMutabilityExclusionFilters") or []
    if bool(filters) is not kind.endswith("_WITH_EXCLUSION"):
        raise AwsError(
            "InvalidParameterException",
            "imageTagMutabilityExclusionFilters go with a _WITH_EXCLUSION mutability, and only so",
        )
    repository.mutability, repository.filters = kind, filters


def _described(scene: Scene, repository: Repository) -> dict[str, Any]:
    answer = _named(repository) | {
        "repositoryArn": repository.arn,
        "repositoryUri": f"{scene.host_of(repository.account)}/{repository.name}",
        "createdAt": repository.created_at,
        "imageTagMutability": repository.mutability,
        "imageScanningConfiguration": {"scanOnPush": repository.scan_on_push},
        "encryptionConfiguration": repository.encryption,
    }
    if repository.filters:
        answer["imageTagMutabilityExclusionFilters"] = repository.filters
    return answer


def _named(repository: Repository) -> dict[str, Any]:
    return {"registryId": repository.account, "repositoryName": repository.name}


def _no_policy(code: str, what: str, repository: Repository) -> AwsError:
    return AwsError(
        code,
        f"{what} does not exist for the repository with name '{repository.name}' in the registry "
        f"with id '{repository.account}'",
    )


def _bad_lifecycle(why: str) -> AwsError:
    return AwsError(
        "InvalidParameterException",
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle "
        f"policy validation failure: {why}'",
    )


OPERATIONS: dict[str, Operation] = {
    "GetAuthorizationToken": get_authorization_token,
    "CreateRepository": create_repository,
    "DeleteRepository": delete_repository,
    "DescribeRepositories": describe_repositories,
    "PutImageTagMutability": put_image_tag_mutability,
    "PutImageScanningConfiguration": put_image_scanning_configuration,
    "GetLifecyclePolicy": get_lifecycle_policy,
    "PutLifecyclePolicy": put_lifecycle_policy,
    "DeleteLifecyclePolicy": delete_lifecycle_policy,
    "GetRepositoryPolicy": get_repository_policy,
    "SetRepositoryPolicy": set_repository_policy,
    "DeleteRepositoryPolicy": delete_repository_policy,
    "CreateRepositoryCreationTemplate": create_template,
    "DescribeRepositoryCreationTemplates": describe_templates,
    "DeleteRepositoryCreationTemplate": delete_template,
    "ListTagsForResource": list_tags,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
}
