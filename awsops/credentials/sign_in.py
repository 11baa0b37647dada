"""The console's sign-in: where a partition has it, and a way there that botocore's calls take too.

The federation endpoint is no API of botocore's, so it is called here by hand; the host comes from
botocore's rules for the service `signin`, and the CA bundle, the proxies and the configured
endpoint (`AWS_ENDPOINT_URL_SIGNIN`, `signin` of a services section, `AWS_ENDPOINT_URL`) are those
that botocore would use.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from awsops.aws_sessions import Sessions
    from awsops.targets import Target

SERVICE = "signin"
TIMEOUT = 10  # seconds to connect, and to wait for the answer
# Here the host has no region before it (AWS general reference, "AWS Sign-In endpoints and quotas";
# for China: IAM user guide of China, "Enable custom identity broker access to the console").
_WITHOUT_REGION = frozenset({"us-east-1", "us-gov-west-1", "cn-north-1", "cn-northwest-1"})


def sign_in_host(sessions: Sessions, target: Target, partition: str) -> str:
    """The host that signs people in to a partition's console, for the target's region when that is
    one of it."""
    from botocore.endpoint_provider import EndpointProvider

    loader = sessions.session(target.profile).get_component("data_loader")
    partitions: Any = loader.load_data("partitions")
    rules = loader.load_service_model(SERVICE, "endpoint-rule-set-1")
    region = _region_of(sessions, target, partition, partitions)
    provider = EndpointProvider(rules, partitions)
    found = provider.resolve_endpoint(Region=region, UseDualStack=False, UseFIPS=False)
    host = str(found.url).removeprefix("https://")
    return host.removeprefix(f"{region}.") if region in _WITHOUT_REGION else host


def configured_endpoint(sessions: Sessions, target: Target) -> str | None:
    """Where the person's settings send calls of `signin`; None: where AWS has it."""
    from botocore.configprovider import ConfiguredEndpointProvider

    if sessions.endpoint_url is not None:
        return sessions.endpoint_url
    if sessions.variable(target.profile, "ignore_configured_endpoint_urls"):
        return None
    session = sessions.session(target.profile)
    provider = ConfiguredEndpointProvider(session.full_config, session.get_scoped_config(), SERVICE)
    found = provider.provide()
    return str(found).rstrip("/") if found else None


def post_form(
    sessions: Sessions, target: Target, url: str, fields: Mapping[str, str]
) -> tuple[int, bytes]:
    """POST a form; status and body of the answer. Raises botocore's errors of the network."""
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    # botocore.endpoint.EndpointCreator: what is configured, REQUESTS_CA_BUNDLE, its own bundle.
    bundle = sessions.variable(target.profile, "ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
    verify: Any = bundle or True
    http = URLLib3Session(verify=verify, proxies=get_environ_proxies(url), timeout=TIMEOUT)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest(method="POST", url=url, headers=headers, data=urlencode(fields))
    answer = http.send(request.prepare())
    return int(answer.status_code), bytes(answer.content)


def _region_of(
    sessions: Sessions, target: Target, partition: str, partitions: Mapping[str, Any]
) -> str:
    """The target's region; the partition's first one where that lies elsewhere."""
    session = sessions.session(target.profile)
    region = target.region or sessions.profile_region(target.profile)
    if region and session.get_partition_for_region(region) == partition:
        return region
    outputs = {known["id"]: known["outputs"] for known in partitions["partitions"]}
    return str(outputs[partition]["implicitGlobalRegion"])
