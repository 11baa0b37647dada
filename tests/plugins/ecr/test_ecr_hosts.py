"""Host names of registries in every partition."""

from __future__ import annotations

import pytest
from awsops_plugins.ecr.hosts import Registry, read_registry, variant

from awsops.errors import UsageError

HOSTS = [
    ("111122223333.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"),
    ("111122223333.dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1"),
    ("111122223333.dkr.ecr.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
    ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ("111122223333.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
    ("111122223333.dkr-ecr-fips.us-west-2.on.aws", "us-west-2"),
    ("111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", "cn-north-1"),
]


@pytest.mark.parametrize(("host", "region"), HOSTS)
def test_account_and_region_are_read_from_the_host(host: str, region: str) -> None:
    assert read_registry(f"https://{host}/a/b:1") == Registry(host, "111122223333", region)


def test_the_public_registry_is_one_host() -> None:
    assert read_registry("public.ecr.aws/demo/x").public


@pytest.mark.parametrize("text", ["docker.io", "1.dkr.ecr.eu-west-1.amazonaws.com", "", "evil.com"])
def test_another_registrys_host_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not an ECR registry"):
        read_registry(text)


@pytest.mark.parametrize(
    ("region", "fips", "dual", "expected"),
    [
        ("us-east-1", True, False, "1.dkr.ecr-fips.us-east-1.amazonaws.com"),
        ("us-east-1", False, True, "1.dkr-ecr.us-east-1.on.aws"),
        ("us-east-1", True, True, "1.dkr-ecr-fips.us-east-1.on.aws"),
        ("cn-north-1", False, True, "1.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn"),
    ],
)
def test_the_other_names_of_a_registry(region: str, fips: bool, dual: bool, expected: str) -> None:
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    plain = read_registry(f"111122223331.dkr.ecr.{region}.{suffix}")
    assert variant(plain, fips=fips, dual_stack=dual).host == f"11112222333{expected}"


def test_fips_where_there_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no FIPS endpoint in eu-west-1"):
        variant(read_registry(HOSTS[0][0]), fips=True, dual_stack=False)


def places() -> list[tuple[str, str, bool]]:
    """Every region that botocore knows, its partition's DNS suffix, and whether ECR has a FIPS
    endpoint there.
    """
    import botocore.session

    data = botocore.session.Session().get_data("endpoints")
    found = []
    for partition in data["partitions"]:
        ecr = partition["services"].get("api.ecr", {}).get("endpoints", {})
        for region in partition["regions"]:
            variants = ecr.get(region, {}).get("variants", [])
            fips = any("fips" in variant["tags"] for variant in variants)
            found.append((region, partition["dnsSuffix"], fips))
    return found


PLACES = places()


def test_the_host_of_every_region_that_botocore_knows_is_read() -> None:
    for region, suffix, _ in PLACES:
        found = read_registry(f"111122223333.dkr.ecr.{region}.{suffix}")
        assert (found.account, found.region) == ("111122223333", region)


def test_fips_hosts_are_where_botocore_has_them_and_nowhere_else() -> None:
    made = []
    for region, suffix, _ in PLACES:
        plain = read_registry(f"111122223333.dkr.ecr.{region}.{suffix}")
        try:
            host = variant(plain, fips=True, dual_stack=False).host
        except UsageError:
            continue
        assert host == f"111122223333.dkr.ecr-fips.{region}.{suffix}"
        made.append(region)
    assert sorted(made) == sorted(region for region, _, fips in PLACES if fips)


def test_a_dual_stack_host_is_refused_where_there_is_none() -> None:
    plain = read_registry("111122223333.dkr.ecr.us-iso-east-1.c2s.ic.gov")
    with pytest.raises(UsageError, match="no dual-stack host name in us-iso-east-1"):
        variant(plain, fips=False, dual_stack=True)


def test_a_dual_stack_host_stays_one() -> None:
    dual = read_registry("111122223333.dkr-ecr.eu-west-1.on.aws")
    assert variant(dual, fips=False, dual_stack=True) == dual
