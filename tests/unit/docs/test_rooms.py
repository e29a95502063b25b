"""What `docs/architecture.md` says under "Looking to add …?" is enough: one of each is added there, and works."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from tests.newcomer import TOP, copy_product_with, run_python_in

PAGE = (TOP / "docs/architecture.md").read_text("utf-8")
CATALOGUES = tuple(f"auditor/locale/{lang}/LC_MESSAGES/auditor.po" for lang in ("en", "vi"))


def insert_texts(before: str, key: str, text: str) -> dict[str, dict[str, str]]:
    """Return the lines by which both catalogues get a text, before another."""
    entry = f'msgid "{before}"\n'
    return {path: {entry: f'msgid "{key}"\nmsgstr "{text}"\n\n{entry}'} for path in CATALOGUES}


def check_row_names_files(what: str, files: Iterable[str], most: int) -> None:
    """Check that the row for what is added names each of these files, or its folder, and that they are not too many."""
    (row,) = re.findall(rf"^\| {re.escape(what)} \|.*$", PAGE, re.MULTILINE)
    places = [re.sub(r"\{\w+,\w+\}|<\w+>", "*", place).rstrip("/") for place in re.findall(r"`([^`]+)`", row)]
    names = set(files)
    for path in names:
        assert any(Path(one).match(place) for place in places for one in (path, str(Path(path).parent))), (path, row)
    assert len(names) <= most, names


GSSAPI = """
- id: ssh.gssapi
  title: {vi: SSH không nhận xác thực GSSAPI, en: SSH does not accept GSSAPI authentication}
  problem: {vi: SSH còn nhận xác thực GSSAPI, en: SSH still accepts GSSAPI authentication}
  rationale: {vi: Thêm mã chạy trước khi đăng nhập., en: It adds code that runs before a login.}
  remedy: {vi: Đặt GSSAPIAuthentication no., en: Sets GSSAPIAuthentication to no.}
  severity: low
  subject: host
  applies: ssh.installed
  test: {path: ssh.effective.gssapiauthentication, op: "==", value: "no"}
  fix: {touches: [/etc/ssh/sshd_config.d/], disruption: reload}
  references: {nd331: ["30.4.b"]}
