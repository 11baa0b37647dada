"""`lambda shift` on `ministack`, a Lambda and CloudWatch that we did not write (PyPI).

It enforces RevisionId, keeps weights, and its alarms evaluate by themselves. It makes no
metrics of its own, so a test puts them. The sandbox answers for STS, with an account of its own.
"""

from __future__ import annotations

import io
import json
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.peers.processes import ministack

pytestmark = pytest.mark.peers

DEV = ("-p", "demo-dev", "-r", "us-east-1")
# What only AWS has to do in minutes is done in seconds here.
QUICK = ("--steps", "50,100", "--every", "4s", "--poll", "1s", "--min-invocations", "0")


@dataclass
class Peer:
    """A function of a test's own on the peer: versions 1 and 2, alias live at 1."""

    lam: Any
    cloudwatch: Any
    name: str

    @property
    def alias(self) -> str:
        return f"{self.name}:live"

    @property
    def route(self) -> tuple[str, dict[str, float]]:
        found = self.lam.get_alias(FunctionName=self.name, Name="live")
        weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        return found["FunctionVersion"], weights

    def metrics(self, version: str, **values: float) -> None:
        """One data point of each metric now, as Lambda would make them."""
        dimensions = {
            "FunctionName": self.name,
            "Resource": self.alias,
            "ExecutedVersion": version,
        }
        shown = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        self.cloudwatch.put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {"MetricName": name, "Dimensions": shown, "Value": value}
                for name, value in values.items()
            ],
        )

    def alarm(self, metric: str) -> str:
        name = f"{self.name}-{metric}"
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="Peers",
            MetricName=f"{self.name}-{metric}",
            Period=10,
            EvaluationPeriods=1,
            Statistic="Sum",
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )
        return name

    def when_weighted(self, do: Callable[[], Any]) -> threading.Thread:
        """Does it in another thread once the alias carries a weight."""

        def wait() -> None:
            until = time.monotonic() + 15
            while not self.route[1] and time.monotonic() < until:
                time.sleep(0.1)
            do()

        thread = threading.Thread(target=wait)
        thread.start()
        return thread


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ministack() as url:
        yield url


@pytest.fixture(scope="module")
def clients(server: str) -> dict[str, Any]:
    import botocore.session
    from botocore.config import Config

    session = botocore.session.Session(profile=None)
    return {
        service: session.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=server,
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="x" * 40,
            config=Config(proxies={}),
        )
        for service in ("lambda", "cloudwatch")
    }


def _code(text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.py", f"def h(event, context):\n    return {text!r}\n")
    return file.getvalue()


@pytest.fixture
def peer(clients: dict[str, Any]) -> Peer:
    lam, name = clients["lambda"], f"f-{uuid.uuid4().hex[:8]}"
    lam.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="a.h",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": _code("none")},
    )
    for text in ("one", "two"):
        lam.update_function_code(FunctionName=name, ZipFile=_code(text))
        lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return Peer(lam, clients["cloudwatch"], name)


@pytest.fixture
def on_peer(awsops: Callable[..., Any], server: str) -> Callable[..., Any]:
    environ = {"AWS_ENDPOINT_URL_LAMBDA": server, "AWS_ENDPOINT_URL_CLOUDWATCH": server}

    def run(*argv: str, **options: Any) -> Any:
        return awsops(["lambda", *argv, *DEV], environ=environ, **options)

    return run


def test_a_shift_is_promoted(on_peer: Any, peer: Peer) -> None:
    result = on_peer("shift", peer.alias, "--to", "2", *QUICK, "-y")
    assert (result.exit_code, peer.route) == (0, ("2", {})), result.stderr
    assert [row["verdict"] for row in result.rows] == ["passed", "promoted"]


def test_errors_of_the_new_version_roll_it_back(on_peer: Any, peer: Peer) -> None:
    thread = peer.when_weighted(lambda: peer.metrics("2", Invocations=100, Errors=50))
    result = on_peer("shift", peer.alias, "--to", "2", *QUICK, "--max-error-rate", "1%", "-y")
    thread.join()
    assert (result.exit_code, peer.route) == (1, ("1", {})), result.stderr
    assert "50 errors in 100 invocations" in result.stderr


