"""What `make release` adds to the sdist and the wheel: the single file, the bill of materials."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from release.bill import about_the_wheel
from release.single_file import describe_python, file_name, old_enough


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    made = tmp_path / "awsops-1.2.3-py3-none-any.whl"
    made.write_bytes(b"a wheel")
    return made


def _bill(**component: Any) -> dict[str, Any]:
    return {"metadata": {"component": {"name": "awsops"}}, "components": [component]}


def test_the_bill_says_which_wheel_it_is_of(wheel: Path) -> None:
    subject = about_the_wheel(_bill(name="boto3"), wheel)["metadata"]["component"]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert subject["version"] == "1.2.3"
    assert subject["purl"] == "pkg:pypi/awsops@1.2.3"
    assert subject["hashes"] == [{"alg": "SHA-256", "content": digest}]


def test_the_bill_never_names_a_file_of_the_machine_that_builds(wheel: Path) -> None:
    local = {"type": "distribution", "url": "file:///srv/wheels/boto3.whl"}
    with pytest.raises(ValueError, match="file of this machine"):
        about_the_wheel(_bill(name="boto3", externalReferences=[local]), wheel)


def test_the_single_file_takes_each_pythons_own_wheels_and_those_of_any() -> None:
    tags = describe_python(13)["compatible_tags"]
    assert isinstance(tags, list)
    assert "py3-none-any" in tags
    assert any(tag.startswith("cp313-cp313-") for tag in tags)
    assert not any(tag.startswith("cp314-") for tag in tags)


def test_the_single_file_tells_nothing_of_the_machine_that_builds() -> None:
    markers = describe_python(11)["marker_environment"]
    assert isinstance(markers, dict)
    assert (markers["python_full_version"], markers["platform_version"]) == ("3.11.0", "")


def test_the_single_file_runs_on_an_older_glibc_than_the_builders() -> None:
    tags = ["manylinux_2_39_x86_64", "manylinux_2_28_x86_64", "manylinux2014_x86_64"]
    assert list(old_enough([*tags, "macosx_14_0_arm64"])) == [*tags[1:], "macosx_14_0_arm64"]


def test_the_single_file_is_named_after_where_it_runs() -> None:
    assert file_name("1.2.3").startswith("awsops-1.2.3-")
    assert file_name("1.2.3").endswith(".pex")
