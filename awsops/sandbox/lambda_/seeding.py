"""What the demo accounts have of Lambda: functions in use, old versions, alarms, triggers."""

from __future__ import annotations

from awsops.sandbox.accounts import ACCOUNTS
from awsops.sandbox.cloudwatch.alarms import Alarms
from awsops.sandbox.lambda_.functions import publish_latest
from awsops.sandbox.lambda_.state import (
    LATEST,
    Alias,
    AliasChange,
    Function,
    Region,
    Version,
    new_revision,
)
from awsops.sandbox.lambda_.traffic import Behaviour, Script

CALLS_PER_SECOND = 20.0
DAY = 86_400.0
LEARNED = 600.0  # seconds of traffic that lie behind when somebody first looks


def seed_region(region: Region, alarms: Alarms, now: float) -> None:
    """The functions of a demo account in its own region; nothing anywhere else."""
    if (region.account, region.region) not in {(a.account_id, a.region) for a in ACCOUNTS}:
        return
    orders = _function(region, "orders", "python3.12", versions=3, now=now)
    live = _alias(orders, "live", "2", now)
    _released(region, orders, live, now)
    # Version 3 is what a canary is for: it does well while few callers reach it.
    live.script = Script(CALLS_PER_SECOND, {"*": Behaviour()}, now - LEARNED)
    payments = _function(region, "payments", "nodejs16.x", versions=8, now=now)
    _alias(payments, "live", "8", now)
    _alias(payments, "beta", "6", now)
    _function(region, "check-orders", "python3.12", versions=0, now=now)
    _wire(region, orders, now)
    _alarms(alarms, now)


def _function(region: Region, name: str, runtime: str, *, versions: int, now: float) -> Function:
    settings = {
        "Description": f"{name} of the demo shop",
        "Role": f"arn:aws:iam::{region.account}:role/{name}",
        "Handler": "app.handler",
        "Runtime": runtime,
        "Timeout": 30,
        "MemorySize": 512,
        "Environment": {"Variables": {"STAGE": "demo", "TABLE": name, "LOG_LEVEL": "INFO"}},
        "TracingConfig": {"Mode": "PassThrough"},
        "Architectures": ["arm64"],
        "PackageType": "Zip",
        "EphemeralStorage": {"Size": 512},
        "Layers": [f"arn:aws:lambda:{region.region}:{region.account}:layer:shared:4"],
    }
    began = now - (versions + 1) * DAY
    function = Function(
        name, region.arn(name), Version(LATEST, settings, _sha(name, 0), 48_213, began)
    )
    function.tags = {"service": name}
    for number in range(1, versions + 1):
        function.latest = Version(
            LATEST, dict(settings), _sha(name, number), 48_213 + 311 * number, began + number * DAY
        )
        publish_latest(function, f"release {number}", began + number * DAY)
    region.functions[name] = function
    return function


def _sha(name: str, number: int) -> str:
    import base64
    import hashlib

    return base64.b64encode(hashlib.sha256(f"{name} {number}".encode()).digest()).decode()


def _alias(function: Function, name: str, version: str, now: float) -> Alias:
    alias = Alias(name, version, {}, f"what {name} callers get")
    alias.log.append((now - DAY, version, {}))
    function.aliases[name] = alias
    return alias


def _released(region: Region, function: Function, alias: Alias, now: float) -> None:
    """What CloudTrail knows of the alias: each version was released on the day it was made."""
    who = f"arn:aws:iam::{region.account}:user/nora"
    first = now - (len(function.versions) + 1) * DAY
    for number in range(1, int(alias.version) + 1):
        at = first + number * DAY
        region.changes.append(AliasChange(at, who, function.name, alias.name, str(number), {}))


def _wire(region: Region, orders: Function, now: float) -> None:
    from awsops.sandbox.lambda_.state import Policy

    identity = f"arn:aws:sqs:{region.region}:{region.account}:orders"
    mapping = {
        "UUID": "0b6c7a52-55aa-4d0e-9d5b-000000000001",
        "EventSourceArn": identity,
        "FunctionArn": f"{orders.arn}:live",
        "State": "Enabled",
        "StateTransitionReason": "User action",
        "LastModified": now - DAY,
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
    }
    stream = {
        **mapping,
        "UUID": "0b6c7a52-55aa-4d0e-9d5b-000000000002",
        "EventSourceArn": f"arn:aws:kinesis:{region.region}:{region.account}:stream/clicks",
        "BatchSize": 100,
        "BisectBatchOnFunctionError": False,
    }
    region.mappings = {str(m["UUID"]): m for m in (mapping, stream)}
    statement = {
        "Sid": "shop-api",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": orders.arn,
        "Condition": {
            "ArnLike": {
                "AWS:SourceArn": f"arn:aws:execute-api:{region.region}:{region.account}:shop/*"
            }
        },
    }
    partner = {
        "Sid": "partner",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444444444444:root"},
        "Action": "lambda:InvokeFunction",
        "Resource": orders.arn,
    }
    orders.policies[""] = Policy(new_revision(), {"shop-api": statement, "partner": partner})


def _alarms(alarms: Alarms, now: float) -> None:
    """Errors of orders:live, and a composite alarm above it."""
    dimensions = {"FunctionName": "orders", "Resource": "orders:live"}
    alarms.put_metric_alarm(
        {
            "AlarmName": "orders-live-errors",
            "Namespace": "AWS/Lambda",
            "MetricName": "Errors",
            "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()],
            "Period": 60,
            "EvaluationPeriods": 1,
            "Statistic": "Sum",
            "Threshold": 30.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        },
        now,
    )
    alarms.all["orders-live-errors"].due = now  # evaluated as soon as somebody looks
    alarms.put_composite_alarm(
        {"AlarmName": "orders-health", "AlarmRule": 'ALARM("orders-live-errors")'}, now
    )
