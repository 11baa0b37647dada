"""`python -m release.iam`: the tables of docs/iam.md, which IAM actions each command needs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from awsops.gate import is_read_only
from awsops.plugin import CommandSpec
from awsops.recipe.permissions import actions_of
from release.reaching import ROOT, calls_of

PAGE = ROOT / "docs" / "iam.md"
_MADE = re.compile(r"(<!-- (\w+): made by `make docs` -->\n).*?(<!-- /\2 -->\n)", re.DOTALL)
# What docker, podman or skopeo ask of a registry (ECR user guide, IAM permissions for pushing an
# image to a private repository; and the same for pulling).
_PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_PUSH = tuple(
    f"ecr:{name}"
    for name in (
        "BatchCheckLayerAvailability",
        "CompleteLayerUpload",
        "InitiateLayerUpload",
        "PutImage",
        "UploadLayerPart",
    )
)
_TOOLS: Mapping[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("ecr", "push"): (("ecr:BatchGetImage",), _PUSH),
    ("ecr", "copy"): (_PULL, _PUSH),
}


# On every resource it would be the right to become whoever trusts the account.
_NOT_TO_LOOK = frozenset({"sts:AssumeRole"})


@dataclass(frozen=True, slots=True)
class Needed:
    """The calls of a command, `service:Operation`: those before a plan is confirmed, or without
    one, and those after; and the actions that they and a tool that it starts need."""

    noun: str
    verb: str
    before: frozenset[str]
    after: frozenset[str]

    @property
    def to_look(self) -> list[str]:
        """Actions, sorted."""
        return _actions(self.before, _TOOLS.get((self.noun, self.verb), ((), ()))[0])

    @property
    def to_change(self) -> list[str]:
        """Actions that are not among those to look with, sorted."""
        actions = _actions(self.after, _TOOLS.get((self.noun, self.verb), ((), ()))[1])
        return [action for action in actions if action not in self.to_look]


def _actions(calls: Iterable[str], tools: Iterable[str]) -> list[str]:
    return sorted({action for call in calls for action in actions_of(call)} | set(tools))


@cache
def needed() -> tuple[Needed, ...]:
    """Every command of the built-in nouns that calls AWS."""
    return tuple(_needed())


def _needed() -> Iterator[Needed]:
    from awsops.env import Env
    from awsops.sources import Sources

    sources = Sources(Env.from_process(), lambda: None)
    for found in sources.all():
        if found.kind != "built-in":
            continue
        for verb, spec in sources.commands(found.noun).items():
            calls = calls_of(spec.function.__module__, spec.function.__name__)
            if calls and spec.scope == "targets":
                before = frozenset(call for call in calls if _is_before(call, spec))
                yield Needed(found.noun, verb, before, frozenset(calls) - before)


def _is_before(call: str, spec: CommandSpec) -> bool:
    return is_read_only(call) or call in spec.calls or not spec.mutates


def tables() -> str:
    """A table for each noun."""
    parts = []
    for noun in dict.fromkeys(each.noun for each in needed()):
        rows = [each for each in needed() if each.noun == noun and (each.to_look or each.to_change)]
        parts.append(
            f"### {noun}\n\n| command | to look and to plan | to change |\n| --- | --- | --- |"
        )
        for each in rows:
            cells = (_cell(each.to_look), _cell(each.to_change))
            parts.append(f"| `{noun} {each.verb}` | {cells[0]} | {cells[1]} |")
        parts.append("")
    return "\n".join(parts)


def _cell(actions: list[str]) -> str:
    """The actions by service, whose name stands once."""
    by_service: dict[str, list[str]] = {}
    for action in actions:
        service, _, name = action.partition(":")
        by_service.setdefault(service, []).append(name)
    return "; ".join(f"`{service}:` {', '.join(names)}" for service, names in by_service.items())


def policy_to_look() -> str:
    """The policy for every command that changes nothing, and for the plans of the others."""
    calls = {call for each in needed() for call in each.before} - _NOT_TO_LOOK
    actions = sorted({actions_of(call)[0] for call in calls if actions_of(call)})
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
    return f"```json\n{text}\n```\n"


def renewed(page: str) -> str:
    """The page with today's tables and policy."""
    made = {"actions": tables, "policy": policy_to_look}
    return _MADE.sub(lambda found: f"{found[1]}{made[found[2]]()}{found[3]}", page)


def main() -> int:
    """Write the page anew."""
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
