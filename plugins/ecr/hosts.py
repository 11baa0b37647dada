"""The host names of ECR registries, in every partition, plain, FIPS and dual-stack.

ECR user guide, "Private registry authentication" and "Making requests over IPv6"; AWS General
Reference, "Amazon ECR endpoints".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from awsops.api import UsageError

PUBLIC = "public.ecr.aws"
_PLAIN = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?P<fips>-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(?P<suffix>amazonaws\.com(\.cn)?|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk"
    r"|csp\.hci\.ic\.gov|amazonaws\.eu)"
)
_DUAL = re.compile(
    r"(?P<account>\d{12})\.dkr-ecr(?P<fips>-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(?P<suffix>on\.aws|on\.amazonwebservices\.com\.cn)"
)
# botocore's endpoints.json: api.ecr has FIPS variants there alone (not in the us-iso regions).
_FIPS_REGION = r"us-(gov-)?(east|west)-\d"
_DUAL_SUFFIX = {
    "amazonaws.com": "on.aws",
    "amazonaws.com.cn": "on.amazonwebservices.com.cn",
}
_LOOPBACK = re.compile(r"(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?")


@dataclass(frozen=True, slots=True)
class Registry:
    """One registry as tools name it. `account` and `region` are None where the host hides them
    (ECR Public, an emulator on this machine).
    """

    host: str
    account: str | None = None
    region: str | None = None
    public: bool = False

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine, where tools may speak plain HTTP."""
        return _LOOPBACK.fullmatch(self.host) is not None


def read_registry(text: str) -> Registry:
    """A registry from its host name, with or without `https://` and a path behind it.

    UsageError for what is not a host of ECR.
    """
    host = text.strip().removeprefix("https://").removeprefix("http://").partition("/")[0].lower()
    if host == PUBLIC:
        return Registry(host, region="us-east-1", public=True)
    match = _PLAIN.fullmatch(host) or _DUAL.fullmatch(host)
    if match:
        return Registry(host, match["account"], match["region"])
    if _LOOPBACK.fullmatch(host):
        return Registry(host)
    raise UsageError(
        f"{text} is not an ECR registry",
        hint="it looks like 123456789012.dkr.ecr.eu-west-1.amazonaws.com, or public.ecr.aws",
    )


def variant(registry: Registry, *, fips: bool, dual_stack: bool) -> Registry:
    """The same registry under its FIPS or dual-stack name; as it is where it has none."""
    if registry.account is None or registry.region is None or not (fips or dual_stack):
        return registry
    if fips and not re.fullmatch(_FIPS_REGION, registry.region):
        raise UsageError(
            f"ECR has no FIPS endpoint in {registry.region}",
            hint="FIPS endpoints are in the us- regions and GovCloud",
        )
    mark = "-fips" if fips else ""
    if dual_stack:
        plain = registry.host.partition(f".{registry.region}.")[2]
        suffix = _DUAL_SUFFIX.get(plain, plain)
        if suffix not in _DUAL_SUFFIX.values():
            raise UsageError(f"ECR has no dual-stack host name in {registry.region}")
        host = f"{registry.account}.dkr-ecr{mark}.{registry.region}.{suffix}"
    else:
        suffix = registry.host.partition(f".{registry.region}.")[2]
        host = f"{registry.account}.dkr.ecr{mark}.{registry.region}.{suffix}"
    return Registry(host, registry.account, registry.region)
