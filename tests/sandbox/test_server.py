"""The sandbox as a process: starting, announcing itself, going on, and ending."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from bot.sandbox.server import run
sys.exit(run(int(sys.argv[1]), Path(sys.argv[2]), as_json="--json" in sys.argv, fresh="--fresh" in sys.argv))
"""


def command(port: int, folder: Path, *flags: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM, str(port), str(folder), *flags]


@contextmanager
def running(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A sandbox process and the settings that it printed."""
    process = subprocess.Popen(
        command(0, folder, "--json", *flags), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def address(settings: dict[str, str]) -> str:
    return f"http://127.0.0.1:{settings['PORT']}"


def test_it_prints_one_line_of_settings_that_work(tmp_path: Path) -> None:
    with running(tmp_path) as (_process, settings):
        assert {name.split("_")[0] for name in settings} == {
            *("PORT", "TIMEZONE", "SLACK", "ALERT", "REPORT", "APPROVERS", "DEPUTIES", "INTACCT", "BILL", "CLOSE"),
        }
        assert all(isinstance(value, str) and value for value in settings.values())
        answer = requests.post(
            settings["SLACK_API_URL"] + "auth.test",
            headers={"Authorization": f"Bearer {settings['SLACK_BOT_TOKEN']}"},
            timeout=20,
        )
        assert answer.json()["ok"]
        login = {
            "username": settings["BILL_USERNAME"],
            "password": settings["BILL_PASSWORD"],
            "organizationId": settings["BILL_ORGANIZATION_ID"],
            "devKey": settings["BILL_DEV_KEY"],
        }
        assert requests.post(f"{settings['BILL_URL']}/v3/login", json=login, timeout=20).status_code == 200
        assert requests.get(f"{address(settings)}/sandbox/control/settings", timeout=20).json() == settings


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_while_a_page_waits(tmp_path: Path, end: signal.Signals) -> None:
    with running(tmp_path) as (process, settings):
        session = requests.Session()
        revision = session.get(f"{address(settings)}/sandbox/page/parts", timeout=20).json()["revision"]
        waiting = socket.create_connection(("127.0.0.1", int(settings["PORT"])))
        line = f"GET /sandbox/page/parts?revision={revision} HTTP/1.1\r\nHost: 127.0.0.1:{settings['PORT']}\r\n\r\n"
        waiting.sendall(line.encode())
        process.send_signal(end)
        _out, err = process.communicate(timeout=15)
        waiting.close()
        assert (process.returncode, err) == (0, "")


def test_a_call_left_without_an_answer_drops_the_connection_and_logs_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as (process, settings):
        for service, url in (
            ("bill", settings["BILL_URL"] + "/v3/login"),
            ("slack", settings["SLACK_API_URL"] + "x.y"),
        ):
            fault = {"service": service, "method": "*", "fault": "timeout", "times": 1, "value": 0.1}
            requests.post(f"{address(settings)}/sandbox/control/faults", json=fault, timeout=20)
            with pytest.raises(requests.ConnectionError):
                requests.post(url, data="{}", timeout=20)
        assert requests.get(f"{address(settings)}/sandbox/control/clock", timeout=20).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=15)[1] == ""


def test_a_second_start_goes_on_and_a_fresh_one_starts_over(tmp_path: Path) -> None:
    def facts(settings: dict[str, str]) -> tuple[str, float, str]:
        base = f"{address(settings)}/sandbox/control"
        instance = requests.get(f"{base}/state", timeout=20).json()["instance"]
        return instance, requests.get(f"{base}/clock", timeout=20).json()["offset_s"], settings["DEPUTIES"]

    folder = tmp_path / "sandbox"
    with running(folder) as (process, settings):
        requests.post(f"{address(settings)}/sandbox/control/clock", json={"days": 3}, timeout=20)
        first, _, deputies = facts(settings)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=15)
    with running(folder) as (_process, settings):
        assert facts(settings) == (first, 3 * 86400.0, deputies)
    with running(folder, "--fresh") as (_process, settings):
        instance, offset, _ = facts(settings)
        assert (instance != first, offset) == (True, 0.0)


def test_a_busy_port_is_one_clear_line_and_touches_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("x")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        done = subprocess.run(
            command(port, tmp_path, "--fresh"), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert done.stderr == f"Port {port} is in use on this machine. End what uses it, or set PORT to another number.\n"
    assert kept.exists()


def test_it_listens_on_the_one_local_address_alone(tmp_path: Path) -> None:
    with running(tmp_path) as (_process, settings), pytest.raises(OSError, match=r"refused|unreachable|timed out"):
        socket.create_connection(("127.0.0.2", int(settings["PORT"])), timeout=3)
