"""CodeDeploy as the sandbox plays it: deployments that move an alias by themselves."""

from __future__ import annotations

import json
import uuid

import pytest

from awsops.sandbox import control

ROLE = "arn:aws:iam::111111111111:role/cd"


@pytest.fixture
def group(client):
    """An application with a group, and a function with two versions."""
    name = f"a-{uuid.uuid4().hex[:8]}"
    codedeploy, lam = client("codedeploy"), client("lambda")
    lam.create_function(
        FunctionName=name, Role=ROLE, Handler="a.h", Runtime="python3.12", Code={"ZipFile": b"0"}
    )
    for number in (1, 2):
        lam.update_function_code(FunctionName=name, ZipFile=b"%d" % number)
        lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    codedeploy.create_application(applicationName=name, computePlatform="Lambda")
    codedeploy.create_deployment_group(
        applicationName=name,
        deploymentGroupName="g",
        serviceRoleArn=ROLE,
        deploymentConfigName="CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
        deploymentStyle={
            "deploymentType": "BLUE_GREEN",
            "deploymentOption": "WITH_TRAFFIC_CONTROL",
        },
    )
    return name


def _deploy(client, group, target="2"):
    properties = {
        "Name": group,
        "Alias": "live",
        "CurrentVersion": "1",
        "TargetVersion": target,
    }
    resource = {"f": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    content = json.dumps({"version": 0.0, "Resources": [resource]})
    return client("codedeploy").create_deployment(
        applicationName=group,
        deploymentGroupName="g",
        revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
    )["deploymentId"]


def _route(client, group):
    found = client("lambda").get_alias(FunctionName=group, Name="live")
    weights = found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return found["FunctionVersion"], weights


def _status(client, number):
    return client("codedeploy").get_deployment(deploymentId=number)["deploymentInfo"]["status"]


def test_weights_rise_by_themselves_to_the_end(client, sandbox, group):
    number = _deploy(client, group)
    control.advance(sandbox, 2)
    assert _route(client, group) == ("1", {"2": 0.1})
    control.advance(sandbox, 60)
    assert _route(client, group) == ("1", {"2": 0.2})
    assert _status(client, number) == "InProgress"
    control.advance(sandbox, 600)
    assert _route(client, group) == ("2", {})
    assert _status(client, number) == "Succeeded"


def test_a_stopped_deployment_is_taken_back(client, sandbox, group):
    number = _deploy(client, group)
    control.advance(sandbox, 2)
    client("codedeploy").stop_deployment(deploymentId=number, autoRollbackEnabled=True)
    info = client("codedeploy").get_deployment(deploymentId=number)["deploymentInfo"]
    assert (info["status"], _route(client, group)) == ("Stopped", ("1", {}))
    assert _status(client, info["rollbackInfo"]["rollbackDeploymentId"]) == "Succeeded"


def test_without_rollback_a_stopped_deployment_leaves_its_weight(client, sandbox, group):
    number = _deploy(client, group)
    control.advance(sandbox, 2)
    client("codedeploy").stop_deployment(deploymentId=number, autoRollbackEnabled=False)
    assert _route(client, group) == ("1", {"2": 0.1})


def test_a_group_has_one_deployment_at_a_time(client, sandbox, group):
    _deploy(client, group)
    codedeploy = client("codedeploy")
    with pytest.raises(codedeploy.exceptions.DeploymentLimitExceededException):
        _deploy(client, group)


def test_a_version_that_is_not_there_fails_the_deployment(client, sandbox, group):
    number = _deploy(client, group, target="9")
    control.advance(sandbox, 2)
    assert (_status(client, number), _route(client, group)) == ("Failed", ("1", {}))


def test_what_has_ended_cannot_be_stopped(client, sandbox, group):
    number = _deploy(client, group)
    control.advance(sandbox, 900)
    codedeploy = client("codedeploy")
    with pytest.raises(codedeploy.exceptions.DeploymentAlreadyCompletedException):
        codedeploy.stop_deployment(deploymentId=number)


def test_the_target_shows_the_weight(client, sandbox, group):
    number = _deploy(client, group)
    control.advance(sandbox, 2)
    codedeploy = client("codedeploy")
    targets = codedeploy.list_deployment_targets(deploymentId=number)["targetIds"]
    [found] = codedeploy.batch_get_deployment_targets(deploymentId=number, targetIds=targets)[
        "deploymentTargets"
    ]
    assert found["lambdaTarget"]["lambdaFunctionInfo"]["targetVersionWeight"] == 10.0


@pytest.mark.parametrize("content", ["", "{}", "not: [a spec", '{"Resources": []}'])
def test_an_app_spec_that_is_none_is_refused(client, group, content):
    codedeploy = client("codedeploy")
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
    with pytest.raises(codedeploy.exceptions.ClientError) as error:
        codedeploy.create_deployment(
            applicationName=group, deploymentGroupName="g", revision=revision
        )
    assert "Revision" in error.value.response["Error"]["Code"]


def test_awss_own_configurations_are_there(client):
    names = client("codedeploy").list_deployment_configs()["deploymentConfigsList"]
    assert "CodeDeployDefault.LambdaCanary10Percent30Minutes" in names
