"""Both languages are whole: every key that code or template asks for is written in both, and every key is asked for."""

from __future__ import annotations

import ast
import re
import string
import unicodedata
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple, get_args

import polib
import pytest
from jinja2 import Environment, nodes

from auditor.audit.controls import Fix
from auditor.audit.frameworks.assessment import Result
from auditor.inventory.spreadsheet_import.columns import COLUMNS
from auditor.models import Bucket, HostState, Run, Severity, Validity
from auditor.models.vulnerabilities import REASONS, State
from auditor.results.summary import Posture
from auditor.results.verdict import FailureCause
from auditor.text.translations import LOCALE, Words
from auditor.vulnerabilities.kinds import KINDS as DATA_KINDS

ROOT = Path(__file__).parents[3]
CODE = sorted((ROOT / "auditor").rglob("*.py"))
TEMPLATES = sorted((ROOT / "auditor").rglob("*.j2"))
ASKING = {"words", "context.words", "self.words", "self"}
"""What code calls a ``Words`` by; templates call it ``t``."""
SAME = re.compile(
    r"product|scope|framework\.|application\.|area\.(apache|mariadb|nginx|pam|php_fpm|ssh|sudo|tls|wordpress|joomla|nukeviet)$"
)
"""Names that are not translated."""
KINDS = {
    "cause.": get_args(FailureCause.model_fields["why"].annotation),
    "state.": get_args(HostState),
    "state.short.": get_args(HostState),
    "undone.part.": ["files", "removed", "sysctls", "units", "purged"],
    "undone.next.": ["try_again", "again"],
    "drift.how.": ["content", "attributes", "missing", "new", "changed"],
    "severity.": [severity.value for severity in Severity],
    "status.": get_args(Bucket),
    "validity.": get_args(Validity),
    "standing.": get_args(Posture),
    "result.": [result.value for result in Result],
    "disruption.": get_args(Fix.model_fields["disruption"].annotation),
    "column.": [column.field for column in COLUMNS],
    "column.about.": [column.field for column in COLUMNS],
    "advisory.": ["id", "state", "package", "installed", "fixed", "hosts"],
    "vulnerability.state.": get_args(State),
    "vulnerability.reason.": REASONS,
    "vulnerabilities.kind.": [kind.name for kind in DATA_KINDS],
    "vulnerabilities.column.": ["data", "dated", "records", "licence"],
    "purpose.": get_args(Run.model_fields["purpose"].annotation),
}
"""Keys that are put together, and all that they are put together from."""


class Asked(NamedTuple):
    """A place that asks for a key; ``*`` in the key stands for what is only known at run time."""

    where: str
    key: str
    counts: bool


@cache
def catalogue(lang: str) -> dict[str, polib.POEntry]:
    found = polib.pofile(str(LOCALE / lang / "LC_MESSAGES" / "auditor.po"), check_for_duplicates=True)
    return {entry.msgid: entry for entry in found}


