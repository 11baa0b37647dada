"""Why the winner wins, in a paragraph."""

from __future__ import annotations

from collections.abc import Sequence

from awsops.api import Aws

_HOW = {
    "env": "the environment's own keys",
    "assume-role": "a role that the profile assumes",
    "assume-role-with-web-identity": "a role that is assumed with a web identity token",
    "sso": "IAM Identity Center",
    "shared-credentials-file": "the keys in the credentials file",
    "login": "a session of aws login",
    "custom-process": "the profile's credential_process",
    "config-file": "the keys in the config file",
    "ec2-credentials-file": "the file of the old EC2 tools",
    "boto-config": "the file of the old boto",
    "container-role": "the container's role",
    "iam-role": "the instance's role",
}


def explain(aws: Aws, rows: Sequence[tuple[str, str, str | None]]) -> str:
    """`rows` are provider, status and source, in the order in which they were asked."""
    asked = [row for row in rows if row[1] != "shadowed"]
    winner = next((row for row in asked if row[1] in ("used", "error")), None)
    profile = aws.target.profile
    named = f"The profile {profile} was named" if profile else "No profile was named with -p"
    keys = "so the environment's keys are not asked" if profile else "so the environment is first"
    if winner is None:
        return f"{named}, {keys}; none of the {len(asked)} sources has credentials."
    provider, status, source = winner
    before = [row[0] for row in asked[: asked.index(winner)]]
    passed = f" Asked before it and empty: {', '.join(before)}." if before else ""
    behind = [row[0] for row in rows if row[1] == "shadowed"]
    shadowed = f" Shadowed by it: {', '.join(behind)}." if behind else ""
    where = f" ({source})" if source else ""
    what = f"{_HOW.get(provider, provider)}{where}"
    if status == "error":
        return (
            f"{named}, {keys}. {what[0].upper()}{what[1:]} is the first source that is configured, "
            f"and it fails; botocore does not go on to the next.{passed}{shadowed}"
        )
    return f"{named}, {keys}. The first source with credentials is {what}.{passed}{shadowed}"
