from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.audit import controls
from auditor.audit.effects import Effect
from auditor.errors import InputError
from auditor.lab.spec import load_lab_spec
from auditor.models import Bucket
from auditor.system import resources
from auditor.system.files import find_line_of_text
from tests import factory
from tests.unit.access import role

TOP = Path(__file__).parents[3]
CATALOGUE = controls.load_catalogue()
DRILLS = controls.load_drills()

GOOD = """\
- id: ssh.x
  title: {vi: a, en: a}
  problem: {vi: b, en: b}
  rationale: {vi: a, en: a}
  remedy: {vi: a, en: a}
  severity: high
  subject: host
  that: ssh.installed
"""


def read(tmp_path: Path, text: str, area: str = "ssh") -> list[controls.Control]:
    file = tmp_path / area / "controls.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")
    return list(controls.load_catalogue(tmp_path).controls)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    assert [control.id for control in read(tmp_path, GOOD)] == ["ssh.x"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD.replace("ssh.installed", "ssh.installed =="), 8, "expression"),
        (GOOD.replace("ssh.x", "nginx.x"), 1, "does not belong"),
        (GOOD.replace("severity: high", "severity: huge"), 6, "severity"),
        (GOOD.replace("vi: a, en: a}\n  problem", "vi: a}\n  problem"), 2, "title"),
        (GOOD.replace("  problem: {vi: b, en: b}\n", ""), 1, "ssh.x: problem"),
        (GOOD + "  manual: true\n", None, "exactly one of"),
        (GOOD + "  colour: red\n", 9, "colour"),
        ("id: ssh.x\n", 1, "list of controls"),
        (GOOD + GOOD, 9, "defined twice"),
        (GOOD + "  rests_on: [phone]\n", 9, "not judged from reviews"),
        (GOOD.replace("ssh.installed", "ssg.installed"), 8, "no area 'ssg'; did you mean 'ssh'?"),
        (GOOD + "  fix: {touches: []}\n", None, "touches"),
        (GOOD + "  fix: {touches: [/x], effects: [stops_framing, flies]}\n", 9, "'stops_framing'"),
    ],
)
def test_a_mistake_names_file_line_and_mend(tmp_path: Path, text: str, line: int | None, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)
    assert caught.value.mend
    if line is not None:
        assert caught.value.line == line


def test_a_control_of_content_must_state_the_manners_that_it_rests_on(tmp_path: Path) -> None:
    text = GOOD.replace("ssh.x", "content.x").replace("host", "site").replace("ssh.installed", "site.review.covered")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "a", text, "content")
    assert "does not state the manners of visit" in str(caught.value)
    assert (caught.value.line, "search_engine" in str(caught.value.mend)) == (1, True)
    with pytest.raises(InputError):
        read(tmp_path / "b", text + "  rests_on: [robot]\n", "content")
    (control,) = read(tmp_path / "c", text + "  rests_on: [visitor, phone]\n", "content")
    assert control.rests_on == ("visitor", "phone")


def test_what_is_wrong_is_short_and_no_requirement() -> None:
    for control in CATALOGUE.controls:
        for title, problem in ((control.title.vi, control.problem.vi), (control.title.en, control.problem.en)):
            assert problem.casefold() != title.casefold(), control.id
            assert len(problem) <= 120, control.id
            assert not problem.endswith("."), control.id
    assert len({control.problem.vi for control in CATALOGUE.controls}) == len(CATALOGUE.controls)


@pytest.mark.parametrize(
    ("bucket", "told"),
    [
        ("fail", "b"),
        ("partial", "b"),
        ("waived", "b"),
        ("manual", "b"),
        ("pass", "a"),
        ("attested", "a"),
        ("not_applicable", "a"),
        ("not_evaluated", "a"),
    ],
)
def test_what_is_wrong_is_told_where_something_is(tmp_path: Path, bucket: Bucket, told: str) -> None:
    (control,) = read(tmp_path, GOOD)
    assert control.get_problem_or_title_for_bucket(bucket).vi == told


def test_the_catalogue_covers_every_area_with_eighty_controls() -> None:
    assert len(CATALOGUE.controls) >= 80
    areas = {control.area for control in CATALOGUE.controls}
    assert areas >= {
        "accounts",
        "ssh",
        "kernel",
        "filesystem",
        "firewall",
        "updates",
        "time",
        "logging",
        "backup",
        "nginx",
        "apache",
        "php_fpm",
        "mariadb",
        "wordpress",
        "tls",
    }


