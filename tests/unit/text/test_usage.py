"""The command line's help and complaints are in the reader's language, whole."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from typer.main import get_command

from auditor.cli import app, main
from auditor.errors import InputError
from auditor.inventory import hosts
from auditor.models import Text
from auditor.system.yaml_source import parse_yaml
from auditor.text import language, usage
from auditor.text.translations import parse_po_catalogue


class Ended(NamedTuple):
    code: int
    out: str
    err: str


def commands(of: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that is no group, by what is typed."""
    for part, command in getattr(of, "commands", {}).items():
        yield from commands(command, f"{name} {part}".strip())
    if not hasattr(of, "commands"):
        yield name, of


@pytest.fixture
def auditor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run the command line in an environment that names no language but those given."""
    for name in ("LUYTRE_LANG", "LUYTRE_INVENTORY", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, **environment: str) -> Ended:
        with monkeypatch.context() as patch:
            patch.setattr("sys.argv", ["auditor", *arguments])
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        shown = capsys.readouterr()
        return Ended(int(ended.value.code or 0), shown.out, shown.err)

    return run


COMMAND = re.compile(r"sudo |chmod |apt-get |auditor |[A-Z_]+=|(?:{}: )+{}$")
"""What to type, the same in every language."""


@pytest.mark.parametrize("domain", ["messages"])
def test_every_translation_is_whole(domain: str):
    texts = [(entry.msgctxt, entry.msgid) for entry in parse_po_catalogue("vi", domain)]
    assert len(texts) == len(set(texts))
    for entry in parse_po_catalogue("vi", domain):
        assert not entry.fuzzy and not entry.obsolete, entry.msgid
        assert entry.msgstr.strip(), entry.msgid
        assert entry.msgstr != entry.msgid or COMMAND.match(re.sub(r"{\w+}", "{}", entry.msgid)), entry.msgid
        assert unicodedata.is_normalized("NFC", entry.msgstr), entry.msgid
        places, known = (set(re.findall(r"{\w+}", text)) for text in (entry.msgstr, entry.msgid))
        assert places == known or (entry.msgctxt and places < known), entry.msgid
        assert set(re.findall(r"--[a-z-]+|\w+\.(?:json|xml|html|po)", entry.msgid)) <= set(
            re.findall(r"--[a-z-]+|\w+\.(?:json|xml|html|po)", entry.msgstr)
        ), entry.msgid


@pytest.mark.parametrize(
    ("arguments", "environment", "lang"),
    [
        ((), {}, "vi"),
        ((), {"LANG": "en_US.UTF-8"}, "vi"),
        ((), {"LANG": "vi_VN.UTF-8", "LUYTRE_LANG": "en"}, "en"),
        ((), {"LUYTRE_LANG": "fr"}, "vi"),
        (("audit", "--lang", "vi", "--help"), {"LUYTRE_LANG": "en"}, "vi"),
        (("audit", "--lang=en"), {"LUYTRE_LANG": "vi"}, "en"),
        (("audit", "--lang"), {"LUYTRE_LANG": "vi"}, "vi"),
        (("lab", "exec", "web1", "--", "auditor", "--lang", "en"), {}, "vi"),
    ],
)
def test_the_language_is_the_one_asked_for(arguments: tuple[str, ...], environment: dict[str, str], lang: str):
    assert language.detect_language_from_options_or_environment(arguments, environment) == lang


@pytest.mark.parametrize(("lang", "words"), [("vi", ("Lỗi:", "không có bảng")), ("en", ("Error:", "the inventory"))])
def test_usage_and_input_are_complained_about_in_one_language(
    auditor: Callable[..., Ended], lang: str, words: tuple[str, str]
):
    for arguments, word in zip((("audit", "--qqq"), ("audit", "-i", "/nowhere")), words, strict=True):
        asked = {"LUYTRE_LANG": "en"} if lang == "en" else {}
        ended = auditor(*arguments, LANG="en_US.UTF-8", **asked)
        assert ended.code == 2 and word in ended.err


def test_help_is_vietnamese_down_to_the_words_of_typer(auditor: Callable[..., Ended]):
    laid_out = auditor("audit", "--help", LUYTRE_LANG="vi").out
    assert "Ví dụ:\n    auditor audit -i inventories/lab --output out/\n" in laid_out
    shown = " ".join(laid_out.split())
    assert "Cách dùng: auditor audit" in shown
    assert "Rà soát mọi máy chủ và trang;" in shown
    assert "Thư mục hoặc tệp bảng kiểm kê. [biến môi trường: LUYTRE_INVENTORY; mặc định: inventories/lab]" in shown
    assert "Hiện hướng dẫn này." in shown
    assert not re.search(r"Usage|Options|Show this|default|env var|Examples", shown)
    assert auditor("enroll", "--help", LUYTRE_LANG="vi").out.count("[bắt buộc]") == 1


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_help_cuts_nothing_and_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, lang: Any):
    def helps(of: Any, path: str, above: Any = None) -> Iterator[tuple[str, str]]:
        context = of.context_class(of, info_name=path, parent=above)
        yield path, of.get_help(context)
        for name, below in getattr(of, "commands", {}).items():
            yield from helps(below, name, context)

    built = usage.build_command_line_in_language(app, lang)
    for columns in (60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        for name, shown in helps(built, "auditor"):
            assert not re.search(r"(?!CMD)\w{3}\.\.\.|<[a-z]|x>=|<=x|\[\[|{", shown), name
            lines = [line for line in shown.splitlines() if not line.startswith("    auditor ")]
            assert max(map(len, lines)) <= columns, name


def test_help_ends_with_every_exit_code(auditor: Callable[..., Ended]):
    shown = {lang: auditor("--help", LUYTRE_LANG=lang).out for lang in ("vi", "en")}
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", Path("README.md").read_text("utf-8"), re.MULTILINE)}
    for text, heading in ((shown["vi"], "Mã thoát:\n"), (shown["en"], "Exit codes:\n")):
        assert {int(code) for code in re.findall(r"^  (\d+) ", text.partition(heading)[2], re.MULTILINE)} == documented


def test_help_is_english_where_that_is_asked_for(auditor: Callable[..., Ended]):
    shown = auditor("audit", "--help", LUYTRE_LANG="en").out
    assert "Usage: auditor audit" in shown
    assert "Examples:\n    auditor audit -i inventories/lab --output out/\n" in shown


@pytest.mark.parametrize(
    ("arguments", "vi"),
    [
        (("audit", "--inventroy", "x"), "Lỗi: không có tùy chọn --inventroy; có phải --inventory?"),
        (("audit", "--qqqq"), "Lỗi: không có tùy chọn --qqqq"),
        (("qqqq",), "Lỗi: không có lệnh 'qqqq'"),
        (("audi",), "Lỗi: không có lệnh 'audi'; có phải 'audit'?"),
        (("report", "offical"), "Lỗi: không có lệnh 'offical'; có phải 'official'?"),
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
        usage.build_command_line_in_language(app, "vi")(arguments, prog_name="auditor", standalone_mode=False)
    assert vi in usage.format_usage_error(caught.value, "vi")
    assert "Error: " in usage.format_usage_error(caught.value, "en")
    assert "Value error" not in usage.format_usage_error(caught.value, "en")


COMMANDS = {name: command for name, command in commands(get_command(app)) if not command.hidden}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_a_language_and_shows_an_example(name: str):
    command = COMMANDS[name]
    assert "--lang" in {option for each in command.params for option in each.opts}
    assert re.search(rf"Examples?:\n+ +auditor {name.removesuffix(' write')}\b", command.help)


def test_the_language_is_taken_before_the_command_too(auditor: Callable[..., Ended]):
    shown = {lang: auditor("--lang", lang, "controls", "show", "ssh.root_login").out for lang in ("vi", "en")}
    assert "máy chủ" in shown["vi"] and "máy chủ" not in shown["en"]
    assert auditor("--lang", "vi", "controls", "show", "ssh.root_login", "--lang", "en").out == shown["en"]
    assert auditor("controls", "show", "ssh.root_login").out == shown["vi"]


@pytest.mark.parametrize("arguments", [(), ("audit",), ("report",), ("report", "write"), ("lab", "exec"), ("history",)])
def test_h_is_help(auditor: Callable[..., Ended], arguments: tuple[str, ...]):
    assert auditor(*arguments, "-h") == auditor(*arguments, "--help")


def test_no_command_shows_the_help_and_is_a_mistake(auditor: Callable[..., Ended]):
    ended = auditor(LUYTRE_LANG="vi")
    assert ended.code == 2
    assert "Lệnh:" in ended.err
    assert "Lỗi" not in ended.err


@pytest.mark.parametrize(
    ("error", "vi"),
    [
        (
            InputError(
                "the inventory does not exist",
                file=Path("x"),
                mend="give your inventory folder with -i or in LUYTRE_INVENTORY, for example -i inventories/xa",
            ),
            "x: không có bảng kiểm kê này — chỉ thư mục bảng kiểm kê bằng -i hoặc LUYTRE_INVENTORY, ví dụ -i inventories/xa",
        ),
        (
            InputError(
                "host {host}: site {site}: {where}: {why}",
                host="web1",
                site="a.test",
                where="level",
                why="Field required",
                file=Path("x"),
                line=3,
                mend="see inventories/example/hosts.yml",
            ),
            "x:3: máy chủ web1: trang a.test: level: thiếu mục này — xem mẫu inventories/example/hosts.yml",
        ),
        (
            InputError("cannot write {path}: {why}", path="/x", why="No space left on device", mend="auditor lab up"),
            "không ghi được /x: đĩa đã đầy — auditor lab up",
        ),
        (
            InputError(
                "no such control: {control}", control="{0.__class__} {x} %s", mend="see 'auditor controls list'"
            ),
            "không có yêu cầu {0.__class__} {x} %s — xem 'auditor controls list'",
        ),
        (
            InputError(Text(vi="đĩa đầy", en="disk full"), mend="what no catalogue holds"),
            "đĩa đầy — what no catalogue holds",
        ),
    ],
)
def test_mistakes_are_told_in_the_language_of_the_output(error: InputError, vi: str):
    assert usage.format_input_error_as_line(error, "vi") == vi
    assert usage.format_input_error_as_line(error, "en") == str(error)


@pytest.mark.parametrize(
    "text",
    [
        *("a: b: c", "a:\n  b: 1\n c: 2", "- a\nb: 1\n", "a: [1, 2\nb: 3", "a: {x: 1\nb", "a: - b", "a:\n\tb: 1"),
        *("a: 'x", "a: *b", "a: &x 1\nb: &x 2", "a: !foo 1", 'a: "\\q"', "? [x]\n: 2", "a: 1\n---\nb: 2", "a: |x\n b"),
        *("%x\na", "a: !x!y z", "a: 1\x07", "a: }", "b: 1\nb: 2"),
    ],
)
def test_what_is_wrong_with_yaml_is_vietnamese(text: str):
    with pytest.raises(InputError) as caught:
        parse_yaml(text, Path("hosts.yml"))
    assert caught.value.what not in usage.format_input_error_as_line(caught.value, "vi")
    assert "sửa YAML" in usage.format_input_error_as_line(
        caught.value, "vi"
    ) or "giữ lại" in usage.format_input_error_as_line(caught.value, "vi")


def test_a_mistake_reaches_the_user_in_vietnamese_by_default(auditor: Callable[..., Ended], tmp_path: Path):
    (tmp_path / "hosts.yml").write_text("all: []\n", "utf-8")
    ended = auditor("inventory", "check", "-i", str(tmp_path))
    assert ended.code == 2
    assert (
        ended.err
        == f"auditor: {tmp_path}: bảng kiểm kê chưa có máy chủ nào — thêm máy chủ bằng 'auditor enroll TÊN --address ĐỊA_CHỈ -i {tmp_path}'\n"
    )
    with pytest.raises(InputError) as caught:
        hosts.load_inventory(tmp_path)
    assert auditor("inventory", "check", "-i", str(tmp_path), "--lang", "en").err == f"auditor: {caught.value}\n"


def test_help_loads_nothing_that_only_work_needs():
    heavy = (
        "auditor.report.html.pages",
        "xlsxwriter",
        "docx",
        "docxtpl",
        "typst",
        "httpx",
        "ansible_runner",
        "rich.table",
        "auditor.lab",
        "jinja2",
    )
    code = f"import sys, auditor.cli; print(*(name for name in {heavy!r} if name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == [], "import these where they are used: every command starts with them"


@pytest.mark.parametrize(
    ("old", "instead"),
    [
        (("incident", "spare"), "auditor incident waive"),
        (("incident", "forget"), "auditor incident deindex"),
        (("incident", "hand-over"), "auditor incident custody --to"),
        (("incident", "received"), "auditor incident custody --from"),
        (("demo",), "auditor lab demo"),
        (("drill",), "auditor lab drill"),
    ],
)
def test_an_old_name_works_out_of_sight_and_names_the_new_one(old: tuple[str, ...], instead: str) -> None:
    every = dict(commands(get_command(app)))
    command = every[" ".join(old)]
    assert command.hidden and "--lang" in {option for each in command.params for option in each.opts}
    new = instead.removeprefix("auditor ").partition(" --")[0]
    assert new in COMMANDS
