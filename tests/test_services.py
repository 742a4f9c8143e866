"""What the contract gives once is shared by the companies that share the contract, and by no others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.assembly import Services
from bot.records.engine import Database
from bot.records.gate import AdvisoryGate
from bot.records.tables import api_calls
from bot.sandbox.intacct import PATH, routes
from bot.sandbox.intacct.terms import add_term
from bot.sandbox.world import World
from bot.settings import load
from tests.sandbox.serving import serve

TABLE = """
[{key}]
alert_channels = ["C0{place}"]
approvers = ["U0DAN"]
intacct_url = "{url}"
intacct_company_id = "{contract}"
intacct_location_id = "{entity}"
intacct_concurrency = 1
intacct_user_id = "termkeeper-reader"
intacct_user_password_from = "READER_PASSWORD"
invoice_csv = "none.csv"
"""


@pytest.fixture
def services(database: Database, tmp_path: Path) -> Iterator[Services]:
    """acme, its entity 200, and beta, whose books are elsewhere; one request at a time for each contract."""
    acme, beta = World(), World()
    acme.store.table("entity")["200"] = {"LOCATIONID": "200", "NAME": "Europe"}
    beta.store.table("intacct_company")["id"] = {"COMPANYID": "beta"}
    for world in (acme, beta):
        add_term(world, "Net 30", {"DUEDATE": "30"}, by="agarcia")
    with serve(routes(acme), acme) as acme_at, serve(routes(beta), beta) as beta_at:
        tables = [
            TABLE.format(key=key, place=place, url=url + PATH, contract=contract, entity=entity)
            for place, (key, url, contract, entity) in enumerate(
                (("acme", acme_at, "acme", ""), ("acme-uk", acme_at, "acme", "200"), ("beta", beta_at, "beta", ""))
            )
        ]
        (tmp_path / "companies.toml").write_text("".join(tables))
        opened = Services(
            load(
                {
                    "DATABASE_URL": database.url,
                    "SLACK_BOT_TOKEN": "xoxb-1",
                    "SLACK_APP_TOKEN": "xapp-1",
                    "COMPANIES_FILE": str(tmp_path / "companies.toml"),
                    "INTACCT_SENDER_ID": "sandbox",
                    "INTACCT_SENDER_PASSWORD": "sandbox-sender-password",
                    "READER_PASSWORD": "sandbox-reader-password",
                }
            ),
            tmp_path,
        )
        yield opened
        opened.end()


def test_two_entities_of_one_intacct_company_pass_one_gate_and_count_together(
    services: Services, database: Database
) -> None:
    acme, uk, beta = (services.intacct(company) for company in services.settings.companies)
    another_process = AdvisoryGate(database, "intacct/acme", 1)
    with ThreadPoolExecutor(3) as threads:
        with another_process.slot():
            waiting = [threads.submit(books.terms) for books in (acme, uk)]
            assert [term.name for term in beta.terms()] == ["Net 30"]
            time.sleep(0.3)
            assert not [one for one in waiting if one.done()]
        for one in waiting:
            assert [term.name for term in one.result(20)] == ["Net 30"]
    another_process.close()
    services.end()
    with database.transaction() as connection:
        counted = set(connection.scalars(select(api_calls.c.company)))
    assert counted == {"acme", "beta"}
