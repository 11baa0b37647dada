"""What the demo accounts' registries hold at the start: a few builds, good and bad ones."""

from __future__ import annotations

import json

from awsops.sandbox.accounts import ACCOUNTS
from awsops.sandbox.ecr.images import put_manifest
from awsops.sandbox.ecr.manifests import OCI_INDEX, OCI_MANIFEST, digest_of
from awsops.sandbox.ecr.scanning import LABEL
from awsops.sandbox.ecr.state import Registries, Repository

DAY = 86_400.0
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_CONFIG = "application/vnd.oci.image.config.v1+json"


def seed_registry(registries: Registries, account: str, region: str) -> None:
    """`orders` (mutable) and `payments` (immutable) in a demo account's own region."""
    known = {a.account_id: a.region for a in ACCOUNTS}
    if known.get(account) != region:
        return
    now = registries.clock()
    orders = _repository(registries, account, region, "orders", now - 400 * DAY)
    for number in range(1, 13):
        age = (12 - number) * 20 * DAY + DAY
        findings = "CRITICAL=1,HIGH=2,LOW=3" if number == 11 else "MEDIUM=1"
        digest = _image(orders, f"{account} orders {number}", now - age, findings)
        if number != 6:  # a build whose tag moved on: untagged since
            orders.image_tags[f"1.{number}.0"] = digest
    orders.image_tags["latest"] = orders.image_tags["1.12.0"]
    _index(orders, account, now - 30 * DAY)
    payments = _repository(registries, account, region, "payments", now - 300 * DAY)
    payments.mutability = "IMMUTABLE"
    for number in range(1, 4):
        digest = _image(payments, f"{account} payments {number}", now - (4 - number) * 9 * DAY, "")
        payments.image_tags[f"2.{number}.0"] = digest


def _repository(
    registries: Registries, account: str, region: str, name: str, created: float
) -> Repository:
    made = Repository(account, region, name, created, scan_on_push=True)
    registries.repositories[(account, region, name)] = made
    return made


def _image(repository: Repository, content: str, pushed: float, findings: str) -> str:
    layer = (content * 400).encode()
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": {
        LABEL: findings, "content": content}}, "rootfs": {"type": "layers", "diff_ids": []},
    }).encode()  # fmt: skip
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": _descriptor(repository, config, _CONFIG),
        "layers": [_descriptor(repository, layer, _LAYER)],
    }
    return _put(repository, manifest, pushed)


def _index(repository: Repository, account: str, pushed: float) -> None:
    """An image for two architectures: the tag is the index's, the images have none."""
    entries = []
    for architecture in ("amd64", "arm64"):
        digest = _image(repository, f"{account} multi {architecture}", pushed, "")
        body = repository.images[digest].manifest.body
        platform = {"architecture": architecture, "os": "linux"}
        entries.append(
            {"mediaType": OCI_MANIFEST, "digest": digest, "size": len(body), "platform": platform}
        )
    manifest = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    repository.image_tags["multi-1.0"] = _put(repository, manifest, pushed)


def _put(repository: Repository, manifest: dict[str, object], pushed: float) -> str:
    body = json.dumps(manifest).encode()
    made, _ = put_manifest(repository, body, media_type=None, tag=None, digest=None, now=pushed)
    return made.digest


def _descriptor(repository: Repository, data: bytes, kind: str) -> dict[str, object]:
    repository.layers[digest_of(data)] = data
    return {"mediaType": kind, "size": len(data), "digest": digest_of(data)}
