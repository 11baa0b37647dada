"""What every format looks like, kept in `golden/`.

After a change that is meant to show, write the files anew and read the difference:

    AWSOPS_WRITE_GOLDEN=1 .venv/bin/python -m pytest tests/core/output/test_golden.py
    git diff tests/core/output/golden
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awsops.output import Console, open_renderer

GOLDEN = Path(__file__).parent / "golden"

CASES: dict[str, dict[str, Any]] = {
    "rows.json": {"format": "json"},
    "rows.ndjson": {"format": "ndjson"},
    "rows.yaml": {"format": "yaml"},
    "rows.csv": {"format": "csv"},
    "rows.tsv": {"format": "text"},
    "table-40.txt": {"format": "table", "width": 40},
    "table-80.txt": {"format": "table", "width": 80},
    "table-200.txt": {"format": "table", "width": 200},
    "table-300.txt": {"format": "table", "width": 300},
    "table-80-few-columns.txt": {
        "format": "table",
        "fields": ("name", "state", "backlog", "paused", "since", "arn", "note"),
    },
    "table-80-color.txt": {
        "format": "table",
        "color": "always",
        "fields": ("name", "state", "backlog", "note"),
    },
}


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("AWSOPS_WRITE_GOLDEN"):
        path.write_bytes(text.encode())
    assert path.read_bytes().decode() == text, f"golden/{name} differs: see this file's docstring"


@pytest.mark.parametrize("name", CASES)
def test_a_format_looks_as_it_did(
    name: str, make_env: Callable[..., Any], workers: tuple[object, ...]
) -> None:
    case = dict(CASES[name])
    env = make_env(width=case.pop("width", 80))
    renderer = open_renderer(case.pop("format"), env, **case)
    for number, worker in enumerate(workers):
        renderer.row(worker, {"profile": "demo-prod", "region": "eu-west-1"})
        if number == 0:
            renderer.error({"code": "AccessDenied", "message": "no", "profile": "demo-dev"})
    renderer.close()
    compare(name, env.stdout.getvalue())


def test_rows_of_several_targets_stand_under_their_target_when_the_table_is_too_wide(
    make_env: Callable[..., Any],
) -> None:
    env = make_env(width=80)
    renderer = open_renderer("table", env)
    for profile in ("demo-dev", "demo-prod"):
        for name, visible in (("orders", 12), ("orders-dlq", 500), ("注文-🚚.fifo", None)):
            row = {
                "name": name,
                "type": "fifo" if name.endswith(".fifo") else "standard",
                "visible": visible,
                "in_flight": 0,
                "dlq": "orders-dlq" if name == "orders" else None,
                "max_receive_count": 5,
                "url": f"https://sqs.eu-west-1.amazonaws.com/111122223333/{name}",
            }
            prefix = {"profile": profile, "account": "111122223333", "region": "eu-west-1"}
            renderer.row(row, prefix)
    renderer.close()
    compare("table-80-targets.txt", env.stdout.getvalue())


@pytest.mark.parametrize("width", [40, 80, None])
def test_a_plan_looks_as_it_did(
    width: int | None, make_env: Callable[..., Any], plans: list[Any]
) -> None:
    env = make_env(width=width)
    Console(env).plan(plans)
    compare(f"plan-{width or 'log'}.txt", env.stderr.getvalue())


def test_a_plan_with_colour_marks_what_cannot_be_undone(
    make_env: Callable[..., Any], plans: list[Any]
) -> None:
    env = make_env(width=80)
    Console(env, color="always").plan(plans[:1])
    assert isinstance(env.stderr, io.StringIO)
    compare("plan-80-color.txt", env.stderr.getvalue())


def test_of_two_columns_of_prose_the_first_is_wrapped_in_place_and_the_other_stands_below(
    make_env: Callable[..., Any],
) -> None:
    env = make_env(width=60)
    renderer = open_renderer("table", env)
    long = "the file does not exist: the defaults hold in all that follows"
    for area, finding, then in (
        ("aws config", long, None),
        ("profiles", "there is none", "aws configure, or awsops sandbox start"),
    ):
        renderer.row({"area": area, "status": "ok", "finding": finding, "next": then}, {})
    renderer.close()
    assert env.stdout.getvalue().splitlines() == [
        "AREA        STATUS  FINDING",
        "aws config  ok      the file does not exist: the defaults",
        "                    hold in all that follows",
        "profiles    ok      there is none",
        "    next  aws configure, or awsops sandbox start",
    ]
