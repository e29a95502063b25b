"""A template with its data as a PDF that archives take; data is never a program to the template."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from auditor.report.official import pdf, typeset
from tests.unit import official


def data_of(**changes: Any) -> dict[str, Any]:
    ((_, job),) = pdf.iter_document_print_jobs_by_file_suffix(official.document())
    return {**job.data, **changes}


def print_(**changes: Any) -> bytes:
    return typeset.typeset_template_into_pdf("official.typ", json.dumps(data_of(**changes), ensure_ascii=False))


def test_it_is_one_that_archives_take() -> None:
    with pikepdf.open(io.BytesIO(print_())) as printed, printed.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        fonts = {str(font.BaseFont) for page in printed.pages for font in page.Resources.Font.values()}
        assert fonts and all("+" in name for name in fonts), "each is in it, no reader's own is needed"


def test_it_has_our_own_fonts_whatever_this_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(typeset.typst, "compile", lambda *_, **how: given.update(how) or b"")
    print_()
    assert given["ignore_system_fonts"] is True
    assert [Path(folder) for folder in given["font_paths"]] == [typeset.ASSETS / "fonts"]


def test_the_same_data_is_the_same_file() -> None:
    assert print_() == print_()


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")',
        '#include "/etc/passwd"',
        "#panic()",
        "#sys.inputs.data",
        "$ #x $ *b* _i_ `c` = T",
        '"; } #eval("1")',
        "\\u{202e} \u202e </script>",
        "{{ x }} %s {0}",
    ],
)
def test_what_data_says_is_text(text: str) -> None:
    with pikepdf.open(io.BytesIO(print_(title=text))) as printed, printed.open_outline() as outline:
        assert len(printed.pages) >= 1
        titles = [item.title for item in outline.root]
        assert not titles or text.strip()[:4] in titles[0]


def test_it_reads_nothing_outside_its_folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("x", "utf-8")
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "fonts").mkdir()
    monkeypatch.setattr(typeset, "ASSETS", folder)
    for place in ("../secret", "/../secret", str(tmp_path / "secret")):
        (folder / "x.typ").write_text(f'#read("{place}")', "utf-8")
        with pytest.raises(RuntimeError):
            typeset.typeset_template_into_pdf("x.typ", "{}")


@pytest.mark.parametrize(("template", "data"), [("none.typ", "{}"), ("official.typ", "{}"), ("official.typ", "{")])
def test_what_cannot_be_printed_is_a_reason(template: str, data: str) -> None:
    with pytest.raises(RuntimeError) as reason:
        typeset.typeset_template_into_pdf(template, data)
    assert str(reason.value).strip()


def test_as_a_program_it_needs_nothing_of_the_product_and_ends_with_the_reason() -> None:
    command = [sys.executable, "-I", typeset.__file__]
    given = json.dumps(data_of(), ensure_ascii=False).encode()
    done = subprocess.run([*command, "official.typ"], input=given, capture_output=True, check=True)
    assert done.stdout == print_()
    refused = subprocess.run([*command, "none.typ"], input=b"{}", capture_output=True, check=False)
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert refused.stderr.strip() and len(refused.stderr.splitlines()) == 1 and b"Traceback" not in refused.stderr
