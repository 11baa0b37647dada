"""The ECR API, strict. What it does not play goes to moto."""

from __future__ import annotations

import time
from collections.abc import Callable

from awsops.sandbox.answers import json_response
from awsops.sandbox.calls import Call
from awsops.sandbox.ecr import image_calls, repository_calls
from awsops.sandbox.ecr.checking import Checker
from awsops.sandbox.ecr.distribution import Distribution
from awsops.sandbox.ecr.listener import Listeners
from awsops.sandbox.ecr.operations import Operation, Scene
from awsops.sandbox.ecr.public import PublicRegistry
from awsops.sandbox.ecr.real import RealRegistries
from awsops.sandbox.ecr.seed import seed_registry
from awsops.sandbox.ecr.state import Registries
from awsops.sandbox.wire import Request, Response

_OPERATIONS: dict[str, Operation] = {**repository_calls.OPERATIONS, **image_calls.OPERATIONS}


class EcrService:
    """Answers the signing names `ecr` and `ecr-public`, and `/v2/`."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.registries = Registries(clock)
        self.distribution = Distribution(self.registries)
        self.listeners = Listeners(self.distribution.answer)
        self.real = RealRegistries()
        self.public = PublicRegistry(self.registries, self.listeners)
        self._checker = Checker("ecr")
        self._to_seed = False
        self._seeded: set[tuple[str, str]] = set()

    def reset(self) -> None:
        """Forgets every repository, image and token; real registries end."""
        self.registries.reset()
        self.public.reset()
        self.real.stop()
        self._to_seed = False

    def seed(self) -> None:
        """From now on the demo accounts have images, made when somebody first looks."""
        with self.registries.lock:
            self._to_seed = True
            self._seeded.clear()

    def handle(self, call: Call) -> Response | None:
        """One call of the ECR API; None for what only moto plays."""
        operation = _OPERATIONS.get(call.operation)
        if operation is None:
            return None
        params = self._checker.check(call.operation, call.request.body)
        with self.registries.lock:
            account, region = call.identity.account, call.region
            owner = str(params.get("registryId") or account)
            self._seed_once(owner, region)
            scene = Scene(
                self.registries,
                account,
                region,
                lambda owner: self._host(owner, region),
                self.real.find(account, region),
            )
            real = self.real.find(owner, region)
            if real is None or call.operation not in image_calls.READS | image_calls.WRITES:
                return json_response(operation(scene, params))
            real.read_into(self.registries, owner, region)
            if call.operation in image_calls.READS:
                return json_response(operation(scene, params))
            repository = scene.repository(params)
            tags, images = dict(repository.image_tags), set(repository.images)
            answer = json_response(operation(scene, params))
            real.write_back(repository, tags, images)
            return answer

    def start_registry(self, account: str, region: str) -> str:
        """The host of a real registry for an account, which has all that the API has; ValueError
        where it cannot be started.
        """
        with self.registries.lock:
            self._seed_once(account, region)
            fresh = self.real.find(account, region) is None
            host = self.real.start(account, region)
            if fresh:
                self._offer(account, region)
            return host

    def _offer(self, account: str, region: str) -> None:
        real = self.real.find(account, region)
        if real is not None:
            for repository in self.registries.of(account, region):
                real.offer(repository)

    def _host(self, account: str, region: str) -> str:
        real = self.real.find(account, region)
        return real.host if real else self.listeners.host(account, region)

    def answer_v2(self, request: Request) -> Response:
        """`/v2/` on the sandbox's own endpoint: the registry that the token is for."""
        return self.distribution.answer(request)

    def _seed_once(self, account: str, region: str) -> None:
        if self._to_seed and (account, region) not in self._seeded:
            self._seeded.add((account, region))
            seed_registry(self.registries, account, region)
            self._offer(account, region)
