"""The command line's help and complaints are in the reader's language, whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import typer

from auditor import language, usage
from auditor.cli import app
from auditor.words import written

ROOT = Path(__file__).parents[2]


def run(*arguments: str, lang: str | None = "vi", **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "LUYTRE_"))}
    asked = {"LUYTRE_LANG": lang} if lang else {}
    return subprocess.run(
        [sys.executable, "-c", "from auditor.cli import main; main()", *arguments],
        env={**kept, **asked, **environment, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_help_text_is_in_vietnamese():
    known = {entry.msgid for entry in written("vi", "help")}
    asked = set(usage.texts(app))
    assert sorted(asked - known) == [], "write these in auditor/locale/vi/LC_MESSAGES/help.po"
    assert sorted(known - asked) == [], "no help says these any more: take them out of help.po"


@pytest.mark.parametrize("domain", ["help", "errors", "typer"])
def test_every_translation_is_whole(domain: str):
    for entry in written("vi", domain):
        assert not entry.fuzzy and not entry.obsolete, entry.msgid
        assert entry.msgstr.strip() and entry.msgstr != entry.msgid, entry.msgid
        assert unicodedata.is_normalized("NFC", entry.msgstr), entry.msgid
        assert set(re.findall(r"{\w+}", entry.msgid)) == set(re.findall(r"{\w+}", entry.msgstr)), entry.msgid
        assert set(re.findall(r"--[a-z-]+|\w+\.(?:json|xml|html|po)", entry.msgid)) <= set(
            re.findall(r"--[a-z-]+|\w+\.(?:json|xml|html|po)", entry.msgstr)
        ), entry.msgid


@pytest.mark.parametrize(
    ("arguments", "environment", "of_help", "of_output"),
    [
        ((), {}, "en", "vi"),
        ((), {"LANG": "vi_VN.UTF-8"}, "vi", "vi"),
        ((), {"LANG": "vi_VN.UTF-8", "LC_ALL": "C.UTF-8"}, "en", "vi"),
        ((), {"LANG": "C.UTF-8", "LC_MESSAGES": "vi"}, "vi", "vi"),
        ((), {"LANG": "vi_VN.UTF-8", "LUYTRE_LANG": "en"}, "en", "en"),
        ((), {"LUYTRE_LANG": "fr"}, "en", "vi"),
        (("audit", "--lang", "vi", "--help"), {"LUYTRE_LANG": "en"}, "vi", "vi"),
        (("audit", "--lang=en"), {"LUYTRE_LANG": "vi"}, "en", "en"),
        (("audit", "--lang"), {"LUYTRE_LANG": "vi"}, "vi", "vi"),
    ],
)
def test_the_language_is_the_one_asked_for(
    arguments: tuple[str, ...], environment: dict[str, str], of_help: str, of_output: str
):
    assert language.of_help(arguments, environment) == of_help
    assert language.of_output(arguments, environment) == of_output


def test_help_is_vietnamese_down_to_the_words_of_typer():
    laid_out = run("audit", "--help").stdout
    assert "Ví dụ:\n    auditor audit -i inventories/lab --output out/\n" in laid_out
    shown = " ".join(laid_out.split())
    assert "Cách dùng: auditor audit" in shown
    assert "Rà soát mọi máy chủ và trang;" in shown
    assert "Thư mục hoặc tệp bảng kiểm kê. [biến môi trường: LUYTRE_INVENTORY; mặc định: inventories/lab]" in shown
    assert "Hiện hướng dẫn này." in shown
    assert not re.search(r"Usage|Options|Show this|default|env var|Examples", shown)
    assert run("enroll", "--help").stdout.count("[bắt buộc]") == 1


def test_help_is_english_elsewhere():
    shown = run("audit", "--help", lang=None, LANG="C.UTF-8").stdout
    assert "Usage: auditor audit" in shown
    assert "Examples:\n    auditor audit -i inventories/lab --output out/\n" in shown


@pytest.mark.parametrize(
    ("arguments", "vi"),
    [
        (("audit", "--inventroy", "x"), "Lỗi: không có tùy chọn --inventroy; có phải --inventory?"),
        (("audit", "--qqqq"), "Lỗi: không có tùy chọn --qqqq"),
        (("qqqq",), "Lỗi: không có lệnh 'qqqq'"),
        (("audi",), "Lỗi: không có lệnh 'audi'; có phải 'audit'?"),
        (("enroll",), "Lỗi: thiếu tham số 'HOST'"),
        (("enroll", "a", "--port", "x"), "Lỗi: giá trị của '--port' không hợp lệ: không phải là số nguyên"),
        (("audit", "--limit"), "Lỗi: tùy chọn '--limit' cần một giá trị"),
        (("audit", "--json=1"), "Lỗi: tùy chọn '--json' không nhận giá trị"),
        (("doctor", "a", "b"), "Lỗi: thừa tham số: a b"),
        (("audit", "--fail-on", "x"), "Lỗi: giá trị của '--fail-on' không hợp lệ: 'x' không thuộc 'low', 'medium', "),
        (("audit", "--lang", "fr"), "Lỗi: giá trị của '--lang' (biến môi trường: 'LUYTRE_LANG') không hợp lệ: 'fr' k"),
    ],
)
def test_complaints_are_vietnamese(arguments: tuple[str, ...], vi: str):
    with pytest.raises(typer.TyperException) as caught:
        usage.command(app, "vi")(arguments, prog_name="auditor", standalone_mode=False)
    assert vi in usage.complaint(caught.value, "vi")
    assert "Error: " in usage.complaint(caught.value, "en")


def test_no_command_shows_the_help_and_is_a_mistake():
    ended = run()
    assert ended.returncode == 2
    assert "Lệnh:" in ended.stderr
    assert "Lỗi" not in ended.stderr
