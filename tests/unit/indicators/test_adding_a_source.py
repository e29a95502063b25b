"""A source of indicators is added as docs/architecture.md says: a module and a row."""

from __future__ import annotations

from pathlib import Path

from auditor.system.files import find_line_of_text
from tests.newcomer import TOP, copy_product_with, run_python_in

MODULE = '''"""A list with a value in each line."""

import re

from auditor.indicators.sources.common import IndicatorCollector

HEAD = re.compile(rb"plain list\\n")


def read_lines(collector: IndicatorCollector) -> None:
    """Read all lines."""
    for number, line in enumerate(collector.document.open_text(), 1):
        if number > 1:
            collector.add_value(line, where=f"line {number}")
'''
ROW = '    ListFormat("plain", "plain list", plain.HEAD, plain.read_lines),\n'
FORMATS = "auditor/indicators/sources/formats.py"
CSV_ROW = '    ListFormat("csv", '
IMPORT = "from auditor.indicators.sources import misp, "
PROGRAM = """
import datetime, pathlib
from auditor.indicators import index, store
from auditor.indicators.importer import import_indicator_files
kept, file, today = pathlib.Path("state/i.sqlite"), pathlib.Path("list.txt"), datetime.date(2026, 11, 27)
file.write_text("plain list\\nevil[.]test\\nno value\\n")
(one,) = import_indicator_files([file], name=None, default_tlp="GREEN", today=today, path=kept)
seen = index.build_index_of_valid_foreign_indicators(store.load_indicators(kept), today)
print(one.indicator_list.kind, one.wrong, [found.text for found in seen.find_in_text("GET http://evil.test/ 200")])
file.write_text("{}")
try:
    import_indicator_files([file], name=None, default_tlp="GREEN", today=today, path=kept)
except Exception as error:
    print(error)
"""


def add(folder: Path, row: str) -> Path:
    lines = {CSV_ROW: row + CSV_ROW, IMPORT: f"{IMPORT}plain, "}
    return copy_product_with(folder, {"auditor/indicators/sources/plain.py": MODULE}, {FORMATS: lines})


def test_a_module_and_a_row_are_imported_matched_and_named(tmp_path: Path) -> None:
    run = run_python_in(add(tmp_path, ROW), PROGRAM)
    assert run.stderr == ""
    imported, refused = run.stdout.splitlines()
    assert imported == "plain (('line 3', 'no value\\n'),) ['evil.test']"
    assert "it is neither STIX 2.1, MISP JSON, plain list nor CSV" in refused


def test_a_mistake_in_the_row_is_named_with_file_and_line(tmp_path: Path) -> None:
    folder = add(tmp_path, ROW.replace("plain.HEAD", "plain.HAED"))
    run = run_python_in(folder, PROGRAM)
    line = (folder / FORMATS).read_text("utf-8").splitlines().index(
        ROW.replace("plain.HEAD", "plain.HAED").rstrip("\n")
    ) + 1
    assert f'{FORMATS}", line {line}, in <module>' in run.stderr
    assert "has no attribute 'HAED'" in run.stderr


def list_forgotten_modules(sources: Path, rows: str) -> list[str]:
    """Return the modules of sources that no row names."""
    own = {"__init__", "common", "formats"}
    return sorted(path.stem for path in sources.glob("*.py") if path.stem not in own and f"{path.stem}." not in rows)


def test_a_module_without_its_row_is_named_with_the_line_to_add_it_to(tmp_path: Path) -> None:
    rows = (TOP / FORMATS).read_text("utf-8")
    line = find_line_of_text(TOP / FORMATS, "FORMATS")
    sources = (TOP / FORMATS).parent
    assert [f"{FORMATS}:{line}: no row for {name}.py: add it" for name in list_forgotten_modules(sources, rows)] == []
    folder = copy_product_with(tmp_path, {"auditor/indicators/sources/plain.py": MODULE}, {})
    assert list_forgotten_modules(folder / "auditor/indicators/sources", rows) == ["plain"]
