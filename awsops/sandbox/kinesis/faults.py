"""Kinesis's errors (botocore's model `kinesis/2013-12-02`)."""

from __future__ import annotations

from awsops.sandbox.answers import AwsError


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message)


def no_stream(name: str, account: str) -> AwsError:
    return not_found(f"Stream {name} under account {account} not found.")


def in_use(message: str) -> AwsError:
    return AwsError("ResourceInUseException", message)


def not_active(name: str, account: str, status: str) -> AwsError:
    return in_use(f"Stream {name} under account {account} not ACTIVE, instead in state {status}")


def invalid(message: str) -> AwsError:
    return AwsError("InvalidArgumentException", message)


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def limit(message: str) -> AwsError:
    return AwsError("LimitExceededException", message)


def too_fast(what: str) -> AwsError:
    return AwsError("ProvisionedThroughputExceededException", f"Rate exceeded for {what}.")


def on_demand(operation: str, name: str) -> AwsError:
    return validation(
        f"{operation} is not supported for the stream {name}: its capacity mode is ON_DEMAND."
    )
