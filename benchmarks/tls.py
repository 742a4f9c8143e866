"""Many small questions over TLS: one kept connection beside a new one for each request.

    python -m benchmarks.tls [--questions 50 200 800] [--rounds 5]

The certificate is made by the command `openssl`, for this machine alone. What a question costs without TLS is measured
too, as the emulated gateway's own time is in all three.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import requests

from benchmarks.rounds import Figures, Rows, emulators, keep, measured, several
from benchmarks.signing import ADDRESS, books, login

QUESTIONS = (50, 200, 800)


def main() -> None:
    """Measures, prints one table, writes JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--questions", type=int, nargs="+", default=list(QUESTIONS))
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--child", nargs=4, metavar=("WHICH", "ADDRESS", "CERTIFICATE", "QUESTIONS"))
    options = asked.parse_args()
    if options.child:
        which, address, certificate, questions = options.child
        print(json.dumps(CHILDREN[which](address, certificate, int(questions))))
        return
    rows: Rows = {}
    with tempfile.TemporaryDirectory() as folder:
        certificate = made(Path(folder))
        with emulators() as plain, emulators("--certificate", str(certificate)) as secure:
            for questions in options.questions:
                for which, subject, address in (
                    ("kept", "termkeeper", secure["SANDBOX"]),
                    ("new", "a new connection each", secure["SANDBOX"]),
                    ("kept", "termkeeper without TLS", plain["SANDBOX"]),
                ):
                    child = ("--child", which, address, str(certificate), str(questions))
                    rows[f"{questions} questions, {subject}"] = several(options.rounds, "tls", *child)
    keep("tls", rows)


def made(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1, in one file."""
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_text(key.read_text() + certificate.read_text())
    return both


def _kept(address: str, certificate: str, questions: int) -> Figures:
    import requests.adapters

    from bot.intacct.query import Query

    # The client verifies always, and for this machine reads no environment: the certificate joins those it trusts.
    requests.adapters.DEFAULT_CA_BUNDLE_PATH = certificate
    client, _ = books(address + ADDRESS)
    asked = Query(object="ARTERM", select=("NAME",), page_size=1)
    next(client.rows(asked))  # signs in
    before = _connections(address, certificate)
    figures = measured(lambda: [next(client.rows(asked)) for _ in range(questions)])
    client.close()
    return {**figures, "new connections": _connections(address, certificate) - before - 1}


def _new(address: str, certificate: str, questions: int) -> Figures:
    before = _connections(address, certificate)
    asked = login.query("ARTERM", ("NAME",), 0, 1)
    headers = {"Content-Type": "application/xml"}

    def ask() -> None:
        for _ in range(questions):
            requests.post(address + ADDRESS, data=asked, headers=headers, verify=certificate, timeout=30)

    return {**measured(ask), "new connections": _connections(address, certificate) - before - 1}


def _connections(address: str, certificate: str) -> int:
    """How many connections the server has taken, this one included; told by ports, so one whose port came back counts once."""
    return int(requests.get(f"{address}/connections", verify=certificate, timeout=30).json())


CHILDREN = {"kept": _kept, "new": _new}

if __name__ == "__main__":
    main()
