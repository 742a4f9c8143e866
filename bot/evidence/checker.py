"""Checks an export of Termkeeper's journal, with Python 3.8 or later and nothing else.

    python -I check.py [--anchors FILE]

It runs inside the unpacked export and shares no code with the software that wrote it. It ends with 0 where everything
fits and with 1 where anything does not. README.txt says how to do the same by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GENESIS = "0" * 64
"""What the first entry names as the one before it."""
EXCHANGED = ("request", "reply")


def main() -> int:
    """Prints what is found; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--anchors", metavar="FILE", action="append", default=[], help="anchors that you kept yourself")
    wanted = parser.parse_args()
    folder = Path(__file__).resolve().parent
    try:
        check = Check(folder)
        check.chain()
        check.entries()
        check.holding()
        check.exchanges()
        check.population()
        check.anchors(folder / "anchors.jsonl", "the anchors in this export")
        for file in wanted.anchors:
            check.anchors(Path(file), "the anchors in " + file)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print("BROKEN. A file of this export is missing or cannot be read:", error)
        return 1
    return check.tell()


class Check:
    """One check of one export."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contents: dict[str, Any] = _json(folder / "contents.json")
        self.head: dict[str, Any] | None = _json(folder / "head.json")
        self.company: str = self.contents["company"]
        self.hashes: dict[int, dict[str, Any]] = {}
        self.last: dict[str, Any] | None = None
        self.told: dict[int, dict[str, Any]] = {}
        self.own: int | None = None
        self.broken: list[str] = []
        self.chain_broken_at: int | None = None
        self.proved: tuple[int, str, str] | None = None

    def chain(self) -> None:
        """Every hash, from the first entry to the head, whether its content is in this export or not."""
        previous, expected = GENESIS, 1
        for row in _lines(self.folder / "chain.jsonl"):
            if self.chain_broken_at is None:
                problem = self._row(row, previous, expected)
                if problem:
                    self.broken.append(problem)
                    self.chain_broken_at = row["seq"]
            self.hashes[row["seq"]] = self.last = row
            previous, expected = row["row_hash"], row["seq"] + 1
        if self.chain_broken_at is None:
            self._head()

    def _row(self, row: dict[str, Any], previous: str, expected: int) -> str:
        seq = row["seq"]
        if seq < expected:
            return f"Two entries have the number {seq}."
        if seq > expected:
            return f"Entries are missing: after {expected - 1} comes {seq}."
        if row["row_hash"] != row_hash(self.company, seq, row["prev_hash"], row["content_hash"]):
            return f"The hash of entry {seq} does not fit what it is made of: it was changed or moved."
        if row["prev_hash"] != previous:
            return f"Entry {seq} does not follow entry {seq - 1}."
        return ""

    def _head(self) -> None:
        seq = self.last["seq"] if self.last else 0
        digest = self.last["row_hash"] if self.last else GENESIS
        if self.head is None:
            self.broken.append("The chain's head is gone.")
        elif (self.head["company"], self.head["seq"], self.head["row_hash"]) != (self.company, seq, digest):
            self.broken.append(f"The head says that entry {self.head['seq']} is the last; the chain ends at {seq}.")
        else:
            return
        self.chain_broken_at = seq

    def entries(self) -> None:
        """The contents: each that was asked for is there, fits its hash, and says what the index says of it.

        One more is there, after them or among them: the entry that this export was made.
        """
        asked = set(self.contents["entries"])
        there = {int(file.stem): file for file in (self.folder / "entries").glob("*.json")}
        self.own = max(set(there) - asked, default=None)
        if self.own is not None:
            asked.add(self.own)
        for seq in sorted(asked ^ set(there)):
            state = "is missing from" if seq in asked else "is not meant to be in"
            self.broken.append(f"The content of entry {seq} {state} this export.")
        for seq in sorted(asked & set(there)):
            content = there[seq].read_bytes()
            row = self.hashes.get(seq)
            if row is None or hashlib.sha256(content).hexdigest() != row["content_hash"]:
                self.broken.append(f"The content of entry {seq} was changed: it does not fit its hash.")
                continue
            entry = self._parsed(content)
            if any(entry.get(name) != row.get(name) for name in ("actor", "at", "case", "kind")):
                self.broken.append(f"Entry {seq} names another time, kind, case or person than its content does.")
            self.told[seq] = entry
        for seq in sorted(set(self.hashes) - set(there) - asked):
            if "kind" in self.hashes[seq]:
                self.broken.append(f"The content of entry {seq} is missing from this export.")

    def _parsed(self, content: bytes) -> dict[str, Any]:
        try:
            read = json.loads(content.decode("utf-8"))
        except ValueError:
            read = None
        return read if isinstance(read, dict) else {}

    def holding(self) -> None:
        """That the export holds what it held when it was made: its own entry keeps the digest of contents.json."""
        own = self._kept()
        if own is None:
            if self.hashes:
                self.broken.append(
                    "The entry that this export was made is not here: nothing proves what belongs to it."
                )
        elif hashlib.sha256((self.folder / "contents.json").read_bytes()).hexdigest() != own.get("contents"):
            self.broken.append(f"contents.json is not what entry {self.own} says that this export holds.")

    def _kept(self) -> dict[str, Any] | None:
        """What the export's own entry says; None where there is none."""
        entry = self.told.get(self.own or 0, {})
        content = entry.get("content")
        return content if entry.get("kind") == "export" and isinstance(content, dict) else None

    def exchanges(self) -> None:
        """Requests and replies: each file says what its entry says, byte for byte."""
        files = {file.name: file for file in (self.folder / "exchanges").glob("*.xml")}
        for seq, entry in sorted(self.told.items()):
            content = entry.get("content")
            for side in EXCHANGED:
                text = content.get(side) if isinstance(content, dict) else None
                if not isinstance(text, str) or not text:
                    continue
                file = files.pop(f"{seq:08}-{side}.xml", None)
                if file is None or file.read_bytes() != text.encode("utf-8"):
                    self.broken.append(f"The {side} of entry {seq} is missing or was changed.")
        for name in sorted(files):
            self.broken.append(f"{name} belongs to no entry.")

    def population(self) -> None:
        """Intacct's list of terms: as it was read, by the digest that the journal keeps of it."""
        file = self.folder / "population.json"
        kept = (self._kept() or {}).get("population")
        if kept is None:
            if file.exists():
                self.broken.append("population.json is proved by no entry.")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != kept.get("digest"):
            self.broken.append(f"population.json is not what entry {self.own} says was read from Intacct.")

    def anchors(self, file: Path, name: str) -> None:
        """What was published earlier: the chain must still say the same at each anchor."""
        for anchor in _lines(file):
            if anchor["company"] != self.company:
                continue
            row = self.hashes.get(anchor["seq"])
            if row is None or row["row_hash"] != anchor["row_hash"]:
                self.broken.append(
                    f"By {name}, entry {anchor['seq']} had another hash on {anchor['at']}: "
                    "the chain was cut or rewritten since."
                )
            elif self._sound(anchor["seq"]) and (self.proved is None or anchor["seq"] >= self.proved[0]):
                self.proved = (anchor["seq"], anchor["at"], name)

    def _sound(self, seq: int) -> bool:
        """Whether the chain is whole up to an entry."""
        return self.chain_broken_at is None or seq < self.chain_broken_at

    def tell(self) -> int:
        """Prints the outcome; the exit code."""
        print(f"Export of {self.company}: {self.contents['scope']}, made {self.contents['made_at']}.")
        for sentence in self.contents["incomplete"]:
            print("INCOMPLETE. " + sentence)
        for sentence in self.broken:
            print("BROKEN. " + sentence)
        last = self.last["seq"] if self.last else 0
        if not self.broken:
            print(
                f"Whole: {last} entries are chained up to the head, and the contents of {len(self.told)} are here and fit."
            )
            if self.own is not None:
                print(f"It holds what entry {self.own} says. summary.html is for reading, and is not checked.")
            print(f"Head: entry {last}, {self.last['row_hash'] if self.last else GENESIS}.")
        if self.proved is None:
            print("Proved by no anchor: compare the head with a copy that was kept elsewhere.")
        else:
            print(f"Proved up to entry {self.proved[0]} by {self.proved[2]} of {self.proved[1]}.")
            if last > self.proved[0] and not self.broken:
                one = last == self.proved[0] + 1
                which = f"Entry {last}" if one else f"Entries {self.proved[0] + 1} to {last}"
                fits = (
                    "it fits the chain, and nothing outside proves it"
                    if one
                    else "they fit the chain, and nothing outside proves them"
                )
                print(f"{which} came after that anchor: {fits} yet.")
        return 1 if self.broken else 0


def row_hash(company: str, seq: int, prev_hash: str, content_hash: str) -> str:
    """SHA-256 over the four as JSON with sorted keys and no blanks, in UTF-8."""
    chained = {"company": company, "content_hash": content_hash, "prev_hash": prev_hash, "seq": seq}
    text = json.dumps(chained, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


if __name__ == "__main__":
    sys.exit(main())
