"""Which aliases and versions of a function have provisioned concurrency."""

from __future__ import annotations

from .client import LambdaClient, error_code, pages


def provisioned(lam: LambdaClient, function: str) -> set[str]:
    """Their names and numbers."""
    try:
        found = pages(
            lam.list_provisioned_concurrency_configs,
            "ProvisionedConcurrencyConfigs",
            FunctionName=function,
        )
    except Exception as error:
        # A list that has nothing: some stand-ins of AWS answer so, AWS itself with an empty one.
        if error_code(error) == "ProvisionedConcurrencyConfigNotFoundException":
            return set()
        raise
    return {str(config["FunctionArn"]).rpartition(":")[2] for config in found}
