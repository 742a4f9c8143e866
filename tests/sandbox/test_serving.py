"""The tests' own server speaks TLS as well, which the benchmarks and clients that insist on it need."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import requests
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.sandbox.world import World
from tests.sandbox.serving import Tls, serve
from tests.shared import missing


async def address(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(request.url))


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    """A certificate of 127.0.0.1 that signs itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        missing("the program openssl")
    made = Tls(tmp_path / "certificate.pem", tmp_path / "key.pem")
    subprocess.run(
        [
            str(openssl),
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            str(made.key),
            "-out",
            str(made.certificate),
        ],
        check=True,
        capture_output=True,
    )
    return made


def test_it_serves_over_tls(world: World, tls: Tls) -> None:
    with serve([Route("/here", address)], world, tls) as base:
        assert base.startswith("https://127.0.0.1:")
        assert requests.get(f"{base}/here", verify=str(tls.certificate), timeout=5).text == f"{base}/here"


def test_a_small_answer_takes_no_40_ms(world: World) -> None:
    with serve([Route("/here", address)], world) as base, requests.Session() as client:
        times = sorted(client.get(f"{base}/here", timeout=5).elapsed.total_seconds() for _ in range(20))
    assert times[5] < 0.03
