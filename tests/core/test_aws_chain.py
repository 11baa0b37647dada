"""The chain as it is shown ends where botocore ends, whatever files and variables there are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsops.credentials.chain import ChainLink, examine_chain
from tests.bench.loopback import Loopback

from .aws_home import Found, aws_home, our_sessions, our_target, outcome, plain_session
from .credentials_cases import CASES
from .test_credentials_matrix import NAMES, environments, placed, sections, write_sources


def links(profile: str | None) -> list[ChainLink]:
    sessions = our_sessions()
    return list(examine_chain(sessions, our_target(sessions, profile)))


def winner(profile: str | None) -> ChainLink | str | None:
    """What the chain ends with: a link, None, or the error that came before any link."""
    try:
        found = links(profile)
    except Exception as error:
        return type(error).__name__
    return next((link for link in found if link.status != "empty"), None)


def agree(ours: ChainLink | str | None, theirs: Found | str | None) -> bool:
    if isinstance(theirs, Found):
        return (
            isinstance(ours, ChainLink)
            and ours.status == "used"
            and (ours.method, ours.access_key) == (theirs.method, theirs.access_key)
        )
    if theirs is None:
        return ours is None
    # The same error, before the chain or in the link that it comes from.
    return ours == theirs or (isinstance(ours, ChainLink) and ours.status == "error")


@pytest.mark.parametrize("name", CASES)
def test_the_winner_is_botocores(name: str, tmp_path: Path, server: Loopback) -> None:
    case = CASES[name]
    write_sources(tmp_path)
    config, credentials = (placed(t, tmp_path, server) for t in (case.config, case.credentials))
    environ = {k: placed(v, tmp_path, server) for k, v in case.environ.items()}
    with aws_home(tmp_path, config, credentials, environ):
        ours = winner(case.profile)
        theirs = outcome(lambda: plain_session(case.profile).get_credentials())
    assert agree(ours, theirs), (ours, theirs)


# AWSOPS_TEST_SCALE=10 compares 400 combinations of files and variables.
SCALE = float(os.environ.get("AWSOPS_TEST_SCALE", "1"))
EXAMPLES = int(40 * SCALE)


@pytest.mark.timeout(120 * max(1, SCALE))
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(config=sections("profile "), credentials=sections(""), environ=environments)
def test_the_winner_is_botocores_for_any_files_and_variables(
    config: str,
    credentials: str,
    environ: dict[str, str],
    running: Loopback,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Five profiles each: 200 combinations of files, variables and profile."""
    folder = tmp_path_factory.getbasetemp() / "any-chain"
    write_sources(folder)
    config, credentials = (placed(t, folder, running) for t in (config, credentials))
    environ = {k: placed(v, folder, running) for k, v in environ.items()}
    environ |= {"AWS_ENDPOINT_URL": running.url}
    with aws_home(folder, config, credentials, environ):
        for profile in (None, *NAMES):
            ours = winner(profile)
            theirs = outcome(lambda p=profile: plain_session(p).get_credentials())
            assert agree(ours, theirs), (profile, ours, theirs)


KEYS = "aws_access_key_id = TESTKEY{0}\naws_secret_access_key = secret-{0}\n"


def test_the_providers_are_those_of_the_installed_botocore(tmp_path: Path) -> None:
    from botocore.credentials import create_credential_resolver

    with aws_home(tmp_path):
        real = [p.METHOD for p in create_credential_resolver(plain_session(None)).providers]
        assert [link.method for link in links(None)] == real


def test_what_is_shadowed_was_really_looked_at(tmp_path: Path) -> None:
    with aws_home(tmp_path, f"[profile p]\n{KEYS.format(2)}", f"[p]\n{KEYS.format(1)}"):
        found = {link.method: link for link in links("p")}
    assert found["shared-credentials-file"].status == "used"
    assert found["config-file"].status == "shadowed"
    assert found["config-file"].access_key == "TESTKEY2"


def test_a_shadowed_process_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awsops.credentials.chain.PROCESS_SECONDS", 0.2)
    config = "[profile p]\ncredential_process = sleep 600\n"
    with aws_home(tmp_path, config, f"[p]\n{KEYS.format(1)}"):
        found = {link.method: link for link in links("p")}
    assert found["custom-process"].status == "error"
    assert "no answer within 0.2 s" in str(found["custom-process"].error)


def test_a_shadowed_role_is_not_assumed(tmp_path: Path, server: Loopback) -> None:
    role = "role_arn = arn:aws:iam::000000000042:role/ops\nsource_profile = base\n"
    config = f"[profile p]\nregion = eu-west-1\nendpoint_url = {server.url}\n{role}"
    environ = {"AWS_ACCESS_KEY_ID": "TESTENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_PROFILE": "p"}
    server.reset(delay=0, lifetime=3_600)
    with aws_home(tmp_path, config, f"[base]\n{KEYS.format(1)}", environ):
        found = {link.method: link for link in links(None)}
    assert found["env"].status == "used"
    assert (found["assume-role"].status, found["assume-role"].access_key) == ("shadowed", None)
    assert server.counts()["roles"] == {}


class Metadata:
    """Instance metadata on 127.0.0.1, with or without its first version."""

    def __init__(self, v1: bool) -> None:
        import json
        import threading
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        keys = {
            "Code": "Success",
            "AccessKeyId": "TESTIMDS",
            "SecretAccessKey": "s",
            "Token": "t",
            "Expiration": "2099-01-01T00:00:00Z",
        }

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                self.answer(200, "token")

            def do_GET(self) -> None:
                if not v1 and not self.headers.get("x-aws-ec2-metadata-token"):
                    self.answer(401, "")
                elif self.path.endswith("security-credentials/"):
                    self.answer(200, "the-role")
                else:
                    self.answer(200, json.dumps(keys))

            def answer(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize(("v1", "versions"), [(True, ("v1", "v2")), (False, ("v2",))])
def test_it_says_which_versions_of_instance_metadata_answer(
    tmp_path: Path, v1: bool, versions: tuple[str, ...]
) -> None:
    metadata = Metadata(v1)
    environ = {
        "AWS_EC2_METADATA_DISABLED": "false",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url,
    }
    try:
        with aws_home(tmp_path, environ=environ):
            found = links(None)[-1]
    finally:
        metadata.close()
    assert (found.method, found.status, found.access_key) == ("iam-role", "used", "TESTIMDS")
    assert found.metadata_versions == versions


@given(text=st.text(max_size=200))
@settings(max_examples=50)
def test_an_unreadable_answer_of_a_process_is_an_error_of_its_link(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "process"
    folder.mkdir(exist_ok=True)
    (folder / "answer").write_text(text, encoding="utf-8", errors="replace")
    with aws_home(folder, f"[profile p]\ncredential_process = cat '{folder}/answer'\n"):
        assert {link.method: link.status for link in links("p")}["custom-process"] == "error"
