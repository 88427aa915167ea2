"""npm's openid-client 6, which others wrote and certified, goes all the way with our broker."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.stages import DemoStage
from tests.clients.consenting import allow_everything, details_for, question_about
from tests.clients.landing import landing

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", "openid_client.mjs")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the locked packages; say what is missing where that cannot be done."""
    npm = shutil.which("npm")
    if shutil.which("node") is None or npm is None:
        pytest.skip("there is no node and npm here")
    made = tmp_path_factory.mktemp("node")
    for name in FILES:
        shutil.copy(HERE / name, made / name)
    install = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(install, cwd=made, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip("npm cannot install the packages here: is there a registry?")
    return made


@pytest.fixture
def client(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the client until the test is over."""
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(
            ["node", "openid_client.mjs"],
            cwd=folder,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        yield process
        process.kill()
        process.wait()


def test_openid_client_goes_all_the_way(
    stage: DemoStage, folder: Path, client: subprocess.Popen[str]
) -> None:
    def tell(**members: Any) -> None:
        assert client.stdin is not None
        client.stdin.write(json.dumps(members) + "\n")
        client.stdin.flush()

    def told() -> dict[str, Any]:
        assert client.stdout is not None
        line = client.stdout.readline()
        assert line, (folder / "errors").read_text()
        said: dict[str, Any] = json.loads(line)
        return said

    person = stage.crowd.somebody()
    asked = details_for(stage, person)
    with landing() as back:
        stage.broker.add_client(
            "openid-client",
            programme=person.programme,
            jwks={"keys": [told()["jwk"]]},
            redirect_uris=(back.redirect_uri,),
            root=None,
        )
        tell(
            issuer=stage.demo.ready["broker"],
            client_id="openid-client",
            redirect_uri=back.redirect_uri,
            details=asked,
            verification=question_about(stage, person, "openid-client-asks-1"),
        )
        allow_everything(person, told()["authorize"])
        tell(callback=back.landed[-1])
        found = told()

    tokens = found["tokens"]
    assert tokens["token_type"] == "dpop"
    assert tokens["authorization_details"] == asked
    assert found["verified"]["status"] in (200, 202)
    assert len(found["verified"]["body"]["items"]) > 3
    assert found["refreshed"]["refresh_token"] == tokens["refresh_token"]
    assert found["refreshed"]["access_token"] != tokens["access_token"]
    assert found["again"]["body"]["subject"] == found["verified"]["body"]["subject"]
    assert found["introspected"]["active"] is True
    assert found["introspected"]["grant_id"] == tokens["grant_id"]
    assert found["introspected"]["authorization_details"] == asked
    assert found["queried"] == {"status": 200, "body": {"authorization_details": asked}}
    assert found["revoked"] == {"status": 204, "body": None}
    assert found["ended"] == {"active": False}
    assert found["refused"] == "invalid_grant"
    grant = stage.broker.grants.find(tokens["grant_id"])
    assert grant is not None
    assert grant.state.value == "withdrawn"
