"""Intacct as the rest of the bot knows it: terms, their use, invoices, two kinds of writes. Signs in when first asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.intacct import invoices, terms, users
from bot.intacct.checking import Check, check
from bot.intacct.customers import BookedCustomer, with_default_term
from bot.intacct.envelope import Call, Login, Sender
from bot.intacct.fields import Fields
from bot.intacct.gateway import Gateway
from bot.intacct.holders import TermHolders
from bot.intacct.invoices import BookedInvoice, Made
from bot.intacct.ports import CallCounter, Gate
from bot.intacct.query import Query, Row, rows
from bot.intacct.session import Refusals, SignedIn
from bot.intacct.term_fields import OWNER
from bot.intacct.terms import TermChanges
from bot.intacct.users import Bearers
from bot.intacct.wire import TimeLimits, Wire
from bot.terms.term import ArTerm, PaymentTerm

__all__ = ["Check", "Intacct", "WriteReply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReply:
    """What Intacct answered to a write, and both sides for the journal, without secrets."""

    key: str
    """Of the record, as the reply names it."""
    control_id: str
    request_xml: str
    reply_xml: str


class Intacct:
    """One Intacct company. Safe for threads. Nothing secret is in its errors, logs or representation.

    Every method raises IntacctError. Reads are repeated after what passes by itself; a write is sent a second time only
    where the first was certainly not run.
    """

    def __init__(
        self,
        *,
        url: str,
        sender_id: str,
        sender_password: str,
        company_id: str,
        user_id: str,
        user_password: str,
        gate: Gate,
        counter: CallCounter,
        location_id: str = "",
        writer_user_id: str = "",
        writer_password: str = "",
        limits: TimeLimits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Without a writer the one user reads and writes. `monotonic` and `sleep` are real time.

        Raises ValueError where `url` is not https (http: on this machine only).
        """
        self._location = location_id
        self._user_id = user_id
        self._wire = Wire(url, gate=gate, counter=counter, limits=limits or TimeLimits(), monotonic=monotonic)
        gateway = Gateway(self._wire, Sender(sender_id, sender_password), sleep=sleep)
        self._refusals = Refusals()

        def signed_in(user: str, password: str) -> SignedIn:
            login = Login(company=company_id, user=user, password=password, location=location_id)
            return SignedIn(gateway, login, self._refusals, monotonic=monotonic)

        self._reader = signed_in(user_id, user_password)
        self._writer = signed_in(writer_user_id, writer_password) if writer_user_id else self._reader
        self._fields = Fields(self._reader.read)
        self._use = terms.TermUse(self._reader.read)
        # Of its own: what is refused of these questions says nothing of the report's.
        self._held = terms.TermUse(self._reader.read)
        self._holders = TermHolders(self._reader.read, self._fields)

    @property
    def reader(self) -> str:
        """The id of the user as whom everything is read."""
        return self._user_id

    def terms(self) -> tuple[ArTerm, ...]:
        """Every AR term that the reading user sees, active or not: one request for up to 2000."""
        return terms.all_terms(self._reader.read, self._fields)

    @property
    def writer(self) -> str:
        """The id of the user that writes."""
        return self._writer.user

    def terms_changed_since(self, first: date) -> TermChanges:
        """The AR terms created or last changed on this day or later, and the queries as sent."""
        return terms.changed_since(self._reader.read, self._fields, first)

    def term(self, name: str) -> ArTerm | None:
        """The term of exactly this name, byte for byte, or None."""
        return terms.one_term(self._reader.read, self._fields, name, self._location)

    def create_term(
        self, name: str, rule: PaymentTerm, *, control_id: str, description: str = "", active: bool = True
    ) -> WriteReply:
        """Creates an AR term of exactly this name. The gateway carries a `control_id` out once only.

        Raises NotCreatable and IllegalText before anything is sent, OutcomeUnknown where the answer did not come,
        Refused with `duplicate` where the name, or what was done under `control_id`, is already there.
        """
        return self._write(terms.creation(name, rule, description=description, active=active), control_id)

    def reactivate_term(self, name: str, *, control_id: str) -> WriteReply:
        """Sets the status of the term of this name to active, and nothing else. Raises as `create_term`."""
        return self._write(terms.reactivation(name), control_id)

    def deactivate_term(self, name: str, *, control_id: str) -> WriteReply:
        """Sets the status of the term of this name to inactive, and nothing else. Raises as `create_term`."""
        return self._write(terms.deactivation(name), control_id)

    def invoices_bearing(self, name: str) -> Bearers:
        """The invoices that bear exactly this term, counted up to 2000."""
        return users.invoices_bearing(self._reader.read, self._fields, name, location=self._location)

    def customers_bearing(self, name: str) -> Bearers:
        """The customers whose default is exactly this term, counted up to 2000."""
        return users.customers_bearing(self._reader.read, self._fields, name, location=self._location)

    def invoices(self, numbers: Sequence[str]) -> tuple[BookedInvoice, ...]:
        """The invoices that bear exactly one of these numbers: one request for up to 1000."""
        return invoices.by_number(self._reader.read, self._fields, numbers)

    def changed_invoices(self, since: date, dated_from: date) -> Iterator[str]:
        """The numbers of invoices whose records changed on a day or later: a request for each 2000, while it is read."""
        return invoices.changed(self._reader.read, since, dated_from)

    def latest_invoices(self, count: int = 100) -> tuple[Made, ...]:
        """The newest invoices' numbers and who made their records, newest first: one request."""
        return invoices.latest(self._reader.read, count)

    def term_use(self, names: Sequence[str] | None = None, *, since: date | None = None) -> Mapping[str, int]:
        """Term name to the number of invoices that bear it: of `names` (0 where none), or of all that are used.

        `since`: of invoices dated on that day or later alone.
        """
        return self._use.counts(names, since)

    def unpaid_use(self) -> Mapping[str, int]:
        """Term name to the number of invoices that bear it and have something due, other entities' included."""
        return self._held.counts(None, unpaid=True, private=self._sees_private())

    def year_use(self, since: date) -> Mapping[str, int]:
        """Term name to the number of invoices dated on that day or later, other entities' included."""
        return self._held.counts(None, since, private=self._sees_private())

    def holders(self, kind: str) -> Mapping[str, int] | None:
        """Term name to the number of an object's records that name it; None where that cannot be told.

        Whether an object names terms is asked of the company by `lookup`, once a process: it is documented for
        customers and invoices alone.
        """
        return self._holders.counts(kind, private=self._sees_private())

    def _sees_private(self) -> bool:
        return not self._location and self._fields.private and self.tells_owners()

    def customers(self) -> tuple[BookedCustomer, ...]:
        """The active customers that have a default term: one request for up to 2000."""
        return with_default_term(self._reader.read, self._fields)

    def last_use(self, name: str) -> date | None:
        """The date of the latest invoice that bears exactly this term; None where there is none."""
        return self._use.last(name)

    def tells_owners(self) -> bool:
        """Whether this company tells which entity owns a term, as far as is known by now."""
        return OWNER in self._fields.present("ARTERM", (OWNER,))

    def fields(self, kind: str) -> frozenset[str]:
        """The fields that an object (`ARTERM`, `ARINVOICE`) has in this company."""
        return self._fields.listed(kind)

    def rows(self, query: Query) -> Iterator[Row]:
        """A query's records as texts in the order of its select, a page at a time in constant memory."""
        return rows(self._reader.read, query)

    def check(self) -> tuple[Check, ...]:
        """Whether each user can sign in, has the rights it needs, and finds the fields that are read. Never raises.

        Signs in anew, also after a refusal: a person asked for it. Nothing is written.
        """
        self._refusals.clear()
        return check(self._reader, self._writer, self._fields)

    def allow_sign_in(self) -> None:
        """Lifts the stop that a refused sign-in set, because the credentials or the account were put right."""
        self._refusals.clear()

    def close(self) -> None:
        """Ends the kept connections."""
        self._wire.close()

    def _write(self, call: Call, control_id: str) -> WriteReply:
        exchange = self._writer.write(call, control_id)
        return WriteReply(
            key=exchange.result.key,
            control_id=control_id,
            request_xml=exchange.request_xml,
            reply_xml=exchange.reply_xml,
        )
