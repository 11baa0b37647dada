"""ECR Public, as far as a login goes: its token, its registry, its repositories' names."""

from __future__ import annotations

import json

from awsops.sandbox.answers import AwsError, json_response
from awsops.sandbox.calls import Call
from awsops.sandbox.ecr.listener import Listeners
from awsops.sandbox.ecr.state import Registries
from awsops.sandbox.wire import Response

REGION = "us-east-1"  # ECR Public user guide: the API answers in us-east-1 (and us-west-2)
PLACE = "public"  # stands for a region in the addresses of listeners


class PublicRegistry:
    """Answers the signing name `ecr-public`; None for what moto may know."""

    def __init__(self, registries: Registries, listeners: Listeners) -> None:
        self._registries = registries
        self._listeners = listeners

    def reset(self) -> None:
        """Tokens live with the private ones; nothing else is kept."""

    def handle(self, call: Call) -> Response | None:
        if call.region != REGION:
            raise AwsError("UnsupportedCommandException", "ECR Public is served in us-east-1 alone")
        account = call.identity.account
        if call.operation == "GetAuthorizationToken":
            with self._registries.lock:
                token, expires_at = self._registries.issue(account, PLACE)
            data = {"authorizationToken": token, "expiresAt": expires_at}
            return json_response({"authorizationData": data})
        if call.operation == "DescribeRegistries":
            json.loads(call.request.body or b"{}")
            alias = {"name": "demo", "status": "ACTIVE", "primaryRegistryAlias": True}
            registry = {
                "registryId": account,
                "registryArn": f"arn:aws:ecr-public::{account}:registry/{account}",
                "registryUri": f"{self._listeners.host(account, PLACE)}/demo",
                "verified": False,
                "aliases": [alias | {"defaultRegistryAlias": True}],
            }
            return json_response({"registries": [registry]})
        return None