def name_places(ids: Iterable[str], mend: str) -> list[str]:
    """Return for each control its file and line, and what to do, where ``{id}`` and ``{area}`` are the control's."""
    lines = []
    for one in sorted(ids):
        area = one.partition(".")[0]
        file = resources.get_roles_folder() / area / "controls.yml"
        line = find_line_of_text(file, f"- id: {one}")
        lines.append(f"roles/{area}/controls.yml:{line}: {one}: {mend.format(id=one, area=area)}")
    return lines


def test_a_control_is_named_with_file_line_and_what_to_do() -> None:
    (named,) = name_places(["ssh.root_login"], "write roles/{area}/drills/{id}.<trap>.sh")
    match = re.fullmatch(r"(\S+):(\d+): ssh.root_login: write roles/ssh/drills/ssh.root_login.<trap>.sh", named)
    assert match
    assert (TOP / match[1]).read_text("utf-8").splitlines()[int(match[2]) - 1] == "- id: ssh.root_login"


def test_every_control_has_a_drill_or_says_why_not() -> None:
    drilled = {drill.control for drill in DRILLS}
    without = [c.id for c in CATALOGUE.controls if c.id not in drilled and not (c.container or c.no_drill or c.manual)]
    assert name_places(without, "write roles/{area}/drills/{id}.<trap>.sh, or say why not (container, no_drill)") == []
    assert drilled <= set(CATALOGUE.controls_by_id)


ONLY_IN_ONE = {
    "apache": "the lab has Apache on Debian 12",
    "nginx": "the lab has nginx on Debian 13",
    "wordpress": "the lab has WordPress on Debian 13",
    "firewall.ssh_sources": "the lab declares networks for administration on Debian 13",
    "bans.cms": "of the lab's sites, the one that logins are counted for is WordPress",
    "tls.redirect": "the lab's certificate on Debian 12 has expired, and nobody is sent there",
}


def _releases() -> dict[str, set[str]]:
    """By control the releases of Debian on which it is drilled."""
    hosts = load_lab_spec().hosts
    releases = {drill.control: set[str]() for drill in DRILLS}
    for drill in DRILLS:
        releases[drill.control].update(hosts[host].release for host in drill.hosts)
    return releases


def test_what_hunts_see_is_drilled_by_hunts_on_both_releases_of_debian() -> None:
    hunted = {control.id for control in CATALOGUE.controls if control.area == controls.COMPROMISE}
    assert {drill.control for drill in DRILLS if drill.seen_by == "hunt"} == hunted
    releases = _releases()
    assert {control for control in hunted if releases[control] != {"bookworm", "trixie"}} == set()


def test_what_is_mended_is_drilled_on_both_releases_of_debian() -> None:
    releases = _releases()
    mended = {c.id for c in CATALOGUE.controls if c.fix is not None and c.id in releases}
    alone = {control for control in mended if releases[control] != {"bookworm", "trixie"}}
    unexplained = {control for control in alone if not {control, control.partition(".")[0]} & set(ONLY_IN_ONE)}
    mend = "name hosts of Debian 12 and 13 on the first lines of its drills, or say why not in ONLY_IN_ONE"
    assert name_places(unexplained, mend) == []


def test_every_effect_is_some_control_s_and_is_documented_in_its_own_words() -> None:
    assert CATALOGUE.collect_effects_of_fixes(CATALOGUE.controls_by_id) == set(Effect)
    told = dict(re.findall(r"(?m)^\| `([a-z_]+)` \| (.+) \|$", (TOP / "docs" / "add-a-control.md").read_text("utf-8")))
    assert [effect for effect in Effect if effect not in told] == []


def ids_in(source: str, known: Collection[str]) -> list[str]:
    """The ids of controls in a module's own texts; what a docstring or a comment gives as an example does not count."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in docs)
    words = (word for text in texts if isinstance(text, str) for word in re.findall(r"[a-z]\w*\.\w+", text))
    return [word for word in words if word in known]


def test_no_control_is_known_by_its_id_outside_of_its_area() -> None:
    modules = sorted((TOP / "auditor").rglob("*.py"))
    found = {str(path): ids_in(path.read_text("utf-8"), CATALOGUE.controls_by_id) for path in modules}
    assert {path: ids for path, ids in found.items() if ids} == {}


def test_what_tests_make_up_bears_no_real_control_s_id() -> None:
    assert CATALOGUE.controls_by_id.keys().isdisjoint(factory.catalogue().controls_by_id)


def test_an_id_is_found_whatever_text_it_stands_in() -> None:
    source = 'def f(x):\n    """ssh.root_login"""\n    # ssh.root_login\n    return x == "ssh.root_login" or f"no ssh.max_startups {x}"'
    assert ids_in(source, CATALOGUE.controls_by_id) == ["ssh.root_login", "ssh.max_startups"]


def test_every_control_refers_to_a_clause() -> None:
    without = [control.id for control in CATALOGUE.controls if not control.references]
    assert name_places(without, "name its clauses in references") == []


def test_texts_are_vietnamese_in_nfc_and_differ_from_the_english() -> None:
    import unicodedata

    for control in CATALOGUE.controls:
        for text in (control.title, control.rationale, control.remedy):
            assert unicodedata.is_normalized("NFC", text.vi), control.id
            assert text.vi != text.en, control.id


def _tagged(name: str) -> dict[str, list[str]]:
    """Tag to the names of the tasks that carry it, over a role's task files."""
    found: dict[str, list[str]] = {}

    def walk(tasks: list[dict[str, object]]) -> None:
        for task in tasks:
            tags = task.get("tags", [])
            for tag in [tags] if isinstance(tags, str) else tags:  # type: ignore[attr-defined]
                found.setdefault(tag, []).append(str(task.get("name")))
            for inner in ("block", "rescue", "always"):
                walk(task.get(inner, []) or [])  # type: ignore[arg-type]

    for file in sorted((role(name) / "tasks").glob("*.yml")):
        walk(yaml.safe_load(file.read_text("utf-8")) or [])
    return found


