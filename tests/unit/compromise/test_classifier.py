"""Rules, settings, and what all judges together make of a file."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.compromise import classifier, confidence
from auditor.compromise.classifier import Judgement, JudgeRequest
from auditor.compromise.php.taint import CodeHit
from auditor.compromise.rules import engine
from auditor.compromise.rules.engine import RuleMatch
from auditor.compromise.settings import DirectiveHit, find_dangerous_directives
from auditor.web.children import UnreadableContent
from benchmarks import footholds

TOP = Path(__file__).parents[3]
EXACT, SURE, HINT = (CodeHit("evaluated", level, 0) for level in ("exact", "sure", "hint"))
STORED = CodeHit("included_data", "exact", 0)
OTHERS = RuleMatch("Somebodys_Rule", False, "Somebody", "MIT")


@pytest.mark.parametrize(
    "judgement, place, kind, sure",
    [
        (Judgement(), {"is_upload_folder": True}, None, None),
        (Judgement(hits=(EXACT,)), {}, "program", "exact"),
        (Judgement(hits=(EXACT,), within=True), {}, "program", "strong"),
        (Judgement(hits=(STORED,), within=True), {}, "program", "weak"),
        (Judgement(hits=(STORED, EXACT), within=True), {}, "program", "strong"),
        (Judgement(hits=(STORED,), own=("uploader",), within=True), {}, "program", "strong"),
        (Judgement(hits=(STORED,), within=True), {"is_unexplained": True}, "program", "exact"),
        (Judgement(hits=(EXACT,), within=True), {"is_upload_folder": True}, "program", "exact"),
        (Judgement(hits=(EXACT,), within=True), {"is_unexplained": True}, "program", "exact"),
        (Judgement(hits=(SURE,)), {}, "program", "weak"),
        (Judgement(own=("uploader",)), {}, "program", "weak"),
        (Judgement(hits=(SURE,), own=("uploader",)), {}, "program", "strong"),
        (Judgement(own=("uploader",), others=(OTHERS,)), {}, "program", "strong"),
        (Judgement(hits=(SURE,)), {"is_upload_folder": True}, "program", "strong"),
        (Judgement(own=("uploader",)), {"is_unexplained": True}, "program", "strong"),
        (Judgement(hits=(HINT,)), {"is_upload_folder": True}, "program", "weak"),
        (Judgement(unjudged="too large"), {}, "unjudged", "weak"),
        (Judgement(settings=(DirectiveHit("handler", "sure", ""),)), {}, "settings", "strong"),
        (Judgement(settings=(DirectiveHit("loosened", "hint", ""),)), {}, "settings", "weak"),
    ],
)
def test_two_judges_or_one_and_the_place_make_an_alarm(
    judgement: Judgement, place: dict[str, bool], kind: str | None, sure: str | None
) -> None:
    found = confidence.weigh_judgement(judgement, **place)
    assert (found.kind if found else None, found.certainty if found else None) == (kind, sure)


@pytest.mark.parametrize(
    "name, line, rule, level",
    [
        (".htaccess", "AddType application/x-httpd-php .jpg", "handler", "sure"),
        ("a/.htaccess", "AddHandler php-script .php", None, None),
        (
            ".htaccess",
            '<FilesMatch "\\.(jpg|png)$">\nSetHandler application/x-httpd-php\n</FilesMatch>',
            "handler",
            "sure",
        ),
        (".user.ini", "auto_prepend_file=logo.png", "prepended", "sure"),
        (".htaccess", "php_value auto_append_file /tmp/x", "prepended", "sure"),
        (".user.ini", "auto_prepend_file = /var/www/x/wp-content/uploads/.cache.dat", "prepended", "sure"),
        (".user.ini", "auto_prepend_file = /var/www/x/wp-content/uploads/2026/a.php", "prepended", "sure"),
        (".user.ini", "auto_prepend_file = /var/www/x/lib/.dem", "prepended", "sure"),
        (".user.ini", "auto_prepend_file = /var/www/x/lib/first.php", "prepended", "hint"),
        (".user.ini", "auto_prepend_file = wordfence-waf.php", None, None),
        ("note.txt", "auto_prepend_file = x.png", None, None),
        (".htaccess", "ForceType application/x-httpd-php", "handler", "hint"),
        (".htaccess", '<Files "thumb.dat">\nForceType application/x-httpd-php\n</Files>', "handler", "sure"),
        (".htaccess", "<FilesMatch \\.php$>\nSetHandler application/x-httpd-php\n</FilesMatch>", "handler", "hint"),
        (".htaccess", "Action application/x-pic /cgi-bin/run", "handler", "hint"),
        (".htaccess", "RewriteRule ^(.*)\\.jpg$ wp-content/uploads/2024/x.php?f=$1 [L]", "led_aside", "sure"),
        (".htaccess", "RewriteRule ^(.*)\\.jpg$ image.php?f=$1 [L]", "led_aside", "hint"),
        (".htaccess", 'Header set Link "<https://bet.example/>; rel=canonical"', "engines_led_away", "hint"),
        (
            ".htaccess",
            "RewriteCond %{HTTP_USER_AGENT} android [NC]\nRewriteRule ^ https://elsewhere.example/ [R,L]",
            "visitors_led_away",
            "hint",
        ),
        (
            ".htaccess",
            "RewriteCond %{HTTP_USER_AGENT} (google|bing) [NC]\nRewriteRule ^(.*)$ https://elsewhere.example/$1 [R,L]",
            "engines_led_away",
            "sure",
        ),
    ],
)
def test_settings_that_have_foreign_code_run_are_told(
    name: str, line: str, rule: str | None, level: str | None
) -> None:
    found = find_dangerous_directives(line.encode(), name)
    assert [(one.rule, one.level) for one in found] == ([(rule, level)] if rule else [])


def test_a_rule_of_others_that_does_not_compile_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    (tmp_path / "good.yar").write_text(
        'rule Good { meta: author = "A" license = "MIT" strings: $a = "zorbix" condition: $a }'
    )
    (tmp_path / "junk.yar").write_bytes(b"\xff\xfe rule")
    (tmp_path / "reads.yar").write_text('include "/etc/passwd"\nrule X { condition: true }')
    (tmp_path / "wrong.yar").write_text("rule Wrong { condition: nothing_known }")
    (tmp_path / "outside.yar").write_text('rule Outside { condition: filename matches /x/ or filepath == "" }')
    rules = engine.load_yara_rules(tmp_path)
    assert [wrong.file for wrong in rules.wrong] == ["junk.yar", "reads.yar", "wrong.yar"]
    found = {
        match.rule: (match.author, match.licence) for match in rules.scan_content(b"a zorbix").matches if not match.own
    }
    assert found == {"Good": ("A", "MIT"), "Outside": ("", "")}


def test_nothing_of_ours_is_what_a_scanner_deletes() -> None:
    rules = engine.load_yara_rules()
    ours = [
        *(TOP / "auditor/compromise").rglob("*.*"),
        TOP / "benchmarks/footholds.py",
        TOP / "benchmarks/variants.py",
        TOP / "benchmarks/unseen.py",
        *Path(__file__).parent.glob("*.py"),
    ]
    files = [path for path in ours if path.suffix in (".py", ".yar")]
    assert len(files) > 15
    found = {path.name: classifier.judge_content(path.read_bytes(), path.name, rules) for path in files}
    assert {name: one.own for name, one in found.items() if one.own or one.hits} == {}


def test_children_judge_many_files_and_a_large_one_is_no_pass() -> None:
    shell = footholds.whole("<?php §E§(§POST§['x']);").encode()
    large = b"<?php " + b"$a[] = $_" + b"POST; " * 200_000
    told = classifier.judge_files_in_child_processes(
        [JudgeRequest("a.php", shell), JudgeRequest("b.php", b"<?php echo 1;"), JudgeRequest("c.php", large + shell)]
    )
    assert [one.hits[0].level if one.hits else None for one in told[:2]] == ["exact", None]
    assert told[2].unjudged or told[2].hits


@pytest.mark.parametrize(
    "code",
    [
        "$db_password = 'Mk-9f31c7xx'; ",
        "$db_password =\n  'Mk-9f31c7xx';\n",
        "$config = ['password' => 'Mk-9f31c7xx', 'user' => 'u']; ",
        "$db_password = '" + "Mk-9f31c7xx" * 20 + "'; ",
        "",
    ],
)
def test_what_is_kept_of_a_file_has_no_secret_of_it(code: str) -> None:
    after = " $secret_key = 'Mk-9f31c7xx" + "y" * 300 + "';"
    content = f"<?php {code}@{'ev' + 'al'}($_{'POST'}['x']);{after}".encode()
    told = classifier.judge_content(content, "a.php", engine.load_yara_rules())
    assert told.hits
    assert "POST" in told.sample
    assert "9f31c7" not in told.sample


def test_nothing_is_kept_of_a_file_in_which_nothing_is_found() -> None:
    told = classifier.judge_content(b"<?php $db_password = 'Mk-9f31c7xx'; echo 1;", "a.php", engine.load_yara_rules())
    assert told == Judgement()


_EVALUATES = "$code = $input->getString('x'); §E§«$code);"


@pytest.mark.parametrize(
    ("content", "within"),
    [
        ("<?php\n/**\n * @package FOF\n */\ndefined('FOF_INCLUDED') or die();\n" + _EVALUATES, True),
        ("<?php\nnamespace A\\B;\nuse C\\D;\n\\defined('_JEXEC') || die;\n" + _EVALUATES, True),
        ("<?php\n\nif (!defined('NV_IS_FILE_SEOTOOLS')) {\n    exit('Stop!!!');\n}\n" + _EVALUATES, True),
        ("<?php\n" + _EVALUATES, False),
        ("<?php\n" + _EVALUATES + "\ndefined('_JEXEC') or die;", False),
        ("<?php defined('PHP_VERSION') or die; " + _EVALUATES, False),
        ("<?php defined('E_ALL') or die; " + _EVALUATES, False),
        ("<?php defined('_JEXEC') and die; " + _EVALUATES, False),
        ("<?php if (defined('_JEXEC')) die; " + _EVALUATES, False),
        ("<?php // ?><?php §E§«$input->get('x')); //\ndefined('_JEXEC') or die;" + _EVALUATES, False),
        ("<?php defined('_JEXEC') or die; §E§«§POST§['x']);" + _EVALUATES, False),
        ("<?php defined('_JEXEC') or die; §E§«${$name}['x']);" + _EVALUATES, False),
    ],
)
def test_what_runs_within_an_application_alone_is_an_alarm_and_not_certain(content: str, within: bool) -> None:
    judgement = classifier.judge_content(footholds.whole(content).encode(), "a.php", engine.load_yara_rules(None))
    found = confidence.weigh_judgement(judgement)
    assert judgement.within is within
    assert found is not None and found.certainty == ("strong" if within else "exact")


_INSTALLS = """<?php
/**
 * @license GNU/GPL version 2
 */

