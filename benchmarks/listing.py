"""Listing ARINVOICE records (4 fields): this client, sageintacctsdk, and bare requests with lxml, for N, 4N and 16N.

    python -m benchmarks.listing [--invoices 6250 25000 100000] [--rounds 5]

The emulated gateway runs in a process of its own, and each figure is taken in a fresh one.
"""

from __future__ import annotations

import argparse
import io
import json

import requests

from benchmarks.rounds import Figures, Rows, emulators, keep, measured, several
from benchmarks.signing import ADDRESS, books, login

INVOICES = (6_250, 25_000, 100_000)
FIELDS = ("RECORDNO", "RECORDID", "TERMNAME", "WHENDUE")
PAGE = 2_000


def main() -> None:
    """Measures, prints one table, writes JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--invoices", type=int, nargs="+", default=list(INVOICES))
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--child", choices=sorted(CHILDREN), help=argparse.SUPPRESS)
    asked.add_argument("--address", default="", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.child:
        print(json.dumps(CHILDREN[options.child](options.address + ADDRESS)))
        return
    rows: Rows = {}
    for invoices in options.invoices:
        with emulators("--bare", "--invoices", str(invoices)) as settings:
            for name in CHILDREN:
                what = f"{invoices:,} invoices, {name}"
                rows[what] = several(options.rounds, "listing", "--child", name, "--address", settings["SANDBOX"])
    keep("listing", rows)


def _own(url: str) -> Figures:
    from bot.intacct.query import Query

    client, counted = books(url)
    client.terms()  # signs in
    counted.sent, found = 0, [0]

    def read() -> None:
        for _ in client.rows(Query(object="ARINVOICE", select=FIELDS)):
            found[0] += 1

    figures = measured(read)
    client.close()
    return {**figures, "requests": counted.sent, "records": found[0]}


def _sdk(url: str) -> Figures:
    from sageintacctsdk.apis import ApiBase

    sent = [0]

    class Counting(ApiBase):  # type: ignore[misc]  # untyped
        def format_and_send_request(self, data: object) -> object:
            sent[0] += 1
            return super().format_and_send_request(data)

    invoices = Counting(dimension="ARINVOICE")
    invoices._ApiBase__api_url = url  # noqa: SLF001  # the SDK knows one address
    invoices.set_sender_id(login.sender)
    invoices.set_sender_password(login.sender_password)
    invoices.set_show_private(False)
    invoices.set_session_id(invoices.get_session_id(login.user, login.company, login.password))
    sent[0], found = 0, [0]

    def read() -> None:
        found[0] = len(invoices.get_by_query(fields=list(FIELDS)))

    return {**measured(read), "requests": sent[0], "records": found[0]}


def _bare(url: str) -> Figures:
    from lxml import etree

    sent, found = [0], [0]

    def read() -> None:
        with requests.Session() as session:
            offset, remaining = 0, 1
            while remaining:
                sent[0] += 1
                reply = session.post(
                    url, data=login.query("ARINVOICE", FIELDS, offset), headers={"Content-Type": "application/xml"}
                )
                for _, element in etree.iterparse(io.BytesIO(reply.content), tag=("ARINVOICE", "data")):
                    if element.tag == "ARINVOICE":
                        _ = tuple([field.text or "" for field in element])
                        found[0] += 1
                        element.clear()
                    else:
                        remaining = int(element.get("numremaining"))
                offset += PAGE

    figures = measured(read)
    return {**figures, "requests": sent[0], "records": found[0]}


CHILDREN = {"termkeeper": _own, "sageintacctsdk": _sdk, "requests and lxml": _bare}

if __name__ == "__main__":
    main()
