"""What scans found: waited for, listed, and judged against a severity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from awsops.api import AwsopsError, CancelledError, PendingError, Progress

SEVERITIES = ("critical", "high", "medium", "low", "informational", "undefined")
POLL_SECONDS = 2.0
# ECR API reference, ImageScanStatus: ACTIVE is a finished scan of the enhanced kind.
_DONE = ("COMPLETE", "ACTIVE")
_RUNNING = ("IN_PROGRESS", "PENDING")


@dataclass(frozen=True, slots=True)
class Finding:
    """A row of `ecr findings`."""

    severity: str
    name: str
    package: str | None
    version: str | None
    fixed_in: str | None
    uri: str | None


@dataclass(frozen=True, slots=True)
class SeverityCount:
    """A row of a scan's table: how many findings of one severity."""

    repository: str
    image: str
    severity: str
    findings: int


def image_id(text: str) -> dict[str, str]:
    """`sha256:...` is a digest, anything else a tag."""
    return {"imageDigest": text} if text.startswith("sha256:") else {"imageTag": text}


def await_scan(
    ecr: Any,
    repository: str,
    image: str,
    *,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    cancelled: Callable[[], bool],
    patience: float,
) -> Iterator[Progress]:
    """Until the scan is over; PendingError after `patience` seconds, AwsopsError when it failed."""
    until = clock() + patience
    while True:
        status, why = read_status(ecr, repository, image)
        if status in _DONE:
            return
        if status not in (*_RUNNING, None):
            raise AwsopsError(f"{repository}:{image} could not be scanned: {status}: {why or ''}")
        if cancelled():
            raise CancelledError(f"the scan of {repository}:{image} goes on without us")
        if clock() >= until:
            raise PendingError(
                f"no findings for {repository}:{image} yet: {status or 'not scanned'}",
                hint=f"awsops ecr findings {repository} {image} --wait",
            )
        yield Progress(0, None, "", f"scan of {repository}:{image}: {status or 'not begun'}")
        sleep(POLL_SECONDS)


def read_status(ecr: Any, repository: str, image: str) -> tuple[str | None, str | None]:
    """The scan's status and its description; None before any scan."""
    wanted = {"repositoryName": repository, "imageId": image_id(image)}
    try:
        answer = ecr.describe_image_scan_findings(**wanted, maxResults=1)
    except ecr.exceptions.ScanNotFoundException:
        return None, None
    status = answer["imageScanStatus"]
    return status["status"], status.get("description")


def read_findings(ecr: Any, repository: str, image: str) -> tuple[list[Finding], dict[str, int]]:
    """All findings, worst first, and their number by severity in lower case."""
    params = {"repositoryName": repository, "imageId": image_id(image), "maxResults": 1000}
    rows: list[Finding] = []
    counts: dict[str, int] = {}
    while True:
        page = ecr.describe_image_scan_findings(**params)
        held = page.get("imageScanFindings", {})
        counts = {k.lower(): int(v) for k, v in held.get("findingSeverityCounts", {}).items()}
        rows += map(_basic, held.get("findings", []))
        rows += map(_enhanced, held.get("enhancedFindings", []))
        if not page.get("nextToken"):
            return sorted(rows, key=lambda row: (_rank(row.severity), row.name)), counts
        params["nextToken"] = page["nextToken"]


def check_counts(repository: str, image: str, counts: Mapping[str, int], worst: str) -> None:
    """AwsopsError when there is a finding of this severity or a worse one."""
    limit = _rank(worst)
    over = {s: n for s, n in counts.items() if n and _rank(s) <= limit}
    if over:
        said = ", ".join(f"{over[s]} {s}" for s in SEVERITIES if s in over)
        raise AwsopsError(
            f"{repository}:{image} has {said}",
            hint=f"awsops ecr findings {repository} {image}",
            code="FindingsOverLimit",
        )


def table(repository: str, image: str, counts: Mapping[str, int]) -> Iterator[SeverityCount]:
    """One row for each severity that occurs, worst first; one of none where none does."""
    found = [(s, counts[s]) for s in SEVERITIES if counts.get(s)]
    for severity, number in found or [("none", 0)]:
        yield SeverityCount(repository, image, severity, number)


def _rank(severity: str) -> int:
    # Inspector also says UNTRIAGED: what is not known is ranked last.
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _basic(data: Any) -> Finding:
    about = {pair["key"]: pair.get("value") for pair in data.get("attributes", [])}
    package, version = about.get("package_name"), about.get("package_version")
    severity = str(data.get("severity", "UNDEFINED")).lower()
    return Finding(severity, data.get("name", ""), package, version, None, data.get("uri"))


def _enhanced(data: Any) -> Finding:
    details = data.get("packageVulnerabilityDetails") or {}
    [package, *_] = details.get("vulnerablePackages") or [{}]
    return Finding(
        str(data.get("severity", "UNDEFINED")).lower(),
        details.get("vulnerabilityId") or data.get("title", ""),
        package.get("name"),
        package.get("version"),
        package.get("fixedInVersion"),
        details.get("sourceUrl"),
    )