"""
GSSAPI_DRILL = """#!/bin/sh
# hosts: web2 web3
# On the first line of the main file, before it includes anything.
set -eu
sed -i '1i GSSAPIAuthentication yes' /etc/ssh/sshd_config
"""
SSH = "roles/ssh/controls.yml"
LAST_SSH = "\n- id: ssh.automation_key\n"
CHECK = "from auditor.cli import main; main()"
WHAT_A_CONTROL_NEEDS = "drill_or_says or drilled_on_both or where_the_roles_make_it or refers_to_a_clause"
TRY = f"import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-k', '{WHAT_A_CONTROL_NEEDS}', sys.argv[1]]))"


def test_a_control_is_an_entry_a_line_of_its_fix_and_a_drill(tmp_path: Path) -> None:
    rule = '        "ssh.strict_modes": _make_fixed_rule('
    files = {"roles/ssh/drills/ssh.gssapi.read_first.sh": GSSAPI_DRILL}
    entry = {SSH: {LAST_SSH: GSSAPI + LAST_SSH}}
    fix = {
        "roles/ssh/filter_plugins/ssh.py": {
            rule: f'        "ssh.gssapi": _make_fixed_rule(("GSSAPIAuthentication", "no")),\n{rule}'
        }
    }
    whole = copy_product_with(tmp_path / "whole", files, {**entry, **fix})
    done = run_python_in(whole, CHECK, "controls", "check", "--lang", "en")
    assert "no mistakes" in done.stdout, done.stderr
    assert run_python_in(whole, TRY, "tests/unit/audit/test_controls.py").returncode == 0
    check_row_names_files("a control", {SSH}, 5)
    assert len({*files, *entry, *fix}) <= 5

    alone = copy_product_with(tmp_path / "alone", {}, {SSH: {LAST_SSH: GSSAPI.replace("nd331: ", "") + LAST_SSH}})
    line = (alone / SSH).read_text("utf-8").splitlines().index("- id: ssh.gssapi") + 1
    said = run_python_in(alone, CHECK, "controls", "check", "--lang", "en")
    assert f"{SSH}:{line + 10}: " in said.stderr, "references are not a list"
    alone = copy_product_with(tmp_path / "bare", {}, entry)
    said = run_python_in(alone, TRY, "tests/unit/audit/test_controls.py")
    assert f"{SSH}:{line}: ssh.gssapi: write roles/ssh/drills/ssh.gssapi.<trap>.sh" in said.stdout
    assert f"{SSH}:{line}: ssh.gssapi: nothing in roles/ssh/ makes its fix" in said.stdout


def test_mistakes_in_a_control_are_named_all_at_once(tmp_path: Path) -> None:
    wrong = (
        GSSAPI.replace("applies: ssh.installed", "applies: ssh.instaled")
        .replace('op: "==", value: "no"}', 'op: "<=", value: 4}')
        .replace("rationale: {vi: Thêm mã chạy trước khi đăng nhập., en:", "rationale: {en:")
    )
    folder = copy_product_with(tmp_path, {}, {SSH: {LAST_SSH: wrong + LAST_SSH}})
    line = (folder / SSH).read_text("utf-8").splitlines().index("- id: ssh.gssapi") + 1
    said = run_python_in(folder, CHECK, "controls", "check", "--lang", "en")
    assert said.returncode == 2
    for number, what in (
        (line + 3, "rationale.vi: Field required"),
        (line + 7, "applies: the facts have no ssh.instaled; did you mean 'installed'?"),
        (line + 8, "test: ssh.effective.gssapiauthentication is of type str, and is compared with int"),
    ):
        assert f"{SSH}:{number}: control ssh.gssapi: {what}" in said.stderr


ACTION = '''
"""The message of the day is taken away."""

from auditor.incidents.actions.base import ActionKind, select_only_host

MOTD = ActionKind(means="motd", program="motd.py", read=str.strip, hosts=select_only_host)
'''
PROGRAM = '''
"""Say what is asked."""

from ansible.module_utils.luytre_shared.incidents import action_runner

ACTIONS = {"plan": lambda request, _connection: {"state": "none", "about": request["what"]}}


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(ACTIONS, arguments)
'''
ASK = """
import json, pathlib, subprocess, sys
from auditor.fleet import ssh_exec
from auditor.results.containment import describe_action_in_force
from auditor.text.translations import Words
from auditor.incidents.actions.registry import CONTAINMENT_KINDS
kind = CONTAINMENT_KINDS["motd"]
program = pathlib.Path("on_host/contain", kind.program)
sent = ssh_exec._build_stdin({"do": "plan", "what": kind.read(" xin chao ")}, program, {})
launch = [sys.executable, "-I", "-B", "-c", ssh_exec._LAUNCH, "192.0.2.1 1 192.0.2.2 22"]
answer = json.loads(subprocess.run(launch, input=sent, capture_output=True, check=True).stdout)
answer["now"] = describe_action_in_force("motd", Words("vi"), number="1", what="x", host="máy")[-3:]
print(json.dumps(answer))
"""


NAME = {']\n"""How an incident': '    "motd",\n]\n"""How an incident'}
FOLDER = {'}\n"""The folder below': '    "motd": "motds",\n}\n"""The folder below'}
TABLE, TEXTS = "auditor/models/response_actions.py", "auditor/locale/response_actions.yml"


def write_motd_texts() -> str:
    """Return the texts of an action as a newcomer writes them: another's, with other words."""
    whole = (TOP / TEXTS).read_text("utf-8")
    unit = whole[whole.index("\nunit:\n") : whole.index("\ncron:\n")]
    return unit.replace("unit", "motd").replace("x.service", "xin-chao")