@pytest.mark.parametrize("composite", [False, True])
def test_an_alarm_that_goes_off_by_itself_rolls_back(
    on_peer: Any, peer: Peer, composite: bool
) -> None:
    name = guarded = peer.alarm("bad")
    if composite:
        guarded = f"{name}-any"
        peer.cloudwatch.put_composite_alarm(AlarmName=guarded, AlarmRule=f'ALARM("{name}")')

    def breach() -> None:
        peer.cloudwatch.put_metric_data(
            Namespace="Peers", MetricData=[{"MetricName": f"{peer.name}-bad", "Value": 5}]
        )

    thread = peer.when_weighted(breach)
    words = ("--canary", "50%/40s", "--poll", "1s", "--min-invocations", "0")
    result = on_peer("shift", peer.alias, "--to", "2", *words, "--alarm", guarded, "-y")
    thread.join()
    assert (result.exit_code, peer.route) == (1, ("1", {})), result.stderr
    assert f"alarm {guarded} went off" in result.stderr


def test_somebody_elses_change_stops_the_shift(on_peer: Any, peer: Peer) -> None:
    foreign = {"AdditionalVersionWeights": {"2": 0.25}}

    def change() -> None:
        peer.lam.update_alias(FunctionName=peer.name, Name="live", RoutingConfig=foreign)

    thread = peer.when_weighted(change)
    result = on_peer("shift", peer.alias, "--to", "2", *QUICK, "-y")
    thread.join()
    assert (result.exit_code, peer.route) == (1, ("1", {"2": 0.25})), result.stderr
    assert "ForeignChange" in result.stderr


def test_an_alarm_that_does_not_exist_is_refused(on_peer: Any, peer: Peer) -> None:
    result = on_peer("shift", peer.alias, "--to", "2", *QUICK, "--alarm", "none", "-y")
    assert (result.exit_code, peer.route) == (5, ("1", {}))


def test_smoke_calls_are_reported_as_they_were_answered(on_peer: Any, peer: Peer) -> None:
    words = ("--canary", "50%/1s", "--poll", "1s", "--min-invocations", "0", "--smoke", "10")
    result = on_peer("shift", peer.alias, "--to", "2", *words, "-y")
    assert result.exit_code == 0, result.stderr
    # ministack 1.5 keeps weights but answers every call with the alias's own version.
    assert "smoke: 10 calls: version 1 10 (100%); 0 failed" in result.stderr


def test_a_weight_is_seen_and_taken_back(on_peer: Any, peer: Peer) -> None:
    peer.lam.update_alias(
        FunctionName=peer.name,
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )
    assert on_peer("status", peer.alias).rows[0]["weight"] == 25.0
    assert on_peer("rollback", peer.alias, "-y").exit_code == 0
    assert peer.route == ("1", {})


def test_a_call_runs_the_function(on_peer: Any, peer: Peer) -> None:
    [row] = on_peer("invoke", peer.alias, "{}", "-y").rows
    assert json.loads(row["payload"]) == "one"


def test_versions_are_pruned_but_for_the_one_in_use(on_peer: Any, peer: Peer) -> None:
    assert on_peer("prune", peer.name, "--keep", "0", "-y").exit_code == 0
    assert [row["version"] for row in on_peer("versions", peer.name).rows] == ["1", "$LATEST"]


def test_a_function_is_stopped_and_started(on_peer: Any, peer: Peer) -> None:
    assert on_peer("stop", peer.name, "-y").exit_code == 0
    found = peer.lam.get_function_concurrency(FunctionName=peer.name)
    assert found["ReservedConcurrentExecutions"] == 0
    assert on_peer("start", peer.name, "-y").exit_code == 0
    assert "ReservedConcurrentExecutions" not in peer.lam.get_function_concurrency(
        FunctionName=peer.name
    )
