"""Basic scans: what an image's label `awsops.sandbox.findings` says is found, after a while."""

from __future__ import annotations

import json
from typing import Any

from awsops.sandbox.answers import AwsError
from awsops.sandbox.ecr.state import SCAN_SECONDS, Image, Repository

LABEL = "awsops.sandbox.findings"
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")


def status_of(image: Image, now: float) -> str | None:
    """As DescribeImages says it; None before any scan."""
    if image.scan_started is None:
        return None
    return "COMPLETE" if now >= image.scan_started + SCAN_SECONDS else "IN_PROGRESS"


def counts_of(repository: Repository, image: Image) -> dict[str, int]:
    """Findings by severity, as the image's config says: `HIGH=2,LOW=1`."""
    config = repository.layer(image.manifest.config or "") or b"{}"
    try:
        labels = (json.loads(config).get("config") or {}).get("Labels") or {}
    except ValueError:
        labels = {}
    counts: dict[str, int] = {}
    for part in filter(None, str(labels.get(LABEL, "")).split(",")):
        severity, _, count = part.partition("=")
        if severity in SEVERITIES and count.isdigit() and int(count):
            counts[severity] = int(count)
    return counts


def start_scan(image: Image, now: float) -> None:
    """StartImageScan: once in 24 hours an image (ECR user guide, basic scanning)."""
    if image.manifest.is_index:
        raise AwsError(
            "UnsupportedImageTypeException", "The image is of a type that is not scanned"
        )
    if image.scan_started is not None and now < image.scan_started + 86_400:
        raise AwsError(
            "LimitExceededException",
            "The scan quota per image has been exceeded. Wait and try again.",
        )
    image.scan_started = now


def describe_findings(repository: Repository, image: Image, now: float) -> dict[str, Any]:
    """What DescribeImageScanFindings adds to the image's id; ScanNotFoundException before any."""
    status = status_of(image, now)
    if status is None:
        raise AwsError(
            "ScanNotFoundException",
            f"Image scan does not exist for the image with '{image.manifest.digest}' in the "
            f"repository with name '{repository.name}' in the registry with id "
            f"'{repository.account}'",
        )
    if status == "IN_PROGRESS":
        return {"imageScanStatus": {"status": status}}
    counts = counts_of(repository, image)
    started = image.scan_started or now
    return {
        "imageScanStatus": {
            "status": status,
            "description": "The scan was completed successfully.",
        },
        "imageScanFindings": {
            "imageScanCompletedAt": started + SCAN_SECONDS,
            "vulnerabilitySourceUpdatedAt": started - 86_400,
            "findingSeverityCounts": counts,
            "findings": _findings(image, counts),
        },
    }


def _findings(image: Image, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Made-up findings: their ids stand in no database of vulnerabilities."""
    number = int(image.manifest.digest[7:11], 16)
    found = []
    for severity in SEVERITIES:
        for index in range(counts.get(severity, 0)):
            found.append(
                {
                    "name": f"CVE-0000-{number + index:05d}",
                    "description": f"Made up: {severity.lower()} number {index + 1}.",
                    "uri": "https://example.com/advisory",
                    "severity": severity,
                    "attributes": [
                        {"key": "package_name", "value": f"library-{index + 1}"},
                        {"key": "package_version", "value": f"1.{index}.0"},
                    ],
                }
            )
    return found
