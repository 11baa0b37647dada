"""A bad day on request: throttling, errors, latency, lost connections; the same for the same seed.

A specification reads `throttle=0.1,error=0.02,latency=50ms,reset=0.01,lost=0.01,seed=7`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, fields

from awsops.sandbox.answers import AwsError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "": 1.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|)")
MAX_LATENCY_SECONDS = 60.0  # botocore's own read timeout; longer would only ever time out

# What each service says when it throttles, by signing name (service models and API references);
# services of the query protocol say "Throttling", those of JSON "ThrottlingException".
_THROTTLE_CODES = {
    "sqs": ("RequestThrottled", 403),
    "kinesis": ("ProvisionedThroughputExceededException", 400),
    "lambda": ("TooManyRequestsException", 429),
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "ec2": ("RequestLimitExceeded", 503),
    "s3": ("SlowDown", 503),
    "sts": ("Throttling", 400),
    "iam": ("Throttling", 400),
    "monitoring": ("Throttling", 400),
    "cloudformation": ("Throttling", 400),
    "autoscaling": ("Throttling", 400),
    "sns": ("Throttled", 429),
}


@dataclass(frozen=True, slots=True)
class Chaos:
    """How bad the day is.

    throttle, error, reset, lost: probabilities, 0 to 1. `reset` drops the connection before the
    call is carried out, `lost` after. latency: seconds added to each call. only: signing names of
    the services concerned, all when empty. seed: another seed is another day.
    """

    throttle: float = 0.0
    error: float = 0.0
    latency: float = 0.0
    reset: float = 0.0
    lost: float = 0.0
    only: tuple[str, ...] = ()
    seed: int = 0

    def concerns(self, service: str) -> bool:
        return not self.only or service in self.only

    def fault(self, name: str, number: int) -> str | None:
        """What befalls the call with this number of the operation `name`: None, or one of `reset`,
        `throttle`, `error`, `lost`.

        It depends on the seed, the operation and the number alone, so that threads which race one
        another still meet the same faults in each of their operations.
        """
        digest = hashlib.blake2b(f"{self.seed}:{name}:{number}".encode(), digest_size=8).digest()
        luck = int.from_bytes(digest, "big") / 2**64
        for kind in ("reset", "throttle", "error", "lost"):
            luck -= getattr(self, kind)
            if luck < 0:
                return kind
        return None

    def spec(self) -> str:
        """The specification that `parse` reads back as this."""
        parts = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value == field.default:
                continue
            if field.name == "latency":
                parts.append(f"latency={value * 1000:g}ms")
            elif field.name == "only":
                parts.append(f"only={'+'.join(value)}")
            else:
                parts.append(f"{field.name}={value:g}")
        return ",".join(parts)


def parse(spec: str | None) -> Chaos:
    """Reads a specification; an empty one is a good day.

    Raises ValueError that names the bad key or value and what is known.
    """
    values: dict[str, object] = {}
    for part in (spec or "").split(","):
        name, equals, text = (piece.strip() for piece in part.partition("="))
        if not name and not equals:
            continue
        if name not in _READERS:
            raise ValueError(f"chaos: unknown key {name!r}; known keys: {', '.join(_READERS)}")
        if name in values:
            raise ValueError(f"chaos: {name} is given twice")
        values[name] = _READERS[name](name, text)
    chaos = Chaos(**values)  # type: ignore[arg-type]  # each reader gives its field's type
    total = chaos.throttle + chaos.error + chaos.reset + chaos.lost
    if total > 1:
        raise ValueError(
            f"chaos: throttle, error, reset and lost add up to {total:g}, more than 1: "
            "a call meets one of them at most"
        )
    return chaos


def _probability(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ValueError(f"chaos: {name}={text}: expected a probability from 0 to 1, such as 0.1")
    return value


def _duration(name: str, text: str) -> float:
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _UNITS[match[2]] if match else -1.0
    if not 0 <= seconds <= MAX_LATENCY_SECONDS:
        raise ValueError(f"chaos: {name}={text}: expected a duration up to 60s, such as 50ms")
    return seconds


def _whole_number(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,18}", text):
        raise ValueError(f"chaos: {name}={text}: expected a whole number, such as 7")
    return int(text)


def _names(name: str, text: str) -> tuple[str, ...]:
    if not re.fullmatch(r"[a-z0-9-]+(\+[a-z0-9-]+)*", text):
        raise ValueError(f"chaos: {name}={text}: expected service names, such as sqs+sts")
    return tuple(text.split("+"))


_READERS: dict[str, Callable[[str, str], object]] = {
    "throttle": _probability,
    "error": _probability,
    "latency": _duration,
    "reset": _probability,
    "lost": _probability,
    "only": _names,
    "seed": _whole_number,
}


FAULTS = {
    "throttle": "share of calls that are refused as too many: 0.1",
    "error": "share that fails with a server's error: 0.02",
    "latency": "how much longer each call takes: 50ms",
    "reset": "share whose connection breaks before they are carried out: 0.01",
    "lost": "share whose answer is lost after they were carried out: 0.01",
    "only": "services concerned: sqs+kinesis",
    "seed": "another number is another day: 7",
}


def throttled(service: str, protocol: str) -> AwsError:
    """The error by which a service says that it is called too often."""
    default = ("Throttling" if protocol in ("query", "rest-xml") else "ThrottlingException", 400)
    code, status = _THROTTLE_CODES.get(service, default)
    return AwsError(code, "Rate exceeded", status=status)


def failed(service: str, protocol: str) -> AwsError:
    """An error inside AWS, which a client may try again."""
    if service == "s3":
        return AwsError("InternalError", "We encountered an internal error.", status=500)
    if protocol == "ec2":
        return AwsError("InternalError", "An internal error has occurred", status=500)
    if protocol == "query":
        return AwsError("InternalFailure", "An internal error has occurred.", status=500)
    code = "ServiceException" if service == "lambda" else "InternalFailure"
    return AwsError(code, "The service is temporarily unavailable.", status=500)