def phrases(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def fields(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


def in_python(source: str, where: str) -> Iterator[Asked]:
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = ast.unparse(call.func)
        if name in ASKING or re.fullmatch(r"Words\(.*\)", name):
            counts = any(value.arg == "n" for value in call.keywords)
            for key in _python_keys(call.args[0]):
                yield Asked(f"{where}:{call.lineno}", key, counts)


def _python_keys(of: ast.expr) -> Iterator[str]:
    match of:
        case ast.Constant(value=str(key)):
            yield key
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from _python_keys(one)
            yield from _python_keys(other)
        case _:
            yield f"not written out: {ast.unparse(of)}"


def in_template(source: str, where: str) -> Iterator[Asked]:
    for call in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            counts = any(value.key == "n" for value in call.kwargs)
            for key in _template_keys(call.args[0]):
                yield Asked(f"{where}:{call.lineno}", key, counts)


def _template_keys(of: nodes.Expr) -> Iterator[str]:
    match of:
        case nodes.Const(value=str(key)):
            yield key
        case nodes.Concat(nodes=parts):
            yield "".join(part.value if isinstance(part, nodes.Const) else "*" for part in parts)
        case nodes.CondExpr(expr1=one, expr2=other):
            yield from _template_keys(one)
            if other is not None:
                yield from _template_keys(other)
        case _:
            yield f"not written out: {of!r}"


@cache
def asked() -> tuple[Asked, ...]:
    found = [one for file in CODE for one in in_python(file.read_text("utf-8"), file.relative_to(ROOT).as_posix())]
    found += [one for file in TEMPLATES for one in in_template(file.read_text("utf-8"), file.name)]
    return tuple(found)


def test_every_key_asked_for_is_written():
    known = catalogue("vi")
    missing = [one for one in asked() if not any(fnmatchcase(key, one.key) for key in known)]
    assert not missing, "write these in auditor/locale/{vi,en}/LC_MESSAGES/auditor.po"
    assert [key for start, ends in KINDS.items() for end in ends if (key := start + end) not in known] == []


def test_every_key_written_is_asked_for():
    exact = {one.key for one in asked()} | {start + end for start, ends in KINDS.items() for end in ends}
    patterns = [key for key in exact if "*" in key]
    unused = [key for key in catalogue("vi") if key not in exact and not any(fnmatchcase(key, one) for one in patterns)]
    assert not unused, "nothing asks for these: take them out of both catalogues"


def test_a_count_is_given_exactly_where_a_phrase_counts():
    known = catalogue("vi")
    for one in asked():
        for key in [key for key in known if fnmatchcase(key, one.key)]:
            assert bool(known[key].msgid_plural) == one.counts, (
                f"{one}: give n= to a phrase that counts, and only there"
            )


def test_both_languages_hold_the_same_keys_in_the_same_order():
    assert list(catalogue("vi")) == list(catalogue("en"))


@pytest.mark.parametrize(("lang", "forms"), [("vi", 1), ("en", 2)])
def test_every_phrase_is_written_in_full(lang: str, forms: int):
    for key, entry in catalogue(lang).items():
        assert not entry.fuzzy, key
        assert not entry.obsolete, key
        assert bool(entry.msgid_plural) == bool(catalogue("en")[key].msgid_plural), key
        assert len(phrases(entry)) == (forms if entry.msgid_plural else 1), key
        for phrase in phrases(entry):
            assert phrase.strip() == phrase != "", key
            assert unicodedata.is_normalized("NFC", phrase), key


def test_both_languages_ask_for_the_same_values():
    for key, vi in catalogue("vi").items():
        wanted = fields(phrases(vi)[0])
        assert {frozenset(fields(phrase)) for phrase in phrases(catalogue("en")[key])} == {frozenset(wanted)}, key
        assert "n" not in wanted or vi.msgid_plural, f"{key} holds {{n}}: give it plural forms"


def test_vietnamese_is_not_english_left_behind():
    left = [
        key
        for key, vi in catalogue("vi").items()
        if phrases(vi)[0] in phrases(catalogue("en")[key]) and not SAME.match(key)
    ]
    assert left == []


def test_no_code_chooses_words_by_itself():
    deciding = {
        "auditor/text/dates.py",
        "auditor/text/translations.py",
        "auditor/text/usage.py",
        "auditor/models/base.py",
    }
    found = [
        (file.relative_to(ROOT).as_posix(), node.lineno)
        for file in CODE
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Compare)
        and any(
            isinstance(side, ast.Constant) and side.value in ("vi", "en") for side in (node.left, *node.comparators)
        )
    ]
    assert [place for place in found if place[0] not in deciding] == [], "ask Words for a key instead"
    assert deciding - {name for name, _ in found} == set(), "these decide no more, or have moved away"


def test_plural_forms_follow_the_language():
    assert [Words("en")("hosts_n", n=n) for n in (0, 1, 2)] == ["0 hosts", "1 host", "2 hosts"]
    assert [Words("vi")("hosts_n", n=n) for n in (0, 1, 2)] == ["0 máy chủ", "1 máy chủ", "2 máy chủ"]
    assert Words("vi")("hosts_n", n=1024) == "1.024 máy chủ"
    assert Words("en")("hosts_n", n=1024) == "1,024 hosts"


def test_a_key_that_nobody_wrote_is_never_shown():
    for lang in ("vi", "en"):
        with pytest.raises(KeyError):
            Words(lang)("no.such.key")
        with pytest.raises(KeyError):
            Words(lang)("no.such.key", n=1)
        with pytest.raises(KeyError):
            Words(lang)("hosts_n")
        with pytest.raises(KeyError):
            Words(lang)("product", n=1)


def test_the_search_sees_every_way_of_asking():
    python = 'words("a")\nWords(lang)(f"b.{x}", n=1)\nwords("c" if x else "d")\nself.words(key)\nother("e")'
    assert [(one.key, one.counts) for one in in_python(python, "x")] == [
        ("a", False),
        ("b.*", True),
        ("c", False),
        ("d", False),
        ("not written out: key", False),
    ]
    template = '{{ t("a") }}{{ t("b." ~ x, n=1) }}{{ t("c" if x else "d" if y else "e") }}{{ u("f") }}{{ t(x) }}'
    keys = [(one.key.split(":")[0], one.counts) for one in in_template(template, "x")]
    assert keys == [("a", False), ("b.*", True), ("c", False), ("d", False), ("e", False), ("not written out", False)]
