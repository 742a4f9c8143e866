"""npm's @intacct/intacct-sdk works on the gateway, changed in nothing but the address."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute

from bot.sandbox import company
from bot.sandbox.intacct import PATH, routes
from bot.sandbox.world import World
from tests.shared import missing

FOLDER = Path(__file__).parent / "node_sdk"


@pytest.fixture
def told(world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]) -> dict[str, Any]:
    """What the client made of acme's gateway."""
    node = shutil.which("node")
    if node is None:
        missing("Node.js 20 or newer")
    if not (FOLDER / "node_modules" / "@intacct" / "intacct-sdk").is_dir():
        missing("the package @intacct/intacct-sdk (npm ci --prefix tests/sandbox/intacct/node_sdk)")
    company.found(world)
    port = sandbox_server(routes(world)).rpartition(":")[2]
    run = subprocess.run(
        [str(node), "--require", "./resolve.js", "run.js", f"http://sandbox.intacct.com:{port}{PATH}"],
        cwd=FOLDER,
        env={"PATH": os.environ["PATH"], "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout) | {"port": port}
    return answer


def test_sages_own_client_works(told: dict[str, Any], world: World) -> None:
    assert told["session"]["endpoint"] == f"http://sandbox.intacct.com:{told['port']}{PATH}"
    assert (told["session"]["company"], told["session"]["user"]) == ("acme", "termkeeper-reader")

    assert (told["query"]["count"], len(told["query"]["data"])) == (5, 5)
    assert told["query"]["remaining"] == told["query"]["total"] - 7
    assert {row["TERMNAME"] for row in told["query"]["data"]} == {"Net 35"}
    numbers = [int(row["RECORDNO"]) for row in told["query"]["data"]]
    assert numbers == sorted(numbers, reverse=True)
    assert sum(int(row["COUNT.RECORDNO"]) for row in told["counts"]) == 508

    assert told["readByName"] == [{"NAME": "Net 30", "STATUS": "active", "DUEDATE": "30"}]
    assert [row["CUSTOMERID"] for row in told["read"]] == ["C1001", "C1002"]
    assert told["pages"] == [25, 15, 15, 0]
    assert told["lookup"] == "ARTERM"
    assert (told["getList"]["total"], told["getList"]["start"], told["getList"]["end"]) == (12, 0, 11)
    assert "Net 35" in told["getList"]["names"]
    assert told["preferences"] == "success"

    assert world.store.table("arinvoice")[told["created"]]["WHENDUE"] == "12/02/2026"
    assert "Could not retrieve the Sequence record!" in told["sequence"]["errors"][0]
    assert "You do not have permission for API operation CREATE_INVOICE" in told["permission"]["errors"][0]
    assert told["transaction"] == ["aborted", "aborted"]
    recorded = {row["RECORDID"] for row in world.store.table("arinvoice").values()}
    assert recorded & {f"INV-500{last}" for last in range(1, 6)} == {"INV-5001"}
    assert told["signIn"]["message"].startswith("Response authentication status failure")
    assert told["sender"]["message"].startswith("Response control status failure")
