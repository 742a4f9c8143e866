"""The sandbox as the bot's child process: goes on where it runs, and gains its second company when that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from bot.cli import start
from bot.sandboxed import SandboxChild


def test_a_sandbox_left_running_is_gone_on_with_and_started_again_for_a_second_company(tmp_path: Path) -> None:
    def instance(settings: dict[str, str]) -> tuple[str, int]:
        address = f"http://127.0.0.1:{settings['PORT']}/sandbox/control/state"
        told = requests.get(address, timeout=20).json()
        return told["instance"], told["pid"]

    left = SandboxChild(tmp_path, 0)
    child = left
    try:
        alone = left.start()
        first = instance(alone)
        child = SandboxChild(tmp_path, int(alone["PORT"]), two_companies=True)
        both = child.start()
        assert "COMPANIES_FILE" in both
        assert "COMPANIES_FILE" not in alone
        second = instance(both)
        assert (second[0], second[1] != first[1]) == (first[0], True)
        for two_companies in (True, False):
            assert SandboxChild(tmp_path, 0, two_companies=two_companies).start() == both
        assert instance(both) == second
    finally:
        child.end()


@pytest.mark.parametrize("flag", ["--fresh", "--two-companies"])
def test_what_belongs_to_the_sandbox_is_refused_where_the_real_bot_is_meant(
    flag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    assert start([flag]) == 1
    words = f"{flag} belongs to the sandbox: it is refused while Slack's tokens are set."
    assert capsys.readouterr().err.splitlines() == [words]
