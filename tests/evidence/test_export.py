"""An export is checked by its own program alone, finds what was tampered with, and holds no secret."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.evidence import checker
from bot.evidence.anchors import Anchor, publish, read
from bot.evidence.export import Made, Wanted, export
from bot.evidence.ours import OurWrite, writes_of
from bot.evidence.population import Period, What, match, read_changes
from bot.evidence.stories import NoSuchCase
from bot.records.engine import Database
from bot.sandbox.intacct.terms import add_term, change_term
from bot.sandbox.world import Fault
from tests.cases.company import ZONE
from tests.evidence.chains import AT, TAMPERINGS, chain, grow, rewrite, tamper
from tests.evidence.conftest import Office
from tests.intacct.conftest import SECRETS

ALL_OF_IT = Period(first=AT.date() - timedelta(days=1), last=AT.date() + timedelta(days=30), zone=ZONE)


def unpacked(database: Database, folder: Path, wanted: Wanted, known: tuple[Anchor, ...] = ()) -> tuple[Path, Made]:
    """An export, and the folder that its zip was unpacked to."""
    out = folder / "evidence.zip"
    made = export(database, wanted, known, out, AT + timedelta(days=1))
    with zipfile.ZipFile(out) as pack:
        pack.extractall(folder / "evidence")
    return folder / "evidence", made


def checked(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exported program's own verdict, in a process that knows nothing of ours."""
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "check.py"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={},
    )
    return done.returncode, done.stdout + done.stderr


def rows(**changes: object) -> Wanted:
    """All rows of the chains that tests grow; nobody asks Intacct."""
    return replace(Wanted(company="acme", period=ALL_OF_IT, unread="nobody asked", by="test", zone=ZONE), **changes)  # type: ignore[arg-type]


def test_what_is_whole_passes_and_says_what_lies_after_the_last_anchor(database: Database, tmp_path: Path) -> None:
    grow(database, 4)
    publish(database, "acme", tmp_path / "anchors", AT)
    folder, made = unpacked(database, tmp_path, rows(), read(tmp_path / "anchors"))
    code, words = checked(folder)
    assert code == 0, words
    head = chain(database)[-1]
    assert words.splitlines()[1:] == [
        "INCOMPLETE. nobody asked",
        "Whole: 5 entries are chained up to the head, and the contents of 5 are here and fit.",
        "It holds what entry 5 says. summary.html is for reading, and is not checked.",
        f"Head: entry 5, {head.row_hash}.",
        "Proved up to entry 4 by the anchors in this export of 2026-11-24T06:00:00Z.",
        "Entry 5 came after that anchor: it fits the chain, and nothing outside proves it yet.",
    ]
    assert head.kind == "export", "that it was made is an entry itself"
    assert made.head is not None
    assert made.head.row_hash == head.row_hash


def test_the_steps_by_hand_that_the_readme_tells_hold(database: Database, tmp_path: Path) -> None:
    grow(database, 3)
    folder, _ = unpacked(database, tmp_path, rows())
    previous = "0" * 64
    for line in (folder / "chain.jsonl").read_text().splitlines():
        row = json.loads(line)
        content = (folder / "entries" / f"{row['seq']:08}.json").read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["content_hash"]
        hashed = (
            f'{{"company":"acme","content_hash":"{row["content_hash"]}","prev_hash":"{previous}","seq":{row["seq"]}}}'
        )
        assert hashlib.sha256(hashed.encode()).hexdigest() == row["row_hash"]
        previous = row["row_hash"]
    there = {int(file.stem) for file in (folder / "entries").iterdir()}
    (own,) = there - set(json.loads((folder / "contents.json").read_text())["entries"])
    kept = json.loads((folder / "entries" / f"{own:08}.json").read_text())
    assert kept["kind"] == "export"
    assert kept["content"]["contents"] == hashlib.sha256((folder / "contents.json").read_bytes()).hexdigest()
    assert json.loads((folder / "head.json").read_text())["row_hash"] == previous


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_tampered_journal_is_found_by_the_exports_own_program(database: Database, tmp_path: Path, what: str) -> None:
    grow(database, 10)
    tamper(database, *TAMPERINGS[what])
    folder, made = unpacked(database, tmp_path, rows())
    assert not made.verdict.whole
    code, words = checked(folder)
    assert code == 1, words
    assert "BROKEN. " in words
    assert "INCOMPLETE. The journal was broken when this was exported" in words
    assert "Traceback" not in words
    assert "The journal was broken" in (folder / "summary.html").read_text()


