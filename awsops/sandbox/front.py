"""The way of a request: admin, authentication, chaos, the strict services, moto."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable

from awsops.sandbox import auth, chaos, federation, sigv4
from awsops.sandbox.accounts import ACCOUNTS, USER
from awsops.sandbox.answers import AwsError, error_response, protocol_of
from awsops.sandbox.calls import Call, Service, Tally, operation_of
from awsops.sandbox.chaos import Chaos
from awsops.sandbox.clock import SteerableClock
from awsops.sandbox.cloudtrail import CloudTrailService
from awsops.sandbox.cloudwatch.service import CloudWatchService
from awsops.sandbox.codedeploy.service import CodeDeployService
from awsops.sandbox.ecr.service import EcrService
from awsops.sandbox.iam import IamService
from awsops.sandbox.identity import (
    EXAMPLE_ACCOUNT,
    EXAMPLE_KEY,
    KeyStore,
    random_base32,
    user_identity,
)
from awsops.sandbox.kinesis import trail as kinesis_trail
from awsops.sandbox.kinesis.service import KinesisService
from awsops.sandbox.lambda_ import trail as lambda_trail
from awsops.sandbox.lambda_.service import LambdaService
from awsops.sandbox.logs.service import LogsService
from awsops.sandbox.mfa import SEED_BYTES, MfaStore
from awsops.sandbox.moto_bridge import Moto
from awsops.sandbox.policies import Policies
from awsops.sandbox.roles import Roles
from awsops.sandbox.sqs.service import SqsService
from awsops.sandbox.sts import StsService
from awsops.sandbox.verdicts import Verdicts
from awsops.sandbox.wire import Request, Response

ABORT = Response(abort=True)


class Front:
    """Everything behind the socket. Safe to call from many threads."""

    def __init__(
        self,
        day: Chaos | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        users = [
            user_identity(account.access_key, account.secret, account.account_id, USER)
            for account in ACCOUNTS
        ]
        users.append(user_identity(EXAMPLE_KEY, None, EXAMPLE_ACCOUNT, "example"))
        self.day = day or Chaos()
        self.tally = Tally()
        self.mfa = MfaStore()
        self.moto = Moto(users)
        self.sqs = SqsService(clock)
        self.clock = SteerableClock(clock)
        self.cloudwatch = CloudWatchService(self.clock)
        self.lambda_ = LambdaService(self.cloudwatch, self.clock)
        self.kinesis = KinesisService(self.cloudwatch, clock)
        self.ecr = EcrService(clock)
        self._users = users
        self._clock = clock
        self._sleep = sleep
        # The same for the life of the server, so that a device survives a reset.
        self._seeds = {account: random_base32(SEED_BYTES * 8 // 5) for account in ACCOUNTS}
        self._changing = threading.Lock()
        self.keys = KeyStore(clock)
        self.federation = federation.Federation(self.keys, clock)
        self._enrol()
        verdicts = Verdicts()
        self._policies = Policies(self.moto.policies, verdicts)
        self.services: dict[str, Service] = {
            "sqs": self.sqs,
            "sts": StsService(self.keys, self.mfa, Roles(self.moto.role), verdicts, clock),
            "iam": IamService(self.keys, self.mfa, self.moto, clock),
            "monitoring": self.cloudwatch,
            "lambda": self.lambda_,
            "codedeploy": CodeDeployService(self.lambda_, self.cloudwatch, self.clock),
            "kinesis": self.kinesis,
            "logs": LogsService(self.clock, clock),
            "cloudtrail": CloudTrailService(
                {
                    lambda_trail.EVENT_NAME: lambda_trail.alias_changes(self.lambda_),
                    kinesis_trail.EVENT_NAME: kinesis_trail.shard_count_updates(self.kinesis),
                }
            ),
            "ecr": self.ecr,
            "ecr-public": self.ecr.public,
        }

    def _enrol(self) -> None:
        for user in self._users:
            self.keys.add(user)
        for account, seed in self._seeds.items():
            device = self.mfa.create(account.account_id, f"/{USER}", seed)
            self.mfa.assign(device, USER, self._clock())

    def reset(self) -> None:
        """Forgets all that happened in every account: queues, keys, devices, moto's state."""
        with self._changing:
            self.clock.reset()
            for service in self.services.values():
                service.reset()
            self.keys.clear()
            self._enrol()
            self.moto.reset()
            self.tally.reset()

    def begin_day(self, day: Chaos) -> None:
        """Makes the day as bad as that, with the same faults whatever was asked before."""
        self.day = day
        self.tally.begin_day()

    def answer(self, request: Request) -> Response:
        """The answer to one request to AWS; never raises."""
        claim = sigv4.read_claim(request)
        if claim is None and request.path.startswith("/v2/"):
            return self.ecr.answer_v2(request)
        if claim is None and request.path == federation.PATH:
            return self.federation.answer(request)
        service = auth.service_of(request, claim)
        name = f"{service}.{operation_of(request)}"
        number = self.tally.call(name)
        try:
            fault = self._befall(name, number, service)
            if fault == "reset":
                return ABORT
            if fault == "throttle":
                raise chaos.throttled(service, protocol_of(request, service))
            if fault == "error":
                raise chaos.failed(service, protocol_of(request, service))
            identity = auth.authenticate(request, claim, service, self.keys, self._clock())
            region = claim.region if claim else "us-east-1"
            call = Call(request, service, operation_of(request), region, identity, claim)
            self._policies.check(call)
            response = self._serve(call)
            return ABORT if fault == "lost" else response
        except AwsError as error:
            self.tally.error(name, error.code)
            return error_response(error, request, service)
        except NotImplementedError as error:
            self.tally.error(name, "NotImplemented")
            sys.stderr.write(f"{name}: {error}\n")
            why = f"The sandbox does not play {name}: {error}"
            missing = AwsError("NotImplemented", why, status=501)
            return error_response(missing, request, service)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            self.tally.error(name, "defect")
            defect = AwsError("InternalFailure", "The sandbox failed: see its log.", status=500)
            return error_response(defect, request, service)

    def _befall(self, name: str, number: int, service: str) -> str | None:
        day = self.day
        if not day.concerns(service):
            return None
        if day.latency:
            self._sleep(day.latency)
        fault = day.fault(name, number)
        if fault is not None:
            self.tally.fault(name, fault)
        return fault

    def _serve(self, call: Call) -> Response:
        strict = self.services.get(call.service)
        response = strict.handle(call) if strict is not None else None
        if response is not None:
            return response
        account = call.identity.account if call.claim is not None else None
        return self.moto.pass_on(call.request, account)
