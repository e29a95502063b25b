"""Every kind of data is whole: a module that reads it, a name in both languages, tables that exist."""

from __future__ import annotations

import ast
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polib
import pytest

from auditor.errors import find_nearest_known_name
from auditor.text.translations import LOCALE
from auditor.vulnerabilities import store
from tests.newcomer import copy_product_with, run_python_in

TOP = Path(__file__).parents[3]
KINDS = "auditor/vulnerabilities/kinds.py"
ROW = """    DataKind("plain", "plain", "CC0", (("exploited", "", ""),), "ids"),
"""
MODULE = '''"""A list with an exploited vulnerability in each line."""

import re

from auditor.feeds.document import SourceDocument
from auditor.vulnerabilities.sources.common import ImportSummary, make_single_document_format
from auditor.vulnerabilities.store import VulnerabilityWriter


def read_lines(document: SourceDocument, writer: VulnerabilityWriter) -> ImportSummary:
    """Store all lines."""
    writer.remove_earlier_import_of_part("plain", "")
    ids = [line.strip() for line in document.open_text()][1:]
    writer.put_kev_entries((name, "", "", 0, "") for name in ids)
    return ImportSummary(len(ids))


FORMATS = (make_single_document_format("plain", re.compile(rb"plain list\\n"), read_lines),)
'''
PROGRAM = """
import pathlib
from auditor.vulnerabilities import store
from auditor.vulnerabilities.importer import import_vulnerability_data_files
kept, file = pathlib.Path("state/v.sqlite"), pathlib.Path("list.txt")
file.write_text("plain list\\nCVE-2026-10001\\n")
(source,) = import_vulnerability_data_files([file], kept)
with store.open_database(kept) as database:
    print(source.kind, source.licence, source.records, list(database.kev_entries))
"""


def find_mistakes(source: str, modules: set[str]) -> Iterator[str]:
    """Yield what is wrong with the rows, each with its line."""
    with closing(sqlite3.connect(":memory:")) as database:
        for migration in store._MIGRATIONS:
            migration(database)
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    names = {
        lang: {entry.msgid for entry in polib.pofile(str(LOCALE / lang / "LC_MESSAGES" / "auditor.po"))}
        for lang in ("vi", "en")
    }
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "DataKind":
            name, module, _licence, written = (ast.literal_eval(each) for each in call.args[:4])
            if module not in modules:
                yield (
                    f"{KINDS}:{call.lineno}: there is no module {module}; nearest: "
                    f"{find_nearest_known_name(module, modules)}"
                )
            for lang, known in names.items():
                if f"vulnerabilities.kind.{name}" not in known:
                    yield f"{KINDS}:{call.lineno}: vulnerabilities.kind.{name} is not in {lang}/LC_MESSAGES/auditor.po"
            for table, _column, _kind in written:
                if table not in tables:
                    yield (
                        f"{KINDS}:{call.lineno}: there is no table {table}; nearest: "
                        f"{find_nearest_known_name(table, tables)}"
                    )


def read_modules() -> set[str]:
    return {path.stem for path in (TOP / "auditor/vulnerabilities/sources").glob("*.py")}


def test_every_kind_is_whole() -> None:
    assert list(find_mistakes((TOP / KINDS).read_text("utf-8"), read_modules())) == []


@pytest.mark.parametrize(
    ("row", "mistake"),
    [
        ('DataKind("kev", "kve", "CC0", (("exploited", "", ""),), "ids")', "there is no module kve; nearest: kev"),
        ('DataKind("kev", "kev", "CC0", (("exploitet", "", ""),), "ids")', "there is no table exploitet; nearest: exploited"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_row_is_named_with_file_and_line(row: str, mistake: str) -> None:
    assert list(find_mistakes(f"KINDS = (\n    {row},\n)", read_modules())) == [f"{KINDS}:2: {mistake}"]


def test_a_kind_that_nobody_named_is_named_with_file_and_line() -> None:
    assert [
        mistake.partition(": ")[2]
        for mistake in find_mistakes('DataKind("keV", "kev", "CC0", (("exploited", "", ""),), "ids")', read_modules())
    ] == [f"vulnerabilities.kind.keV is not in {lang}/LC_MESSAGES/auditor.po" for lang in ("vi", "en")]


def test_a_module_and_a_row_are_imported(tmp_path: Path) -> None:
    first = '    DataKind("kev", "kev", '
    folder = copy_product_with(
        tmp_path, {"auditor/vulnerabilities/sources/plain.py": MODULE}, {KINDS: {first: ROW + first}}
    )
    run = run_python_in(folder, PROGRAM)
    assert (run.stdout, run.stderr) == ("plain CC0 1 ['CVE-2026-10001']\n", "")