@pytest.mark.parametrize(
    "forge", [lambda rows: rows[:6], lambda rows: [r.replace("Net 2", "Net 99") for r in rows]], ids=["cut", "rehashed"]
)
def test_a_rewritten_chain_is_found_by_anchors_kept_elsewhere(
    database: Database, tmp_path: Path, forge: object
) -> None:
    kept = tmp_path / "kept by the auditor"
    grow(database, 8)
    publish(database, "acme", kept, AT)
    rewrite(database, forge([row.canonical for row in chain(database)]))  # type: ignore[operator]
    folder, made = unpacked(database, tmp_path, rows())
    assert made.verdict.whole, "nothing inside tells it"
    assert checked(folder)[0] == 0
    code, words = checked(folder, "--anchors", str(kept))
    assert code == 1
    assert "entry 8 had another hash on 2026-11-24T06:00:00Z: the chain was cut or rewritten since." in words


def _doctor(folder: Path, name: str, change: object) -> None:
    file = next(folder.glob(name))
    file.write_text(change(file.read_text()))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("entries/00000002.json", lambda t: t.replace("Net 1", "Net 9"), "The content of entry 2 was changed"),
        ("chain.jsonl", lambda t: "\n".join(t.splitlines()[1:]), "Entries are missing"),
        ("chain.jsonl", lambda t: "\n".join(t.splitlines()[:-1]), "The head says that entry 4 is the last"),
        ("chain.jsonl", lambda t: t.replace('"U0DAN"', '"U0SAM"', 1), "names another time, kind, case or person"),
        ("head.json", lambda t: t.replace('"seq": 4', '"seq": 5'), "The head says that entry 5 is the last"),
        ("contents.json", lambda t: t.replace("  2,\n", ""), "The content of entry 2 is not meant to be in"),
        ("contents.json", lambda t: t.replace("nobody asked", ""), "contents.json is not what entry 4 says"),
        ("contents.json", lambda t: t.replace("2026-11-23 to", "2026-11-24 to"), "contents.json is not what entry 4"),
        ("contents.json", lambda t: t.replace('"made_by": "test"', '"made_by": "U0SAM"'), "contents.json is not what"),
        ("contents.json", lambda t: "nonsense", "cannot be read"),
    ],
)
def test_a_change_of_the_export_itself_is_found(
    database: Database, tmp_path: Path, name: str, change: object, sentence: str
) -> None:
    grow(database, 3)
    folder, _ = unpacked(database, tmp_path, rows())
    _doctor(folder, name, change)
    code, words = checked(folder)
    assert code == 1
    assert sentence in words


def test_an_entry_that_was_taken_out_with_every_trace_but_its_hash_is_missed(
    database: Database, tmp_path: Path
) -> None:
    grow(database, 5)
    folder, _ = unpacked(database, tmp_path, rows())
    contents = json.loads((folder / "contents.json").read_text())
    contents["entries"].remove(2)
    (folder / "contents.json").write_text(json.dumps(contents, indent=1))
    (folder / "entries" / "00000002.json").unlink()
    lines = [json.loads(line) for line in (folder / "chain.jsonl").read_text().splitlines()]
    for label in ("actor", "at", "case", "kind"):
        del lines[1][label]
    (folder / "chain.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    code, words = checked(folder)
    assert code == 1, words
    assert "contents.json is not what entry 6 says that this export holds." in words


def test_an_export_without_its_own_entry_proves_nothing_of_what_it_holds(database: Database, tmp_path: Path) -> None:
    grow(database, 3)
    folder, _ = unpacked(database, tmp_path, rows())
    (folder / "entries" / "00000004.json").unlink()
    code, words = checked(folder)
    assert code == 1
    assert "The entry that this export was made is not here" in words
    assert "The content of entry 4 is missing" in words, "its labels in the chain name it"


def test_another_entry_does_not_pass_for_the_exports_own(database: Database, tmp_path: Path) -> None:
    grow(database, 3)
    folder, _ = unpacked(database, tmp_path, rows())
    contents = json.loads((folder / "contents.json").read_text())
    contents["entries"] = [1, 2, 4]
    (folder / "contents.json").write_text(json.dumps(contents, indent=1))
    code, words = checked(folder)
    assert code == 1
    assert "The entry that this export was made is not here" in words


def test_the_checker_is_plain_python_of_any_age() -> None:
    source = Path(checker.__file__).read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else name.name) or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names)


