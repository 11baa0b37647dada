"""What botocore's models say of a service."""

from __future__ import annotations


def operations_of(service: str) -> frozenset[str] | None:
    """The names of a service's operations; None where botocore does not know the service."""
    import botocore.session
    from botocore.exceptions import UnknownServiceError

    try:
        model = botocore.session.Session().get_service_model(service)
    except UnknownServiceError:
        return None
    return frozenset(model.operation_names)