def test_a_response_action_is_a_row_a_module_a_program_and_texts(tmp_path: Path) -> None:
    files = {"auditor/incidents/actions/motd.py": ACTION, "on_host/contain/motd.py": PROGRAM}
    texts = {TEXTS: {"\ncron:\n": f"{write_motd_texts()}\ncron:\n"}}
    lines = {TABLE: {**NAME, **FOLDER}, **texts}
    done = run_python_in(copy_product_with(tmp_path / "whole", files, lines), ASK)
    assert json.loads(done.stdout or "{}") == {"state": "none", "about": "xin chao", "now": "máy"}, done.stderr
    check_row_names_files("a response action", {*files, *lines}, 4)

    def find_mistake(name: str, files: dict[str, str], lines: dict[str, dict[str, str]]) -> str:
        return run_python_in(copy_product_with(tmp_path / name, files, lines), ASK).stderr.splitlines()[-1]

    assert find_mistake("unnamed", files, texts) == (
        f"TypeError: {TABLE}:{get_line(TABLE, 'Means = ')}: Means lacks 'motd', which motd.py defines: add it"
    )
    assert find_mistake("homeless", files, {TABLE: NAME, **texts}) == (
        f"TypeError: {TABLE}:{get_line(TABLE, 'RECORD_FOLDERS: ') + 1}: RECORD_FOLDERS lacks 'motd': "
        "add the folder of its records"
    )
    named = get_line(TABLE, '    "process-end",') + 1
    assert find_mistake("alone", {}, lines) == (
        f"TypeError: {TABLE}:{named}: no module of auditor/incidents/actions defines 'motd': write its ActionKind"
    )
    assert find_mistake("without_program", {"auditor/incidents/actions/motd.py": ACTION}, lines) == (
        "TypeError: auditor/incidents/actions/motd.py:6: there is no on_host/contain/motd.py: write it"
    )
    assert f"{TABLE}:{named}: the response action motd has no texts — write them in" in (
        find_mistake("wordless", files, {TABLE: {**NAME, **FOLDER}})
    )


def get_line(name: str, text: str) -> int:
    """Return the line of a file of the product that begins so."""
    lines = (TOP / name).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


DETECTOR = '''
"""Judge pages by what they say of a kite."""

from auditor.content.answers import PageAnswers
from auditor.content.domains import DomainClassifier
from auditor.content.evidence import PageEvidence


def check_kites(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Note a kite."""
    if "cánh diều" in answers.page.text:
        evidence.add_evidence_without_host("text", "kite", "kite", "cánh diều", "structure")
'''
VISIT = """
from auditor.content.analyzer import analyze_visit
from auditor.scans.responses import PageVisit, SiteBaseline, VisitorResponse
from auditor.text.rules import describe_trace_rules
from auditor.text.translations import Words
answer = VisitorResponse("plain", 200, {"content-type": "text/html; charset=utf-8"}, "<p>Một cánh diều</p>".encode())
for trace in analyze_visit(PageVisit("https://antruc.test/", "page", (answer,)), SiteBaseline("antruc.test")).traces:
    print(trace.kind, describe_trace_rules(trace.rules, Words("vi")))
"""


def test_a_content_detector_is_a_module_a_row_and_words(tmp_path: Path) -> None:
    last, first = "    pages.check_search_console_tokens,\n", "from auditor.content.domains"
    files = {"auditor/content/detectors/kites.py": DETECTOR}
    lines = {
        "auditor/content/detectors/registry.py": {
            last: f"{last}    check_kites,\n",
            first: f"from auditor.content.detectors.kites import check_kites\n{first}",
        },
        **insert_texts("trace.rule.adds_key", "trace.rule.kite", "nói về cánh diều"),
    }
    assert run_python_in(TOP, VISIT).stdout == "", "it is no trace yet"
    done = run_python_in(copy_product_with(tmp_path, files, lines), VISIT)
    assert done.stdout == "text nói về cánh diều\n", done.stderr
    check_row_names_files("a content detector", {*files, *lines}, 4)


RULE = """
rule kite_flown {
  meta: what = "kite_flown"
  strings:
    $a = "fly_kite("
  condition: $a
}
"""
JUDGE = """
from auditor.compromise.classifier import judge_content
from auditor.compromise.rules.engine import load_yara_rules
from auditor.text.rules import describe_trace_rules
from auditor.text.translations import Words
for rule in judge_content(b"<?php fly_kite(1);", "a.php", load_yara_rules()).own:
    print(rule, describe_trace_rules([rule], Words("en")))
"""