def _everything(folder: Path) -> str:
    return "\n".join(file.read_text() for file in folder.rglob("*") if file.is_file())


def test_a_case_from_alert_to_write_is_told_with_what_was_sent_and_received(office: Office, tmp_path: Path) -> None:
    case_id = office.case_about("Net 45")
    other = office.case_about("Net 60", "INV-78")
    office.approve(case_id)
    assert office.state(case_id) == "awaiting_sync"
    people = {"U0DAN": "Dan Okafor"}
    wanted = Wanted(company="acme", case=1, by="test", zone=ZONE, people=people)
    folder, made = unpacked(office.database, tmp_path, wanted)
    code, words = checked(folder)
    assert code == 0, words
    kinds = [json.loads(f.read_text())["kind"] for f in sorted((folder / "entries").glob("*.json"))]
    for kind in ("alert", "case", "diagnosis", "decision", "write", "written", "state", "export"):
        assert kind in kinds, kinds
    with office.database.transaction() as connection:
        about_the_other = connection.scalar(text("SELECT count(*) FROM journal WHERE case_id = :case"), {"case": other})
        rows_there = connection.scalar(text("SELECT count(*) FROM journal"))
    assert about_the_other
    lines = (folder / "chain.jsonl").read_text().splitlines()
    assert len(lines) == rows_there, "the hashes of all, also of the other case's"
    assert "Net 60" not in _everything(folder), "and its contents not"
    assert made.entries < len(lines)
    (request,) = (folder / "exchanges").glob("*-request.xml")
    (reply,) = (folder / "exchanges").glob("*-reply.xml")
    assert "<name>Net 45</name>" in request.read_text()
    assert "<status>success</status>" in reply.read_text()
    request.write_text(request.read_text().replace("Net 45", "Net 46"))
    assert "was changed" in checked(folder)[1]


@pytest.mark.parametrize("fault", ["", "server_error", "permission"])
def test_no_secret_is_anywhere_in_journal_or_export(office: Office, tmp_path: Path, fault: str) -> None:
    case_id = office.case_about("Net 45")
    if fault:
        office.world.faults.set(
            Fault(service="intacct", method="create_arterm", name=fault, times=1, after=0, value=None)
        )
    office.approve(case_id)
    folder, _ = unpacked(office.database, tmp_path, Wanted(company="acme", case=1, by="test", zone=ZONE))
    with office.database.transaction() as connection:
        journal = "\n".join(connection.scalars(text("SELECT content FROM journal")).all())
    sessions = {user._session.session_id for user in (office.books._reader, office.books._writer) if user._session}
    assert len(sessions) == 2
    for secret in (*SECRETS, *sessions):
        assert secret not in journal
        assert secret not in _everything(folder)
    assert "[hidden]" in _everything(folder), "what was sent is there, and its password is not"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_summary_tells_who_and_what_for_eyes_and_screen_readers(office: Office, tmp_path: Path) -> None:
    office.approve(office.case_about("Net 45"), reason="as agreed <script>alert(1)</script>")
    people = {"U0DAN": "Dan Okafor"}
    wanted = Wanted(company="acme", case=1, by="test", zone=ZONE, people=people)
    folder, _ = unpacked(office.database, tmp_path, wanted)
    page = (folder / "summary.html").read_text()
    reader = _Reader()
    reader.feed(page)
    words = " ".join(" ".join(reader.words).split())
    for label in ("Alert", "Approved by", "Written", "Read back", "Dan Okafor (U0DAN)", "as agreed"):
        assert label in words
    assert "script" not in {tag for tag, _ in reader.tags}
    assert "&lt;script&gt;" in page
    assert not re.search(r"(src|href)=", page), "nothing from outside"
    assert dict(reader.tags)["html"]["lang"] == "en"
    tables = sum(tag == "table" for tag, _ in reader.tags)
    assert tables == sum(tag == "caption" for tag, _ in reader.tags)
    assert all("scope" in attributes for tag, attributes in reader.tags if tag == "th")


