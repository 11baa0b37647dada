"""What an operation of the ECR API is given: who calls which registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.ecr.state import Registries, Repository
from awsops.sandbox.paging import take_page

if TYPE_CHECKING:
    from awsops.sandbox.ecr.real import RealRegistry

Params = dict[str, Any]
PAGE, LARGEST_PAGE = 100, 1000  # ECR API reference: maxResults, 1 to 1,000, 100 by default


@dataclass(frozen=True, slots=True)
class Scene:
    """One call's surroundings. `host_of` tells the host of an account's registry in the region."""

    registries: Registries
    account: str
    region: str
    host_of: Callable[[str], str]
    real: RealRegistry | None = None

    @property
    def now(self) -> float:
        return self.registries.clock()

    def registry(self, params: Params) -> str:
        """The account whose registry is meant."""
        return str(params.get("registryId") or self.account)

    def repository(self, params: Params) -> Repository:
        """The repository that is meant; another account's only when its policy lets the caller."""
        account = self.registry(params)
        found = self.registries.find(account, self.region, params["repositoryName"])
        if not found.lets_in(self.account):
            raise AwsError(
                "AccessDeniedException",
                f"User: arn:aws:iam::{self.account}:user/demo is not authorized to perform this "
                f"on resource: {found.arn} because no resource-based policy allows it",
            )
        return found


Operation = Callable[[Scene, Params], Params]


def paged(items: list[Any], params: Params, name: str) -> Params:
    """One page of an answer; its token is the position of the next one."""
    size = int(params.get("maxResults") or PAGE)
    if size > LARGEST_PAGE:
        raise AwsError("InvalidParameterException", "maxResults must be at most 1000")
    page, token = take_page(items, params.get("nextToken"), size, _refused_token, prefix="page-")
    return {name: page, **({"nextToken": token} if token else {})}


def _refused_token() -> AwsError:
    return AwsError("InvalidParameterException", "Invalid parameter at 'nextToken'")