def test_a_hunting_rule_is_a_rule_and_its_words(tmp_path: Path) -> None:
    first = "rule request_evaluated {\n"
    lines = {
        "auditor/compromise/rules/own.yar": {first: RULE + first},
        **insert_texts("trace.rule.adds_key", "trace.rule.kite_flown", "lets a kite fly"),
    }
    done = run_python_in(copy_product_with(tmp_path, {}, lines), JUDGE)
    assert done.stdout == "kite_flown lets a kite fly\n", done.stderr
    check_row_names_files("a hunting rule", lines, 3)


KITE = '''
"""Kite, a CMS that is nobody's."""

from ansible.module_utils.luytre_shared.applications import interface
from ansible.module_utils.luytre_shared.applications.known_layouts import LAYOUT_BY_KIND

WITHOUT = interface.Lack("Kite không có.", "Kite has none.", "by_a_person")


class Kite(interface.Cms):
    """Kite."""

    layout = LAYOUT_BY_KIND["kite"]
    administrators = {"mysql": {"admin": ("SELECT 'admin', id, HEX(name), 1 FROM `{db}`.`{p}people`", 9)}}
    lacks = dict.fromkeys(set(interface.CAPABILITIES) - {"login", "settings", "administrators"}, WITHOUT)

    def collect_instance(self, application, _reader):
        """Return the facts of one."""
        return {"path": application.path, "version": application.read_version(), "strings": 2}
'''
KITE_LAYOUT = """    CmsLayout(
        "kite",
        marks=(("kite.php",),),
        versions=(("kite.php", "([0-9.]+)"),),
        uploads=("tail/",),
        login="fly.php",
    ),
"""
KITE_FACTS = '''
"""Kites."""

from auditor.facts.web._cms import CmsInstance


class KiteInstance(CmsInstance):
    """One Kite."""

    strings: int
'''
KITE_PROFILE = """
from auditor.models.applications.cms import CmsProfile

KITE = CmsProfile(
    kind="kite", name="Kite", login_page="/fly.php", limited_page=None, account_field=None,
    is_secret_renewed_by_a_person=True,
)
"""
KITE_CONTROLS = """
- id: kite.strings
  title: {vi: Kite có hai dây, en: Kites have two strings}
  problem: {vi: Kite thiếu dây, en: A kite lacks a string}
  rationale: {vi: Một dây thì đứt., en: One string breaks.}
  remedy: {vi: Buộc thêm dây., en: Tie another string.}
  severity: low
  subject: site
  applies: site.kite is not none
  otherwise: {vi: Không có Kite., en: No Kite.}
  that: site.kite.strings > 1
  references: {nd331: ["30.4.c"]}
"""
FIND_KITES = """
import sys, tests.conftest
from pathlib import Path
from ansible.module_utils.luytre.sites import filled_uris
from ansible.module_utils.luytre.web import applications
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader
from auditor.audit.controls import Catalogue, load_catalogue
from auditor.audit.assessors.facts import evaluate_host
from auditor.facts import HostFacts, load_fact_area_models
from auditor.facts._base import Area
from auditor.models import Host, Site
class Server(Area):
    vhosts: list[dict]
top = sys.argv[1]
told = applications.collect_area_facts(AreaReader({"sites": [{"domain": "a.test", "document_root": top}]}, 20))
data = {"applications": load_fact_area_models()["applications"].model_validate(told), "nginx": Server(vhosts=[]), "apache": Server(vhosts=[])}
host = Host(name="h", address="192.0.2.1", sites=(Site(domain="a.test", host="h", document_root=top),))
catalogue = Catalogue(controls=tuple(one for one in load_catalogue(Path("roles").absolute()).controls if one.id == "kite.strings"))
(found,) = evaluate_host(catalogue, host, HostFacts("2026-12-01T00:00:00Z", data, {}, {}))
print(found.status, filled_uris.is_uri_where_php_must_not_run("/tail/x.php"))
"""
APPLICATIONS = "on_host/shared/module_utils/luytre_shared/applications"
MEANS = "import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', sys.argv[1]]))"


