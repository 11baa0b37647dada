"""The benchmark's own parts work. How fast anything is, is never asserted."""

from __future__ import annotations

import configparser
import json
import os
import re
import sys
from collections import Counter
from pathlib import Path

import botocore.session
import pytest

from . import sqs_cases
from .loopback import loopback
from .measure import Program, Sample, WrongResultError, interleaved, middle
from .profiles import mixed, static
from .report import Line, as_json, as_table


def client(url: str, key: str) -> object:
    return botocore.session.Session().create_client(
        "sts",
        region_name="eu-west-1",
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key="secret",
    )


def test_the_server_answers_as_sts_does_and_counts() -> None:
    with loopback(0) as server:
        sts = client(server.url, "BENCH000000000012")
        assert sts.get_caller_identity()["Account"] == "000000000012"
        role = "arn:aws:iam::000000000042:role/ops"
        answer = sts.assume_role(RoleArn=role, RoleSessionName="me")
        assert answer["Credentials"]["AccessKeyId"].endswith("42")
        counts = server.counts()
        assert counts["calls"] == {"GetCallerIdentity": 1, "AssumeRole": 1}
        assert counts["roles"] == {role: 1}
        server.reset()
        assert server.counts()["calls"] == {}


def test_the_server_refuses_what_it_does_not_know() -> None:
    with loopback(0) as server, pytest.raises(Exception, match="InvalidAction"):
        client(server.url, "BENCH1").get_session_token()


def test_a_home_of_static_profiles_has_keys_of_its_own_for_each(tmp_path: Path) -> None:
    home = static(tmp_path, "http://127.0.0.1:1", 30)
    keys = configparser.RawConfigParser()
    keys.read(tmp_path / "credentials")
    assert len({keys[s]["aws_access_key_id"] for s in keys.sections()}) == 30
    assert home.targets == len(home.accounts) == 30
    assert {k for k in home.environ("/bin") if k.startswith("AWS_")} == {
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_EC2_METADATA_DISABLED",
    }


def test_a_mixed_home_has_a_third_of_each_kind_and_roles_in_two_regions(tmp_path: Path) -> None:
    home = mixed(tmp_path, "http://127.0.0.1:1", 60)
    config = configparser.RawConfigParser()
    config.read(tmp_path / "config")
    profiles = [dict(config[s]) for s in config.sections() if s.startswith("profile p-")]
    assert len(profiles) == home.targets == 60
    assert sum("credential_process" in p for p in profiles) == 20
    regions: dict[str, set[str]] = {}
    for profile in profiles:
        if "role_arn" in profile:
            regions.setdefault(profile["role_arn"], set()).add(profile["region"])
    assert len(regions) == 10
    assert all(len(found) == 2 for found in regions.values())


def test_a_program_is_measured_from_outside() -> None:
    program = Program([sys.executable, "-c", "held = bytearray(80_000_000); print('done')"], {})
    sample = program.run()
    assert sample.rss > 80
    assert sample.wall > 0


def test_a_program_that_fails_or_does_something_else_is_no_measurement() -> None:
    with pytest.raises(WrongResultError, match="because"):
        Program([sys.executable, "-c", "raise SystemExit('because')"], {}).run()

    def refuse(out: str) -> None:
        raise WrongResultError(f"said {out}")

    with pytest.raises(WrongResultError, match="said nonsense"):
        Program([sys.executable, "-c", "print('nonsense')"], {}, refuse).run()


def test_programs_are_run_turn_by_turn() -> None:
    seen: list[str] = []
    programs = {name: Program([sys.executable, "-c", ""], {}) for name in ("a", "b")}
    samples = interleaved(programs, {"a": 2, "b": 2}, seen.append)
    assert seen == ["a 1/2", "b 1/2", "a 2/2", "b 2/2"]
    assert Counter({k: len(v) for k, v in samples.items()}) == {"a": 2, "b": 2}


def sample(wall: float) -> Sample:
    return Sample(wall, wall / 2, 40.0)


def test_the_middle_is_the_median_of_each_quantity() -> None:
    samples = [Sample(1.0, 9.0, 5.0), Sample(2.0, 7.0, 6.0), Sample(9.0, 8.0, 1.0)]
    assert middle(samples) == Sample(2.0, 8.0, 5.0)


LINES = [
    Line.ratio("a", "ours against theirs", [sample(1.0)], [sample(2.0)], 0.6),
    Line.ratio("b", "ours against theirs", [sample(3.0)], [sample(2.0)], 1.1),
    Line.limit("c", "memory", 81.0, 80, "MB"),
    Line.faster("d", "many", [sample(1.0)], [sample(40.0)], 30),
    Line.faster("e", "few", [sample(1.0)], [sample(4.0)], 30),
    Line.skipped("f", "no such peer", "not installed"),
]


def test_the_measured_redrive_gets_an_answer_to_all_that_it_asks(tmp_path: Path) -> None:
    with sqs_cases.serving() as server:
        home = static(tmp_path, server.url, 1)
        words = ["-c", "from awsops.cli import entry_point; entry_point()", *sqs_cases.REDRIVE]
        environ = home.environ(os.environ["PATH"])
        moved = server.run(Program([sys.executable, *words], environ), 40)  # all, each once
    assert moved.rate > 0


def test_each_line_is_judged_by_its_bound() -> None:
    assert [line.verdict for line in LINES] == ["PASS", "over", "over", "PASS", "short", "skipped"]


def test_the_table_has_every_line_with_its_bound_and_the_reason_of_a_skipped_one() -> None:
    table = as_table(LINES)
    rows = [re.split(r"\s*\|\s*", row.strip("| ")) for row in table.splitlines()]
    assert len({len(line) for line in table.splitlines()}) == 1
    assert rows[2][1:] == ["1.000 s", "2.000 s", "0.50 x", "at most 0.6 x", "PASS"]
    assert rows[5][3:] == ["40.00 x faster", "at least 30 x faster", "PASS"]
    assert "not installed" in rows[7]


def test_json_carries_the_same_lines() -> None:
    found = json.loads(as_json(LINES))
    assert [row["verdict"] for row in found] == [line.verdict for line in LINES]
    assert found[0]["theirs"]["wall"] == 2.0


def test_every_case_stands_on_the_page_with_its_bound() -> None:
    from .cases import CASES

    page = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()
    bounds = page.partition("## The bounds")[2].partition("## As last seen")[0]
    shown = set(re.findall(r"^\| `([\w-]+)` \|", bounds, re.MULTILINE))
    assert shown == {case.name for case in CASES}