define('NV_ADMIN', true);
define('NV_IS_INSTALL', true);

require_once 'mainfile.php';
"""
_NOTES = """
$noted = NV_ROOTDIR . '/data/noted.php';
$text = "<?php $a = '" . §POST§['a'] . "';";
§W§($noted, $text);
§I§ $noted;
"""


@pytest.mark.parametrize(
    ("content", "sure"),
    [
        (_INSTALLS + _NOTES, "strong"),
        ("<?php" + _NOTES, "exact"),
        (_INSTALLS + _NOTES + "§E§(§POST§['x']);", "exact"),
        (_INSTALLS + _NOTES + "§E§($nv_Request->get_string('x', 'post'));", "exact"),
        (_INSTALLS + "§S§(§POST§['x']);", "exact"),
        (_INSTALLS + _NOTES + "$f = §POST§['f']; $f(§POST§['x']);", "exact"),
    ],
)
def test_an_installer_that_runs_what_it_noted_is_an_alarm_and_what_else_it_runs_is_certain(
    content: str, sure: str
) -> None:
    found = confidence.weigh_judgement(
        classifier.judge_content(footholds.whole(content).encode(), "index.php", engine.load_yara_rules(None))
    )
    assert found is not None and found.certainty == sure


@pytest.mark.parametrize(
    ("content", "place", "sure"),
    [
        (_INSTALLS + _NOTES, {"is_at_installer_path": True}, "weak"),
        (_INSTALLS + _NOTES, {"is_at_installer_path": False}, "strong"),
        (_INSTALLS + _NOTES, {"is_at_installer_path": True, "is_upload_folder": True}, "exact"),
        (_INSTALLS + _NOTES, {"is_at_installer_path": True, "is_unexplained": True}, "exact"),
        (_INSTALLS + _NOTES + "§E§(§POST§['x']);", {"is_at_installer_path": True}, "exact"),
        ("<?php" + _NOTES, {"is_at_installer_path": True}, "exact"),
    ],
)
def test_an_installer_gives_no_alarm_where_its_application_has_it_and_nowhere_else(
    content: str, place: dict[str, bool], sure: str
) -> None:
    judgement = classifier.judge_content(footholds.whole(content).encode(), "index.php", engine.load_yara_rules(None))
    found = confidence.weigh_judgement(judgement, **place)
    assert found is not None and found.certainty == sure


@pytest.mark.parametrize(
    ("sizes", "batches"),
    [
        ([], []),
        ([10, 10, 10], [3]),
        ([classifier.TOGETHER, 1, 1], [1, 2]),
        ([classifier.TOGETHER - 1, 1, 1], [2, 1]),
        ([1] * 201, [100, 100, 1]),
    ],
)
def test_a_child_gets_many_small_files_or_one_large_one(sizes: list[int], batches: list[int]) -> None:
    requests = [classifier.JudgeRequest("a.php", b"a" * size) for size in sizes]
    assert [len(batch) for batch in classifier._split_files_into_batches(requests)] == batches


class Children:
    """What children answer, in place of processes; a file named ``bad`` ends the child that reads it."""

    def __init__(self, cut: int = 0) -> None:
        self.asked: list[list[str]] = []
        self.cut = cut

    def ask_idle_child(self, question: dict[str, Any], _seconds: float, _places: list[str]) -> dict[str, Any]:
        names = [file["name"] for file in question["files"]]
        self.asked.append(names)
        if "bad" in names:
            raise UnreadableContent("it ended " * 20)
        return {"judgements": [{"sample": name} for name in names][self.cut :]}


def judge(monkeypatch: pytest.MonkeyPatch, children: Children, *names: str, over: bool = False) -> list[Judgement]:
    monkeypatch.setattr(classifier, "_CHILDREN", children)
    requests = [JudgeRequest(name, b"x") for name in names]
    return classifier.judge_files_in_child_processes(requests, is_time_over=lambda: over)


def test_a_file_that_ends_its_judge_costs_no_other_its_judgement(monkeypatch: pytest.MonkeyPatch) -> None:
    children = Children()
    first, bad, last = judge(monkeypatch, children, "a", "bad", "b")
    assert (first.sample, last.sample, bad.sample) == ("a", "b", "")
    assert bad.unjudged == ("it ended " * 20)[: classifier.MAX_SAID]
    assert children.asked == [["a", "bad", "b"], ["a"], ["bad"], ["b"]]


def test_a_judge_that_leaves_a_file_out_is_asked_about_each(monkeypatch: pytest.MonkeyPatch) -> None:
    children = Children(cut=1)
    assert [one.unjudged for one in judge(monkeypatch, children, "a", "b")] == [
        "its judge did not speak of each file"
    ] * 2
    assert children.asked == [["a", "b"], ["a"], ["b"]]


def test_a_judge_that_says_nonsense_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    children = Children()
    monkeypatch.setattr(children, "ask_idle_child", lambda *_: {"judgements": [{"sample": 1}]})
    (told,) = judge(monkeypatch, children, "a")
    assert told.unjudged == "its judge said what it cannot have seen"


def test_what_no_time_is_left_for_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    children = Children()
    told = judge(monkeypatch, children, "a", "b", over=True)
    assert [one.unjudged for one in told] == [classifier.OUT_OF_TIME] * 2
    assert children.asked == []
    assert judge(monkeypatch, children) == []


def scan(*matches: RuleMatch, worth: bool = True) -> Any:
    """Return rules that say so of any file."""
    return SimpleNamespace(scan_content=lambda _content: SimpleNamespace(matches=matches, worth_a_tree=worth))


OWN, OTHERS = RuleMatch("own_rule", own=True), RuleMatch("Other", own=False)
GENERATED, EVALUATED = b"<?php /* made */", b"".join((b"<?php ev", b"al($_G", b"ET['a']);"))


@pytest.mark.parametrize(
    ("content", "matches", "generated"),
    [
        (GENERATED, (), True),
        (GENERATED, (OWN,), True),
        (GENERATED, (OTHERS,), False),
        (GENERATED, (OWN, OTHERS), False),
        (EVALUATED, (), False),
    ],
)
def test_what_has_the_shape_of_generated_code_is_such_only_where_nothing_speaks_against_it(
    content: bytes, matches: tuple[RuleMatch, ...], generated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier.generated_files, "detect_generator_of_file", lambda _content, _name: "smarty")
    told = classifier.judge_content(content, "a.php", scan(*matches))
    assert told.generated == ("smarty" if generated else "")
    assert bool(told.sample) is (not generated)


def test_of_what_runs_nothing_a_tree_is_not_made() -> None:
    assert classifier.judge_content(EVALUATED, "a.php", scan()).hits
    assert not classifier.judge_content(b"<?php\n$a = 1;\necho $a;\n", "a.php", scan(worth=False)).hits


def test_what_is_small_and_risky_is_a_tree_whatever_rules_say() -> None:
    assert classifier.judge_content(EVALUATED, "a.php", scan(worth=False)).hits
    assert not classifier.judge_content(EVALUATED, "a.php", scan(worth=False), reads_large_trees=False).skimmed
    assert not classifier.judge_content(EVALUATED.replace(b"<?php ", b""), "a.php", scan()).hits


def test_what_is_large_and_risky_is_a_tree_or_is_told_to_be_none() -> None:
    large = EVALUATED + b"\n// " + b"x" * 20_000
    whole = classifier.judge_content(large, "a.php", scan(worth=False))
    assert whole.hits and not whole.skimmed
    skimmed = classifier.judge_content(large, "a.php", scan(worth=False), reads_large_trees=False)
    assert skimmed.skimmed and not skimmed.hits
    asked_for = classifier.judge_content(large, "a.php", scan(), reads_large_trees=False)
    assert asked_for.hits and not asked_for.skimmed


@pytest.mark.parametrize("content", [b"<?php\n" + b"$a = 1;\n" * 4_000, b"x" * 30_000 + b"base64_decode("])
def test_what_can_do_nothing_is_not_told_to_be_skimmed(content: bytes) -> None:
    assert not classifier.judge_content(content, "a.php", scan(worth=False), reads_large_trees=False).skimmed


def test_a_child_is_told_whether_to_read_large_trees() -> None:
    large = EVALUATED + b"\n// " + b"x" * 20_000
    asked = [JudgeRequest("a.php", large), JudgeRequest("b.php", large, reads_large_trees=False)]
    whole, skimmed = classifier.judge_files_in_child_processes(asked)
    assert whole.hits and (skimmed.hits or skimmed.skimmed)


@pytest.mark.parametrize(
    ("content", "is_told"),
    [
        ("<?php\n// s§ystem($_GET['c']) would be dangerous\necho trim($_GET['a']);\n", False),
        ("<?php\n// s§ystem($_GET['c']) would be dangerous\necho trim($_GET['a'];\n", True),
        ("<?php\ns§ystem($_GET['c']);\n", True),
    ],
    ids=["in a comment", "where not all could be read", "itself"],
)
def test_what_a_tree_knows_better_no_rule_says(content: str, is_told: bool) -> None:
    told = classifier.judge_content(
        content.replace("§", "").encode() + b"$a = 1;\n" * 700, "a.php", engine.load_yara_rules(None)
    )
    assert ("request_commanded" in told.own) is is_told


def test_settings_among_uploads_are_strong_and_else_by_what_they_say() -> None:
    for level, upload, certainty in (
        ("sure", False, "strong"),
        ("hint", False, "weak"),
        ("hint", True, "strong"),
        ("sure", True, "strong"),
    ):
        settings = (DirectiveHit("handler", level, "AddHandler x"),)  # type: ignore[arg-type]
        told = confidence.weigh_judgement(Judgement(settings=settings), is_upload_folder=upload)
        assert told is not None and (told.kind, told.certainty) == ("settings", certainty)
