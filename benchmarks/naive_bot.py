"""What one would write in an afternoon: Bolt's own server, Sage's community SDK, an answer straight from the listener."""

from __future__ import annotations

import os
import re
from typing import Any

import requests
from sageintacctsdk.apis import ApiBase
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

ALERT = re.compile(r"Invoice \[([^\]]+)\] cannot be created in Intacct")
client = WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1000))
app = App(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])


def term_of(number: str) -> str | None:
    """The invoice's term in BILL."""
    bill = os.environ["BILL_URL"]
    signing_in = {
        "username": os.environ["BILL_USERNAME"],
        "password": os.environ["BILL_PASSWORD"],
        "organizationId": os.environ["BILL_ORGANIZATION_ID"],
        "devKey": os.environ["BILL_DEV_KEY"],
    }
    session = requests.post(f"{bill}/v3/login", json=signing_in, timeout=30).json()["sessionId"]
    headers = {"devKey": signing_in["devKey"], "sessionId": session}
    asked = {"filters": f'invoiceNumber:eq:"{number}"'}
    found = requests.get(f"{bill}/v3/invoices", params=asked, headers=headers, timeout=30).json()["results"]
    organization = signing_in["organizationId"]
    path = f"{bill}/v3/organizations/{organization}/payment-terms"
    terms = requests.get(path, params={"max": 100}, headers=headers, timeout=30).json()["results"]
    names = {term["id"]: term["name"] for term in terms}
    return names.get(found[0].get("paymentTermId")) if found else None


def active_in_intacct(name: str) -> bool:
    """Whether Intacct has an active term of this name."""
    terms = ApiBase(dimension="ARTERM")
    terms._ApiBase__api_url = os.environ["INTACCT_URL"]  # noqa: SLF001 -- the SDK knows one address
    terms.set_sender_id(os.environ["INTACCT_SENDER_ID"])
    terms.set_sender_password(os.environ["INTACCT_SENDER_PASSWORD"])
    terms.set_show_private(False)
    user = (os.environ["INTACCT_USER_ID"], os.environ["INTACCT_COMPANY_ID"], os.environ["INTACCT_USER_PASSWORD"])
    terms.set_session_id(terms.get_session_id(*user))
    rows = terms.get_by_query(fields=["NAME", "STATUS"], and_filter=[("equalto", "STATUS", "active")])
    return any(row["NAME"] == name for row in rows)


@app.message(ALERT)
def alerted(message: dict[str, Any], context: dict[str, Any]) -> None:
    """Looks both systems up and answers in the thread."""
    number = context["matches"][0]
    name = term_of(number)
    there = name is not None and active_in_intacct(name)
    text = f"{number}: the term {name} is {'there' if there else 'missing in Intacct'}"
    client.chat_postMessage(channel=message["channel"], thread_ts=message["ts"], text=text)


if __name__ == "__main__":
    app.start(port=int(os.environ["PORT"]))