def test_a_cms_is_a_module_on_both_sides_a_model_and_a_role(tmp_path: Path) -> None:
    meta = (TOP / "roles/joomla/meta/main.yml").read_text("utf-8").replace("joomla", "kite").replace("Joomla", "Kite")
    files = {
        f"{APPLICATIONS}/kite.py": KITE,
        "auditor/models/applications/kite.py": KITE_PROFILE,
        "auditor/facts/web/_kite.py": KITE_FACTS,
        "roles/kite/controls.yml": KITE_CONTROLS,
        "roles/kite/meta/main.yml": meta,
    }
    lines = {
        f"{APPLICATIONS}/known_layouts.py": {"LAYOUTS = (\n": f"LAYOUTS = (\n{KITE_LAYOUT}"},
        f"{APPLICATIONS}/registry.py": {
            "import joomla, ": "import joomla, kite, ",
            "CMSS = (wordpress.WordPress(), ": "CMSS = (wordpress.WordPress(), kite.Kite(), ",
        },
        "auditor/models/applications/registry.py": {
            "= (WORDPRESS, ": "= (WORDPRESS, KITE, ",
            "from auditor.models.applications.nukeviet": "from auditor.models.applications.kite import KITE\n"
            "from auditor.models.applications.nukeviet",
        },
        "playbooks/roles/areas/vars/main.yml": {"  - nukeviet\n": "  - nukeviet\n  - kite\n"},
    }
    site = tmp_path / "site"
    site.mkdir()
    (site / "kite.php").write_text("<?php // 2.1")
    whole = copy_product_with(tmp_path / "whole", files, lines)
    done = run_python_in(whole, FIND_KITES, str(site))
    assert done.stdout == "pass True\n", done.stderr
    check_row_names_files("a CMS", {*files, *lines}, 12)
    interface = "tests/unit/on_host/shared/applications/test_interface.py"
    assert run_python_in(whole, MEANS, interface).returncode == 0

    def find_mistake(name: str, files: dict[str, str], lines: dict[str, dict[str, str]]) -> str:
        return run_python_in(copy_product_with(tmp_path / name, files, lines), MEANS, interface).stdout

    def without(*names: str) -> dict[str, str]:
        return {name: text for name, text in files.items() if name not in names}

    layouts, on_hosts, on_controller, areas = lines
    unsaid = {**files, f"{APPLICATIONS}/kite.py": KITE.replace('{"login", ', '{"login", "rows", ')}
    assert f"{APPLICATIONS}/kite.py:10 has no rows, and says in lacks no reason" in find_mistake(
        "unsaid", unsaid, lines
    )
    mute = {**files, f"{APPLICATIONS}/kite.py": KITE.replace('"Kite has none."', '""')}
    assert f"{APPLICATIONS}/kite.py:10: write in both languages why it has no " in find_mistake("mute", mute, lines)
    text = {layouts: {name: new.replace('("tail/",)', '("tail/")') for name, new in lines[layouts].items()}}
    said = find_mistake("text", files, {**lines, **text})
    assert re.search(rf"{layouts}:\d+: uploads of its layout is 'tail/': write a tuple", said), said
    said = find_mistake("nowhere", files, {place: changes for place, changes in lines.items() if place != layouts})
    assert f"{APPLICATIONS}/kite.py:13: in Kite" in said and "KeyError: 'kite'" in said
    for name, table, rest in (("unlisted", on_hosts, "which kite.py defines"), ("unknown", on_controller, "")):
        said = find_mistake(name, files, {place: changes for place, changes in lines.items() if place != table})
        assert re.search(rf"{table}:\d+: CMSS has no kite{rest and ', ' + rest}", said), said
    said = find_mistake("unplayed", files, {place: changes for place, changes in lines.items() if place != areas})
    assert f"{areas}:{get_line(areas, 'areas_in_order')}: areas_in_order has no kite: add it" in said
    said = find_mistake("roleless", without("roles/kite/meta/main.yml"), lines)
    assert "there is no roles/kite/meta/main.yml: write it" in said
    modelless = copy_product_with(tmp_path / "modelless", without("auditor/facts/web/_kite.py"), lines)
    said = run_python_in(modelless, FIND_KITES, str(site)).stderr
    assert "auditor/facts/web/_kite.py: no model of kite's facts, a subclass of CmsInstance" in said
