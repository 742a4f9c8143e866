"""The workbook as a spreadsheet program opens it: LibreOffice reads it, and names, numbers and days come through."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.reports.report import Report
from bot.reports.workbook import safe, workbook
from tests.reports.samples import UGLY, full
from tests.shared import missing

ALL_SHEETS_AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1"
"""Commas, quotes, UTF-8, cells as they are shown, a file a sheet (LibreOffice, filter options for CSV)."""


def converted(report: Report, folder: Path) -> dict[str, list[list[str]]]:
    """The sheets as LibreOffice shows them, by name."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        missing("LibreOffice (soffice), which shows that the workbook opens")
    path = folder / "report.xlsx"
    path.write_bytes(workbook(report))
    profile = (folder / "profile").as_uri()
    done = subprocess.run(
        [
            str(program),
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            ALL_SHEETS_AS_SHOWN,
            "--outdir",
            str(folder / "out"),
            str(path),
        ],
        env={**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    sheets = {}
    for made in sorted((folder / "out").glob("report-*.csv")):
        with made.open(encoding="utf-8", newline="") as lines:
            sheets[made.stem.removeprefix("report-")] = list(csv.reader(lines))
    return sheets


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    return converted(full(), tmp_path_factory.mktemp("office"))


def row_of(sheet: list[list[str]], **wanted: str) -> dict[str, str]:
    rows = [dict(zip(sheet[0], row, strict=True)) for row in sheet[1:]]
    (found,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return found


def test_libreoffice_opens_every_sheet(sheets: dict[str, list[list[str]]]) -> None:
    assert {"Summary", "Findings", "Terms side by side", "Use"} <= set(sheets)
    assert len(sheets["Findings"]) == 1 + len(full().tracked)
    assert sheets["Summary"][0][0] == "Payment terms of acme"


def test_names_come_through_as_they_stand_and_none_becomes_a_formula(sheets: dict[str, list[list[str]]]) -> None:
    names = {row[1] for row in sheets["Findings"][1:]}
    assert {safe(UGLY), "+Per contract", "Net\N{NO-BREAK SPACE}80", "Net 45"} <= names
    shown = [cell for sheet in sheets.values() for row in sheet for cell in row]
    assert not [cell for cell in shown if cell.startswith(("#NAME?", "#VALUE!", "#REF!", "Err:"))]


def test_money_counts_and_moments_come_through_as_numbers_and_days(sheets: dict[str, list[list[str]]]) -> None:
    row = row_of(sheets["Findings"], Term="Net 45")
    assert (row["At risk"], row["Currency"], row["Invoices"]) == ("9,100.00", "USD", "7")
    assert row["First seen (UTC)"] == "2026-11-02 08:00"
    summary = {row[0]: row[1] for row in sheets["Summary"]}
    assert summary["Requests to Intacct this month"] == "4,112"
    assert summary["Read at (UTC)"] == "2026-11-23 08:00"