ROLES = sorted(
    path.parent.parent.name for folder in resources.list_role_folders() for path in folder.glob("*/tasks/main.yml")
)
TAGS = {name: _tagged(name) for name in ROLES}
ALL_TAGS = {tag for tags in TAGS.values() for tag in tags}


def test_every_automated_fix_is_named_where_the_roles_make_it() -> None:
    places = [
        path.read_text("utf-8")
        for folder in resources.list_role_folders()
        for path in folder.rglob("*", recurse_symlinks=True)
        if path.suffix in (".py", ".yml", ".j2")
        and path.name != "controls.yml"
        and not {"drills", "molecule"} & set(path.parts)
    ]
    without = [c.id for c in CATALOGUE.controls if c.fix and not any(c.id in text for text in places)]
    assert name_places(without, "nothing in roles/{area}/ makes its fix: a task, template or table with its id") == []


def test_every_tag_is_a_control_with_a_fix_or_its_area() -> None:
    known = {name for control in CATALOGUE.controls if control.fix for name in (control.id, control.area)}
    assert sorted(ALL_TAGS - known - {"always", "never"}) == []


def _named(folder: Path) -> Iterator[tuple[str, str, set[str]]]:
    """Where a task stands, its name, and the tags it carries, its blocks' too."""

    def walk(tasks: Sequence[Mapping[str, Any]], above: set[str]) -> Iterator[tuple[str, set[str]]]:
        for task in tasks:
            given = task.get("tags", [])
            tags = above | ({given} if isinstance(given, str) else set(given))
            yield str(task.get("name")), tags
            for inner in ("block", "rescue", "always"):
                yield from walk(task.get(inner, ()), tags)

    for file in sorted((folder / "tasks").glob("*.yml")):
        for name, tags in walk(yaml.safe_load(file.read_text("utf-8")) or [], set()):
            yield f"{folder.name}/{file.name}", name, tags


def _misnamed(area: str, name: str, tags: set[str]) -> bool:
    """Whether a task's name is not as ``docs/add-a-control.md`` has it: for its tag's control, else for its area or one
    control of it.
    """
    head, _, what = name.partition(" | ")
    fixed = {control.id for control in CATALOGUE.controls if control.fix and control.area == area}
    serves = tags & fixed or {area, *fixed}
    return head not in {one.capitalize() for one in serves} or not what[:1].islower()


def test_a_task_is_named_for_what_it_serves() -> None:
    areas = sorted({control.area for control in CATALOGUE.controls})
    named = {
        area: list(_named(resources.get_roles_folder() / area))
        for area in areas
        if (resources.get_roles_folder() / area / "tasks").exists()
    }
    assert sum(map(len, named.values())) > 90
    wrong = [
        (where, name) for area, tasks in named.items() for where, name, tags in tasks if _misnamed(area, name, tags)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("Set the time | and more", {"always"}),
        ("Ssh | set it", {"ssh", "ssh.root_login"}),
        ("Ssh.max_startups | set it", {"ssh", "ssh.root_login"}),
        ("Ssh.nobody | set it", {"always"}),
        ("Time | set it", {"always"}),
        ("ssh | set it", {"always"}),
        ("Ssh | Set it", {"always"}),
        ("Ssh", {"always"}),
    ],
)
def test_a_task_that_is_named_otherwise_is_seen(name: str, tags: set[str]) -> None:
    assert _misnamed("ssh", name, tags)
    assert not _misnamed("ssh", "Ssh.root_login | set it", {"ssh", "ssh.root_login"})
