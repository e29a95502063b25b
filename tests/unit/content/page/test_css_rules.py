from __future__ import annotations

import time

import pytest

from auditor.content.page.css_rules import (
    MAX_RULES,
    list_imported_sheet_addresses,
    parse_hiding_and_showing_rules,
    restore_rules_of_read_sheet,
)


@pytest.mark.parametrize(
    ("sheet", "wanted"),
    [
        ("/* x */ .c,#d > p{left:-3000px}", [(".c", "kept"), ("#d > p", "kept")]),
        ("@media print{.a{display:none}} .b:hover{display:none} @font-face{font-size:0}", []),
        ("@media (max-width:767px){.e{display:none}}", []),
        ("@media (min-width:1px){.e{display:none}}", [(".e", "shut")]),
        ("@media (max-width:99999px){.e{display:none}}", [(".e", "shut")]),
        ("@media (max-width:767px){.e{left:-9999px}}", [(".e", "kept")]),
        ("@supports (display:grid){@media screen{.e{display:none}}}", [(".e", "shut")]),
        ("@charset 'utf-8';@import 'x.css';.e{display:none}", [(".e", "shut")]),
        (".p:nth-child(2n+1),p:last-of-type:not(.q){font-size:0}", [(".p:nth-child(2n+1)", "small"), ("p:last-of-type:not(.q)", "small")]),
        ("[class^=x]~div{display:none}", [("[class^=x]~div", "shut")]),
        (".e{display:none}@media (min-width:60em){.e{display:flex}}", [(".e", "shut"), (".e", None)]),
        ("#n ul{left:-999em}#n li:hover > ul{left:auto}", [("#n ul", "opened")]),
        (".e{left:-999em}.e:hover{color:red}", [(".e", "kept")]),
        (".m a{text-indent:-999px}.n{text-indent:-999px;background:url(a.png)}.o{text-indent:-999px}", [(".o", "kept")]),
        (".drop-menu{display:none}", []),
        ("@keyframes x{from{opacity:0}to{left:-9999px}}", []),
        (r".e{d\69splay:/* block */none} .f{content:'};display:none;'}", [(".e", "shut")]),
        ("main{.e{display:none;&.f{left:-9999px}}}", [("main .e.f", "kept"), ("main .e", "shut")]),
        (".e{left:-999em}.e:hover{left: -20px}", [(".e", "kept")]),
        (".e{color:#000;background:rgba(0,0,0,0)}.f{color:snow;background:url(a.png) snow}", [(".f", "kept")]),
    ],
)  # fmt: skip
def test_what_a_sheet_hides(sheet: str, wanted: list[tuple[str, str | None]]) -> None:
    assert list(parse_hiding_and_showing_rules(sheet)) == wanted
    assert list(restore_rules_of_read_sheet(parse_hiding_and_showing_rules(sheet))) == wanted


def test_what_a_reader_says_of_a_sheet_is_not_believed_blindly() -> None:
    assert list(restore_rules_of_read_sheet(((".a", "kept"), (".b", "burnt"), (".c", None)))) == [
        (".a", "kept"),
        (".c", None),
    ]


def test_other_sheets_that_it_takes_in_are_told() -> None:
    assert list_imported_sheet_addresses(
        "@import url('a.css');@import \"b.css\" screen;@IMPORT url(c.css); /* @import 'd.css'; */"
    ) == (
        "a.css",
        "b.css",
        "c.css",
    )


def test_imports_count_before_the_first_block_alone_whatever_stands_in_comments_and_addresses() -> None:
    sheet = '/* { */ @import url(a{b.css); @import "c{d.css"; @layer x; @\\69mport "e.css"; p{} @import "late.css";'
    assert list_imported_sheet_addresses(sheet) == ("a{b.css", "c{d.css", "e.css")


@pytest.mark.parametrize(
    "evil",
    ["{" * 200_000, "a{b:" + "(" * 200_000, "a{--x:" * 50_000, "a{" * 300_000, "}" * 300_000, "{}" * 300_000, ".a{left:-9999px}" * 30_000, "a," * 200_000 + "b{display:none}",
     "/*" * 300_000, "/*{" * 60_000, '"{' * 100_000, "url({" * 40_000, "@media(" * 100_000, "@import " * 60_000, ".a:not(" * 60_000, ".a.on" * 50_000 + "{display:block}",
     "".join(f".a{n}{{display:none}}" for n in range(20_000))],
)  # fmt: skip
def test_no_sheet_costs_much(evil: str) -> None:
    before = time.process_time()
    assert len(parse_hiding_and_showing_rules(evil)) <= MAX_RULES
    list_imported_sheet_addresses(evil)
    assert time.process_time() - before < 6, "0.6 s where nothing else runs; 17 s and more were it quadratic"
