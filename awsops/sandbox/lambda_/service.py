"""Lambda's operations by name; layers and code signing are moto's."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from awsops.sandbox.calls import Call
from awsops.sandbox.cloudwatch.service import CloudWatchService
from awsops.sandbox.lambda_ import aliases, functions, invoking, mappings, settings
from awsops.sandbox.lambda_.seeding import seed_region
from awsops.sandbox.lambda_.state import AliasChange, Region
from awsops.sandbox.lambda_.traffic import Behaviour, Script, record_into
from awsops.sandbox.rest import RestRouter
from awsops.sandbox.wire import Response

Params = Mapping[str, Any]
Operation = Callable[[Region, Params, float], dict[str, Any] | None]


class LambdaService:
    """Functions of every account and region, and the traffic through their aliases."""

    def __init__(
        self, cloudwatch: CloudWatchService, clock: Callable[[], float] = time.time
    ) -> None:
        self._cloudwatch = cloudwatch
        self._clock = clock
        # One lock for both: metrics are made while they are read.
        self.lock = cloudwatch.lock
        self._router = RestRouter("lambda")
        self._regions: dict[tuple[str, str], Region] = {}
        cloudwatch.sources.append(self.bring_up_to_date)
        # What moves aliases by itself: asked to do so before anybody looks.
        self.drivers: list[Callable[[str, str, float], None]] = []

    def reset(self) -> None:
        with self.lock:
            self._regions.clear()

    def of(self, account: str, region: str) -> Region:
        """What an account has in a region; the demo accounts' functions are made when somebody
        first looks. Hold `lock` while using it."""
        found = self._regions.get((account, region))
        if found is None:
            found = self._regions[account, region] = Region(account, region)
            watched = self._cloudwatch.of(account, region)
            seed_region(found, watched.alarms, self._clock())
        return found

    def handle(self, call: Call) -> Response | None:
        """One call; None for what moto plays."""
        read = self._router.read(call.request)
        if read is None:
            return None
        name, params = read
        operation = OPERATIONS.get(name)
        if operation is None and name != "Invoke":
            return None
        with self.lock:
            now = self._clock()
            region = self.of(call.identity.account, call.region)
            for driver in self.drivers:
                driver(region.account, region.region, now)
            if operation is None:
                series = self._cloudwatch.of(region.account, region.region).series
                return invoking.invoke(region, params, now, series)
            answer = operation(region, params, now)
            if name == "UpdateAlias":
                self._remember(region, params, call.identity.arn, now)
        if answer is None:
            return Response(204)
        headers = [("Content-Type", "application/json")]
        return Response(200, headers, json.dumps(answer).encode())

    def _remember(self, region: Region, params: Params, who: str, now: float) -> None:
        function, _ = region.named(params)
        alias = function.alias(str(params["Name"]))
        weights = dict(alias.weights)
        region.changes.append(
            AliasChange(now, who, function.name, alias.name, alias.version, weights)
        )

    def bring_up_to_date(self, account: str, region: str, now: float) -> None:
        """Makes the metrics of the traffic that has passed since somebody last read them."""
        found = self.of(account, region)
        series = self._cloudwatch.of(account, region).series
        for function in found.functions.values():
            for alias in function.aliases.values():
                if alias.script is not None:
                    alias.script.play(
                        now, alias.shares_at, record_into(series, function.name, alias.name)
                    )

    def play(
        self,
        account: str,
        region: str,
        function: str,
        alias: str | None,
        per_second: float,
        versions: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """From now on callers send so many calls a second, and versions do as they are told.

        Without an alias it is told how the function does when it is invoked itself. AwsError for
        a function or alias that is not there, ValueError for a behaviour that makes no sense.
        """
        with self.lock:
            now = self._clock()
            self.bring_up_to_date(account, region, now)
            found, _ = self.of(account, region).named({"FunctionName": function})
            told = {version: Behaviour.of(given) for version, given in versions.items()}
            script = Script(per_second, told, now)
            if alias is None:
                found.behaviour = script
            else:
                found.alias(alias).script = script


OPERATIONS: Mapping[str, Operation] = {
    "AddPermission": settings.add_permission,
    "CreateAlias": aliases.create,
    "CreateEventSourceMapping": mappings.create,
    "CreateFunction": functions.create,
    "CreateFunctionUrlConfig": settings.create_url,
    "DeleteAlias": aliases.delete,
    "DeleteEventSourceMapping": mappings.delete,
    "DeleteFunction": functions.delete,
    "DeleteFunctionConcurrency": functions.delete_concurrency,
    "DeleteFunctionEventInvokeConfig": settings.delete_event_config,
    "DeleteFunctionUrlConfig": settings.delete_url,
    "DeleteProvisionedConcurrencyConfig": aliases.delete_provisioned,
    "GetAccountSettings": functions.account_settings,
    "GetAlias": aliases.get,
    "GetEventSourceMapping": mappings.get,
    "GetFunction": functions.get,
    "GetFunctionConcurrency": functions.get_concurrency,
    "GetFunctionConfiguration": functions.get_configuration,
    "GetFunctionEventInvokeConfig": settings.get_event_config,
    "GetFunctionUrlConfig": settings.get_url,
    "GetPolicy": settings.get_policy,
    "GetProvisionedConcurrencyConfig": aliases.get_provisioned,
    "ListAliases": aliases.list_aliases,
    "ListEventSourceMappings": mappings.list_mappings,
    "ListFunctionEventInvokeConfigs": settings.list_event_configs,
    "ListFunctionUrlConfigs": settings.list_urls,
    "ListFunctions": functions.list_functions,
    "ListProvisionedConcurrencyConfigs": aliases.list_provisioned,
    "ListTags": settings.list_tags,
    "ListVersionsByFunction": functions.list_versions,
    "PublishVersion": functions.publish,
    "PutFunctionConcurrency": functions.put_concurrency,
    "PutFunctionEventInvokeConfig": settings.put_event_config,
    "PutProvisionedConcurrencyConfig": aliases.put_provisioned,
    "RemovePermission": settings.remove_permission,
    "TagResource": settings.tag,
    "UntagResource": settings.untag,
    "UpdateAlias": aliases.update,
    "UpdateEventSourceMapping": mappings.update,
    "UpdateFunctionCode": functions.update_code,
    "UpdateFunctionConfiguration": functions.update_configuration,
    "UpdateFunctionEventInvokeConfig": settings.update_event_config,
    "UpdateFunctionUrlConfig": settings.update_url,
}
