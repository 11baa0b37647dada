"""A function with an alias, traffic through it, and a clock that is the sandbox's own."""

from __future__ import annotations

import signal
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from awsops.sandbox import control
from awsops.testing import FakeClock, Result, Sandbox

ACCOUNT, REGION = "111111111111", "eu-west-1"


class SandboxClock(FakeClock):
    """The sandbox's own clock: whoever sleeps on it puts it forward, and `at` happens then."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(0.0)
        self.sandbox = sandbox
        self.at: dict[int, Callable[[], Any]] = {}
        self._lock = threading.RLock()
        self.still = False

    def __call__(self) -> float:
        return control.now(self.sandbox.info)

    def sleep(self, seconds: float) -> None:
        with self._lock:  # the shifts of one run sleep in threads of their own
            self.naps.append(seconds)
            if not self.still:
                control.advance(self.sandbox.info, seconds)
            self.at.pop(len(self.naps), lambda: None)()

    def interrupt(self) -> None:
        """Ctrl-C. The clock stands still from then on: who was about to sleep does not use up the
        time that the others have to leave AWS tidy."""
        self.still = True
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)


class Shop:
    """A function of a test's own: versions 1 to 3, alias live at 1, and what AWS says of it."""

    def __init__(
        self,
        sandbox: Sandbox,
        awsops: Callable[..., Result],
        clients: Mapping[str, Any],
        *,
        account: str = ACCOUNT,
        name: str = "",
    ) -> None:
        self.sandbox, self._awsops, self.account = sandbox, awsops, account
        self.clock = SandboxClock(sandbox)
        self.lam, self.cloudwatch = clients["lambda"], clients["cloudwatch"]
        self.name = name or f"f-{uuid.uuid4().hex[:8]}"
        self.alias = f"{self.name}:live"
        role = f"arn:aws:iam::{account}:role/r"
        self.lam.create_function(
            FunctionName=self.name, Role=role, Code={"ZipFile": b"0"}, Runtime="python3.12"
        )
        for number in (1, 2, 3):
            self.lam.update_function_code(FunctionName=self.name, ZipFile=b"%d" % number)
            self.lam.publish_version(FunctionName=self.name)
        self.lam.create_alias(FunctionName=self.name, Name="live", FunctionVersion="1")

    def traffic(self, per_second: float = 100, **versions: Mapping[str, Any]) -> None:
        """`shop.traffic(v2={"errors": 0.5})`"""
        told = {name.removeprefix("v"): given for name, given in versions.items()}
        control.play_traffic(
            self.sandbox.info,
            self.name,
            "live",
            per_second=per_second,
            versions=told,
            account=self.account,
            region=REGION,
        )

    def alarm(self, metric: str = "Errors", threshold: float = 20, **change: Any) -> str:
        name = f"{self.name}-{metric}"
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": self.name}],
            Period=60,
            EvaluationPeriods=1,
            Statistic="Sum",
            Threshold=threshold,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
            **change,
        )
        control.advance(self.sandbox.info, 61)
        return name

    def shift(
        self, *words: str, to: str = "2", profile: str = "demo-dev", **options: Any
    ) -> Result:
        argv = ["lambda", "shift", self.alias, *(["--to", to] if to else []), *words]
        options = {"clock": self.clock, **options}
        self.clock.still = False
        try:
            return self._awsops([*argv, "-p", profile, "-y"], **options)
        finally:
            control.set_chaos(self.sandbox.info, "")  # what is asked next is not part of it

    def run(self, *words: str, **options: Any) -> Result:
        return self._awsops(["lambda", *words, "-p", "demo-dev"], clock=self.clock, **options)

    def set_route(self, version: str, weights: Mapping[str, float] | None = None) -> None:
        self.lam.update_alias(
            FunctionName=self.name,
            Name="live",
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": dict(weights or {})},
        )

    @property
    def route(self) -> tuple[str, dict[str, float]]:
        found = self.lam.get_alias(FunctionName=self.name, Name="live")
        weights = found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return found["FunctionVersion"], weights


OLD: tuple[str, dict[str, float]] = ("1", {})
NEW: tuple[str, dict[str, float]] = ("2", {})


def verdicts(result: Result) -> list[tuple[float, str]]:
    """Weight and verdict of every row."""
    return [(row["weight"], row["verdict"]) for row in result.rows if "verdict" in row]
