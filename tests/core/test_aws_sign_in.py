"""Where the console signs people in, region by region, and where settings send it instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsops.credentials.sign_in import configured_endpoint, sign_in_host
from awsops.targets import Target

from .aws_home import aws_home, our_sessions, plain_session


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        # AWS general reference, "AWS Sign-In endpoints and quotas".
        ("aws", "us-east-1", "signin.aws.amazon.com"),
        ("aws", "eu-west-1", "eu-west-1.signin.aws.amazon.com"),
        ("aws", "af-south-1", "af-south-1.signin.aws.amazon.com"),
        ("aws", None, "signin.aws.amazon.com"),
        ("aws", "cn-north-1", "signin.aws.amazon.com"),  # a region of another partition
        ("aws-cn", "cn-northwest-1", "signin.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "signin.amazonaws-us-gov.com"),
        ("aws-us-gov", "us-gov-east-1", "us-gov-east-1.signin.amazonaws-us-gov.com"),
        ("aws-us-gov", "eu-west-1", "signin.amazonaws-us-gov.com"),
        # botocore's endpoint rules of the service.
        ("aws-eusc", "eusc-de-east-1", "eusc-de-east-1.signin.amazonaws-eusc.eu"),
        ("aws-iso", "us-iso-east-1", "us-iso-east-1.signin.c2shome.ic.gov"),
    ],
)
def test_each_partition_has_a_host_of_its_own(
    tmp_path: Path, partition: str, region: str | None, host: str
) -> None:
    with aws_home(tmp_path, "", "", {}):
        assert sign_in_host(our_sessions(), Target(region=region), partition) == host


SERVICES = "[profile p]\nservices = mine\n[services mine]\nsignin =\n  endpoint_url = https://c\n"


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        (
            "[profile p]\n",
            {"AWS_ENDPOINT_URL_SIGNIN": "https://a", "AWS_ENDPOINT_URL": "https://b"},
        ),
        ("[profile p]\n", {"AWS_ENDPOINT_URL": "https://b"}),
        (SERVICES, {}),
        ("[profile p]\nendpoint_url = https://d\n", {}),
        (SERVICES, {"AWS_ENDPOINT_URL": "https://b"}),
    ],
)
def test_a_configured_endpoint_is_the_one_that_botocore_uses(
    tmp_path: Path, config: str, environ: dict[str, str]
) -> None:
    with aws_home(tmp_path, config, "", environ):
        ours = configured_endpoint(our_sessions(), Target("p", "eu-west-1"))
        theirs = plain_session("p").create_client("signin", region_name="eu-west-1")
        assert ours == theirs.meta.endpoint_url


@pytest.mark.parametrize(
    ("config", "environ"),
    [
        ("[profile p]\n", {}),
        ("[profile p]\n", {"AWS_ENDPOINT_URL_STS": "https://a"}),
        ("[profile p]\nignore_configured_endpoint_urls = true\nendpoint_url = https://d\n", {}),
    ],
)
def test_without_one_it_is_awss(tmp_path: Path, config: str, environ: dict[str, str]) -> None:
    with aws_home(tmp_path, config, "", environ):
        assert configured_endpoint(our_sessions(), Target("p", "eu-west-1")) is None