def test_an_unknown_case_is_refused(database: Database, tmp_path: Path) -> None:
    grow(database, 1)
    with pytest.raises(NoSuchCase):
        export(database, Wanted(company="acme", case=9, zone=ZONE), (), tmp_path / "x.zip", AT)
    assert not list(tmp_path.glob("x.zip*"))
    assert len(chain(database)) == 1


def _ours(office: Office) -> tuple[OurWrite, ...]:
    with office.database.transaction() as connection:
        return writes_of(connection, "acme")


def _period(office: Office) -> Period:
    today = office.clock.now().astimezone(ZONE).date()
    return Period(first=today - timedelta(days=1), last=today + timedelta(days=1), zone=ZONE)


def test_a_period_starts_from_intaccts_list_and_names_what_nobody_decided(office: Office, tmp_path: Path) -> None:
    office.world.calendar.move(timedelta(days=30))
    office.approve(office.case_about("Net 45"))
    add_term(office.world, "Net 46", {"DUEDATE": "46"}, by="agarcia")
    add_term(office.world, "Net 47", {"DUEDATE": "47"}, by="termkeeper-writer")
    office.world.calendar.move(timedelta(hours=1))
    change_term(office.world, "Net 30", {"DUEDATE": "31"}, by="agarcia")
    period = _period(office)
    wanted = Wanted(
        company="acme",
        period=period,
        changes=read_changes(office.books, period),
        writer=office.books.writer,
        by="test",
        zone=ZONE,
    )
    folder, made = unpacked(office.database, tmp_path, wanted)
    assert made.population is not None
    told = {(item.name, item.what, item.by): item.case for item in made.population.items}
    assert told == {
        ("Net 45", What.CREATED, "termkeeper-writer"): 1,
        ("Net 46", What.CREATED, "agarcia"): None,
        ("Net 47", What.CREATED, "termkeeper-writer"): None,
        ("Net 30", What.CHANGED, "agarcia"): None,
    }
    assert {item.name for item in made.population.exceptions} == {"Net 46", "Net 47", "Net 30"}
    beside = match(
        wanted.changes,
        period,
        (),
        writer=wanted.writer,
        read_at=AT,
        beside=_ours(office),  # type: ignore[arg-type]
    )
    assert [item.name for item in beside.items if item.elsewhere] == ["Net 45"]
    assert "Net 45" not in {item.name for item in beside.exceptions}
    assert "under the bot's own user" in next(i.why for i in made.population.exceptions if i.name == "Net 47")
    kept = json.loads((folder / "population.json").read_text())
    assert "<greaterthanorequalto><field>WHENCREATED</field>" in kept["requests"][0]
    assert (kept["terms_read"], len(kept["items"])) == (4, 4)
    code, words = checked(folder)
    assert code == 0, words
    _doctor(folder, "population.json", lambda t: t.replace("agarcia", "termkeeper-writer"))
    assert "population.json is not what entry" in checked(folder)[1]


def test_a_change_after_the_period_is_said_to_hide_what_came_before(office: Office) -> None:
    add_term(office.world, "Net 46", {"DUEDATE": "46"}, by="agarcia")
    office.world.calendar.move(timedelta(days=40))
    period = Period(first=office.clock.now().date() - timedelta(days=20), last=office.clock.now().date(), zone=ZONE)
    office.world.calendar.move(timedelta(days=40))
    change_term(office.world, "Net 46", {"STATUS": "inactive"}, by="agarcia")
    found = match(read_changes(office.books, period), period, (), writer="w", read_at=office.clock.now())
    (item,) = found.items
    assert (item.name, item.what) == ("Net 46", What.CHANGED_LATER)
    assert "last change only" in item.why
    assert found.exceptions == ()


def test_an_export_without_intacct_says_that_it_is_incomplete(database: Database, tmp_path: Path) -> None:
    grow(database, 2)
    folder, made = unpacked(database, tmp_path, rows(unread="Intacct could not be asked: off-line."))
    assert made.incomplete == ("Intacct could not be asked: off-line.",)
    assert "Intacct could not be asked: off-line." in (folder / "summary.html").read_text()
    assert "INCOMPLETE. Intacct could not be asked: off-line." in checked(folder)[1]
    assert not (folder / "population.json").exists()
