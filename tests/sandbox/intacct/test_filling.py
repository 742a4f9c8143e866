"""A large company is read in pages of 2,000, each of them quickly."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from starlette.routing import BaseRoute

from bot.sandbox.intacct import routes
from bot.sandbox.intacct.filling import fill, fill_terms
from bot.sandbox.world import World
from tests.sandbox.intacct.client import WRITER, Client, arterm


def test_every_record_of_a_large_company_comes_once(
    world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]
) -> None:
    fill(world, 20_001)
    client = Client(sandbox_server(routes(world)))
    numbers: list[str] = []
    start = time.monotonic()
    while True:
        paging = f"<pagesize>2000</pagesize><offset>{len(numbers)}</offset>"
        fields = ("RECORDNO", "RECORDID", "TERMNAME", "WHENDUE")
        page = client.query("ARINVOICE", *fields, order="RECORDNO", paging=paging)
        numbers += page.column("RECORDNO")
        if page.data.get("numremaining") == "0":
            break
    assert numbers == [str(number) for number in range(1, 20_002)]
    assert time.monotonic() - start < 20
    counted = client.query("ARINVOICE", "TERMNAME", "count:RECORDNO").column("COUNT.RECORDNO")
    assert sum(int(count) for count in counted) == 20_001


def test_many_terms_stand_beside_new_ones(world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]) -> None:
    fill_terms(world, 3000)
    client = Client(sandbox_server(routes(world)))
    assert client.query("ARTERM", "NAME").data.get("totalcount") == "3000"
    assert client.call(arterm("Net 45"), user=WRITER).statuses == ["success"]
    assert client.call(arterm("Bulk 0000007"), user=WRITER).errors[0][0] == "BL34000061"
    assert world.store.table("arterm")["3001"]["NAME"] == "Net 45"
