"""What an entry of the journal says, as a sentence that an auditor reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from bot.records.journal import Entry

LONGEST = 300
"""Characters of a content that no sentence is known for."""

Content = Mapping[str, Any]
_ID = re.compile(r"\b[UW][A-Z0-9]{4,}\b")
"""How Slack writes a user's id."""


def line(entry: Entry, zone: ZoneInfo, people: Mapping[str, str]) -> str:
    """One entry as one line: number, moment, who, what; `people`: names of users, as far as known, by their ids."""
    what = named(" ".join(sentence(entry).split()), people)
    who = named(entry.actor, people)
    return f"{entry.seq:>6}  {entry.at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {who:<12}  {what}"


def named(words: str, people: Mapping[str, str]) -> str:
    """The same words with the names of known users before their ids."""
    return _ID.sub(lambda found: f"{people[found[0]]} ({found[0]})" if found[0] in people else found[0], words)


def sentence(entry: Entry) -> str:
    """What an entry says. Content that cannot be read is said to be so, and never stops the telling."""
    try:
        content = entry.content
        known = _SENTENCES.get(entry.kind)
        if known is not None:
            return known(content)
        return f"{_words(entry.kind)}: {_short(content)}"
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return f"{_words(entry.kind)}: the content is not as this version writes it: {entry.canonical[:LONGEST]}"


def _words(name: object) -> str:
    return str(name).replace("_", " ")


def _short(content: Content) -> str:
    told = json.dumps(content, ensure_ascii=False)
    return told if len(told) <= LONGEST else told[:LONGEST] + " …"


def _alert(content: Content) -> str:
    subjects = [str(f.get("invoice") or f.get("term") or "?") for f in content["failures"]]
    return f"alert in {content['channel']}, posted by {content['posted_by']}: {_listed(subjects)} failed to sync"


def _question(content: Content) -> str:
    subjects = [str(f.get("invoice") or f.get("term") or "?") for f in content["failures"]]
    return f"a decision was asked for about {_listed(subjects)}"


def _found(content: Content) -> str:
    subjects = [str(f.get("invoice") or f.get("term") or "?") for f in content["failures"]]
    return f"a look of the bot's own found what will fail to sync: {_listed(subjects)}"


def _case(content: Content) -> str:
    term = f"about the term {content['term']!r}" if content.get("term") is not None else "term not known yet"
    previous = f"; it follows case {content['previous']}" if content.get("previous") else ""
    return f"case {content['case']} opened, {term}{previous}"


def _diagnosis(content: Content) -> str:
    if content.get("unknown"):
        return f"looked at both systems: unknown ({_words(content['unknown'])})"
    told = f"looked at both systems: {_words(content.get('match'))}"
    proposal = content.get("proposal")
    return told + (f"; proposed: {proposed(proposal)}" if proposal else "; nothing to write")


def proposed(proposal: Content) -> str:
    """A proposal in a few words."""
    due = proposal.get("rule", {}).get("due", {})
    rule = f", {due['days']} days, {_words(due['start'])}" if due else ""
    return f"{_words(proposal.get('action'))} {proposal.get('name')!r}{rule}"


def _decision(content: Content) -> str:
    parts = [f"decided: {content['verdict']}"]
    proposal = content.get("proposal")
    if proposal and content["verdict"] == "approve":
        parts.append(proposed(proposal))
    parts += [f"{name}: {content[name]}" for name in ("reason", "reference") if content.get(name)]
    parts.append(f"under {content['policy']}, entitled just then: {', '.join(content['approvers']) or 'nobody'}")
    return "; ".join(parts)


def _state(content: Content) -> str:
    extra = {k: v for k, v in content.items() if k not in ("case", "event", "from", "to") and v not in (None, "", [])}
    told = f"{_words(content['from'])} → {_words(content['to'])} ({_words(content['event'])})"
    if content["event"] == "read_identical":
        return f"{told}: record {content['record_no']}, {content['name']!r}, {content['rule'] or 'rule not told'}"
    if "minutes_from_alert" in extra:
        minutes = extra.pop("minutes_from_alert")
        since = f"{minutes:,} {'minute' if minutes == 1 else 'minutes'} from alert to books"
        made_at = str(extra.pop("in_books_at", ""))[:16].replace("T", " ")
        told += f": {since}{f', the last one made in Intacct at {made_at} UTC' if made_at else ''}"
        return told + (f", {_plainly(extra)}" if extra else "")
    return told + (f": {_plainly(extra)}" if extra else "")


def _plainly(content: Content) -> str:
    """`minutes from alert 72, to Net 30`; what is nested stays JSON."""
    parts = [
        f"{_words(name)} {value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)}"
        for name, value in content.items()
    ]
    told = ", ".join(parts)
    return told if len(told) <= LONGEST else told[:LONGEST] + " …"


def _write(content: Content) -> str:
    return f"sends {content['function']} to Intacct, attempt {content['attempt']}, control id {content['control_id']}"


def _write_refused(content: Content) -> str:
    if content.get("not_run"):
        return f"Intacct did not take the write, which was certainly not run: {content['error']}"
    return f"Intacct refused the write: {content['words'] or content['error']}"


def _setting(content: Content) -> str:
    return f"setting {content['name']} changed from {content['from'] or 'nothing'} to {content['to'] or 'nothing'}"


def _arrived(content: Content) -> str:
    if content["as_billed"]:
        untold = content.get("not_compared")
        return f"invoice {content['invoice']} is in Intacct as billed" + (
            f"; not compared, as the source does not tell it: {', '.join(untold)}" if untold else ""
        )
    return f"invoice {content['invoice']} is in Intacct, but not as billed: {_short({'differences': content['differences']})}"


def _refused(content: Content) -> str:
    return f"was refused to {content['what']}: {_words(content['why'])}"


def _reconciliation(content: Content) -> str:
    told = f"compared Intacct's {content['terms']} terms with the last look"
    if content.get("first"):
        return told + ": the first look, nothing to compare with"
    found = [f"{len(content[name])} {name}" for name in ("appeared", "changed", "gone") if content.get(name)]
    return told + (f": {', '.join(found)} without a decision" if found else ": no exception")


def _period(content: Content) -> str:
    course = {"reopen": "reopen it", "current": "post in the current period, with an accrual for it"}
    told = f"closed period {content['period']}, {_listed([str(i) for i in content['invoices']])}: "
    before = f"; instead of: {', '.join(_words(each) for each in content['replaces'])}" if content["replaces"] else ""
    return f"{told}{course[content['course']]}; reason: {content['reason']}{before}"


def _cutoff(content: Content) -> str:
    sums = [
        f"{each['invoices']} in {each['currency'] or 'no currency told'}, {each['amount']}"
        for each in content["missing_sums"]
    ]
    told = f"kept as evidence what {content['source']} billed in {content['period']} and Intacct had not posted"
    return f"{told} as of {content['as_of']}: {content['missing_count']} invoices" + (
        f" ({'; '.join(sums)})" if sums else ""
    )


def _withdraw_asked(content: Content) -> str:
    term, reason = repr(content["term"]), content["reason"] or "none"
    if content["of"] is not None:
        return f"asked to withdraw the term {term} of case {content['of']}; reason: {reason}"
    return (
        f"asked to make inactive the term {term}, which Intacct already had, as {content['keep']!r} is kept for its rule; "
        f"reason: {reason}"
    )


def _withdraw_looked(content: Content) -> str:
    users = [f"{'at least ' if one['at_least'] else ''}{one['count']} {one['what']}" for one in content["users"]]
    users += ["another company that shares these books"] if content.get("elsewhere") else []
    used = f"used by {', '.join(users)}" if users else "nothing uses it"
    unread = f"; not read: {' '.join(content['unread'])}" if content["unread"] else ""
    return f"looked at the term {content['term']!r}: {_words(content['status'])}, {used}{unread}"


def _approvers(content: Content) -> str:
    told = f"who may decide: {', '.join(content['approvers']) or 'nobody'}"
    if content["standing_in"]:
        told += f"; standing in: {', '.join(content['standing_in'])}"
    changes = [f"{word} {', '.join(content[word])}" for word in ("added", "removed") if content[word]]
    return told + (f" ({'; '.join(changes)})" if changes else "; the settings changed")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


_SENTENCES: dict[str, Callable[[Content], str]] = {
    "alert": _alert,
    "approvers": _approvers,
    "question": _question,
    "found": _found,
    "case": _case,
    "joined": lambda c: f"joined case {c['case']}: {_listed([str(i) for i in c['invoices']])}",
    "diagnosis": _diagnosis,
    "decision": _decision,
    "refused": _refused,
    "state": _state,
    "write": _write,
    "written": lambda _: "Intacct answered the write; request and reply are kept",
    "write_unknown": lambda c: f"no certain answer to the write: {c['error']}",
    "write_refused": _write_refused,
    "write_answered": lambda c: f"Intacct answered the write: {c['words'] or c['error']}",
    "arrived": _arrived,
    "edit": lambda c: f"edited the proposal: {proposed(c['proposal'])}; reason: {c['reason'] or 'none'}",
    "told": lambda c: f"told the term: {c['term']!r}",
    "asked": lambda _: "asked for a decision",
    "failed_early": lambda c: (
        f"{_listed([str(i) for i in c['invoices']])} failed again, by a sync that may have begun before the term was there"
    ),
    "failed_otherwise": lambda c: (
        f"invoice {c['invoice']} failed, as its period is closed in Intacct (posting date {c['closed_on']}): {c['words']}"
        if c.get("closed_on")
        else f"invoice {c['invoice']} failed for another reason: {c['words']}"
    ),
    "withdraw_asked": _withdraw_asked,
    "withdraw_looked": _withdraw_looked,
    "report": lambda c: (
        f"report, {_words(c['kind'])}: {c['failing']} terms will fail, {c['open']} findings open, {c['fixed']} fixed"
    ),
    "check": lambda _: "asked to look again",
    "corrected": lambda _: "said that it was corrected at the source",
    "settings": lambda c: f"started with {len(c['settings'])} settings noted",
    "setting": _setting,
    "reconciliation": _reconciliation,
    "period": _period,
    "cutoff": _cutoff,
    "export": lambda c: f"evidence was exported: {c['scope']}",
}
