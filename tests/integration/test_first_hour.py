"""The first hour of an attack, from a hunt to the end of the incident, on a WordPress and a home-made site: nothing is typed but what the program printed.

Whoever types reads what each command says comes next, answers what only people know, leaves out what is the office's own, and does on the hosts what
is left to people: the commands that are printed for it, and what these show to be the intruder's.
"""

from __future__ import annotations

import datetime
import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from auditor import lab
from auditor.incidents.descriptions import MAX_COMMAND
from auditor.models import clock
from auditor.models.incidents import ContainedEvent
from auditor.report.official.period import Period
from auditor.text.translations import Words
from tests.integration.test_cleaned import release
from tests.lab.fixtures import EDITOR_OF_YEARS, INVENTORY, Ended, environment, quiet, run

HOSTS = ("web1", "web2")
MOST = 20
"""Commands, from the hunt to the end."""
HURRIED = """
from auditor.content.crawler import session
from auditor.cli import main
session.RequestPacer.wait_for_next_request = lambda pace: None
main()
"""
OURS = re.compile(r"auditor (?:hunt|review|audit|incident) .*")
ON_HOST = re.compile(r"    (sudo .*|! .*)")
ANSWERS = {
    "description": "Tìm thấy mã độc trên hai máy chủ web, trang bị chèn quảng cáo",
    "kind": "malware",
    "how_found": "other:truy tìm định kỳ",
    "severity": "serious",
    "severity_why": "Kẻ xâm nhập có quyền quản trị máy chủ",
    "cause": "Mật khẩu quản trị WordPress bị lộ",
    "scope": "Hai trang thông tin điện tử và hai máy chủ",
    "personal_data": "no",
    "done": "Đã chặn, gỡ mã độc và thu chứng cứ",
    "recovery": "Đã khôi phục cả hai trang",
    "state": "handled",
}
BY_RENDER = "made_by_a_script"
"""What a browser alone shows: a person finds it among the files that changed lately."""
AUTHORITY = "Cục An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao"
CLEANED = {
    "web1": r"""
mariadb antruc_wp <<'END'
UPDATE wp_posts SET post_content = SUBSTRING_INDEX(post_content, '<!-- wp:html --><div style="position:absolute', 1);
UPDATE wp_posts SET post_content = SUBSTRING_INDEX(post_content, '<!-- wp:html --><script>/* luytre-lab */', 1);
UPDATE wp_posts SET post_content = SUBSTRING_INDEX(post_content, '<!-- wp:html --><iframe src="https://khuyenmai88', 1);
DELETE FROM wp_posts WHERE post_name = 'top-10-nha-cai-uy-tin';
END
cd /var/www/antruc.test
rm -rf xo-so sitemap-xo-so.xml robots.txt wp-content/uploads/2026/03/link-vao.pdf wp-content/uploads/.cache.dat
""",
    "web2": r"""
mariadb bennua -e 'DELETE FROM tin WHERE id = 66'
cd /var/www/bennua.test
rm -f static/.dem static/mau.html hinh/khuyen-mai.html /usr/local/lib/libsysmon.so.1
sed -i '/luytre-lab: inert/,$ d' lib/page.php gop-y.php static/giao-dien.js
install -d -m 0700 /root/luytre-kept
mv /var/log/apache2/bennua.test.access.log /root/luytre-kept/
systemctl reload apache2
""",
}
"""What a person takes out by hand, once the steps that are printed have shown it: rows, pages and lines of the intruder's; the log that tells of a page is evidence, and begun anew."""
FINGERPRINTS = "ssh-keygen -lf /home/quantri/.ssh/authorized_keys | cut -d ' ' -f 2"


@dataclass
class Walk:
    """Somebody at a terminal."""

    folder: Path
    lang: str
    state: Mapping[str, str]
    typed: list[tuple[str, Ended]] = field(default_factory=list)
    on_hosts: list[tuple[str, str, int, str]] = field(default_factory=list)
    own: frozenset[str] = frozenset()
    """Keys of the office's administrators."""

    def type(self, line: str, *more: str) -> Ended:
        """Type what was printed; a review goes from address to address without its pause."""
        assert len(self.typed) < MOST, [one for one, _ in self.typed]
        words = (*map(self.answered, shlex.split(line)[1:]), *more)
        if words[0] == "review":
            done = subprocess.run(
                [sys.executable, "-c", HURRIED, *words],
                env=dict(self.state),
                cwd=self.folder,
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
            ended = Ended(done.returncode, done.stdout, done.stderr)
        else:
            ended = run(self.state, *words, cwd=self.folder)
        print(f"$ {line}\n{ended.out}{ended.err}[{ended.code}]\n")  # what pytest shows of a test that fails
        self.typed.append((line, ended))
        return ended

    def answered(self, word: str) -> str:
        """A word of a command, with an answer in place of …"""
        return re.sub(r"^(\w+)=…$", lambda found: f"{found[1]}={ANSWERS[found[1]]}", word)

    def findings(self) -> Mapping[str, Any]:
        told: Mapping[str, Any] = json.loads((self.folder / "out/findings.json").read_text("utf-8"))
        return told


@dataclass(frozen=True)
class Next:
    """What a command said comes next."""

    says: str
    ours: tuple[str, ...]
    signs: tuple[str, ...]
    by_hand: tuple[tuple[str, str], ...]
    """The host and the command."""


@dataclass(frozen=True)
class Story:
    """What was done, and what it came to."""

    walk: Walk
    began: datetime.datetime
    incident: str
    first: Mapping[str, Any]
    """The run that found it; ``chair``: its page for the chair."""
    chair: str
    case: Mapping[str, Any]
    clean: Mapping[str, Any]
    """A hunt on both after it was closed."""
    verified: Ended
    official: str


@pytest.fixture(scope="module", params=["vi", "en"])
def story(request: pytest.FixtureRequest, booted: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    lab.reset_machines_to_pristine_image(HOSTS)
    quiet(*HOSTS)
    folder = tmp_path_factory.mktemp("hour")
    archive = release(folder)
    inventory = shutil.copytree(INVENTORY, folder / "inventory")
    state = {**environment(folder), "LUYTRE_INVENTORY": str(inventory), "LUYTRE_LANG": request.param}
    assert run(state, "known-good", "import", str(archive)).code == 0
    assert lab.run_on_machine_as_root("web1", EDITOR_OF_YEARS).returncode == 0
    lab.compromise_hosts(HOSTS)
    own = frozenset(
        word for host in HOSTS for word in lab.run_on_machine_as_root(host, FINGERPRINTS).stdout.decode().split()
    )
    try:
        yield _played(Walk(folder, request.param, state, own=own))
    finally:
        lab.reset_machines_to_pristine_image(HOSTS)


def _played(walk: Walk) -> Story:
    began = clock.now().replace(microsecond=0)
    hunted = walk.type("auditor hunt --limit web1,web2")
    walk.type(_printed(hunted, "review"))
    first, chair = walk.findings(), (walk.folder / "out/report/index.html").read_text("utf-8")
    opened = walk.type(_printed(walk.typed[-1][1], "open", *HOSTS), "--yes")
    incident = opened.out.split()[0]
    told = coming(opened, incident, walk.lang)
    while told is not None:
        last = opened
        for host, command in told.by_hand:
            done = lab.run_on_machine_as_root(host, command)
            walk.on_hosts.append((host, command, done.returncode, (done.stdout + done.stderr).decode()))
        if told.by_hand:
            for host, script in CLEANED.items():
                cleaned = lab.run_on_machine_as_root(host, script)
                assert cleaned.returncode == 0, cleaned.stderr.decode()
        for line in (*told.ours, *filter(None, (_without(line, walk.own) for line in told.signs))):
            if "todo" not in shlex.split(line):
                last = walk.type(line)
        told = coming(last, incident, walk.lang)
    state = walk.state
    case = run(state, "incident", "show", incident, "--json").json
    verified = run(state, "history", "verify")
    clean = run(state, "hunt", "--limit", ",".join(HOSTS), "--json", "--format", "json", cwd=walk.folder).json
    month = str(Period.from_moment(clean["run"]["started"]))  # in which it ended, be it that midnight has passed
    given = ("--unit", "tinh-tan-giang", "--period", month, "--output", str(walk.folder / "official"), "--lang", "vi")
    written = run(state, "report", "official", *given)
    official = "".join(_text(path) for path in sorted((walk.folder / "official").glob("*.docx")))
    assert official, written.out + written.err
    return Story(walk, began, incident, first, chair, case, clean, verified, official)


def _printed(ended: Ended, *words: str) -> str:
    """The last command of ours in an output that has these words."""
    found = [one[0] for line in ended.out.splitlines() if (one := OURS.search(line))]
    return [line for line in found if {*words} <= {*shlex.split(line)}][-1]


def coming(ended: Ended, incident: str, lang: str) -> Next | None:
    """What comes next, as the end of a command's output says it; None: nothing does."""
    lines = ended.err.splitlines()
    begins = [at for at, line in enumerate(lines) if line.startswith(f"{incident}: ")]
    if not begins:
        return None
    says, *lines = lines[begins[-1] :]
    heading = Words("vi" if lang == "vi" else "en")("incidents.next.signs")
    at = lines.index(heading) if heading in lines else len(lines)
    return Next(says, *(tuple(_ours(part)) for part in (lines[:at], lines[at:])), tuple(_on_hosts(lines)))


def _ours(lines: Sequence[str]) -> Iterator[str]:
    assert all(len(line) < MAX_COMMAND for line in lines)
    yield from (line.strip() for line in lines if line.startswith("  auditor "))


def _on_hosts(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    host = ""
    for line in lines:
        host = next((name for name in HOSTS if re.search(rf"(?:on|trên) {name}\b", line)), host)
        if found := ON_HOST.fullmatch(line):
            yield host, found[1]


def _without(line: str, own: frozenset[str]) -> str:
    """The command without what is the office's own; empty where nothing else is in it."""
    words, kept = shlex.split(line), list[str]()
    while words:
        word = words.pop(0)
        if word == "key" and words[0].rpartition("SHA256:")[2] in {one.partition(":")[2] for one in own}:
            words.pop(0)
            continue
        kept.append(word)
    return "" if kept[_OF_VERB].startswith("--") else shlex.join(kept)


_OF_VERB = 4
"""Words before the first thing: auditor incident contain ID."""


def _text(file: Path) -> str:
    """The words of a DOCX, a paragraph a line."""
    with zipfile.ZipFile(file) as archive:
        xml = archive.read("word/document.xml").decode("utf-8")
    return re.sub(r"<[^>]+>", "", re.sub(r"</w:p>", "\n", xml)).replace("&amp;", "&").replace("&quot;", '"')


def _traces(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All traces, also those that are too little for an alarm."""
    found = [one for finding in told["findings"] if _is_of_intruders(finding) for one in finding["violations"]]
    return [*found, *(one for looked in (*told["hunts"], *told["reviews"]) for one in looked["weak"])]


def _is_of_intruders(finding: Mapping[str, Any]) -> bool:
    sites = {"antruc.test", "bennua.test"}
    return finding["control"].startswith(("compromise.", "content.")) and finding["subject"]["id"] in {*HOSTS, *sites}


def test_it_takes_no_more_than_twenty_commands(story: Story) -> None:
    assert 0 < len(story.walk.typed) <= MOST
    assert story.case["cause"] == ANSWERS["cause"]


def test_no_command_that_was_printed_is_a_mistake(story: Story) -> None:
    assert [(line, ended.out + ended.err) for line, ended in story.walk.typed if ended.code not in (0, 1)] == []
    assert [one for one in story.walk.on_hosts if one[2] != 0] == []


def test_what_is_found_is_told_before_all_else_on_the_chair_s_page(story: Story) -> None:
    brief = story.chair[story.chair.index('id="brief"') :]
    asked = brief[brief.index("<ol") : brief.index("</ol>")]
    assert asked.index("web1") < asked.index("</li>")


@pytest.mark.parametrize(
    "one", [one for one in lab.load_planted_intrusion_traces() if one.id != BY_RENDER], ids=lambda one: str(one.id)
)
def test_whatever_was_planted_is_gone(story: Story, one: lab.PlantedIntrusionTrace) -> None:
    assert [trace for trace in _traces(story.clean) if one.told.matches_trace(trace)] == []


def test_what_a_browser_alone_shows_is_among_the_files_that_a_step_shows(story: Story) -> None:
    assert any("static/giao-dien.js" in out for host, _, _, out in story.walk.on_hosts if host == "web2")


def test_both_hosts_and_sites_give_no_alarm_any_more(story: Story) -> None:
    left = [finding for finding in story.clean["findings"] if _is_of_intruders(finding) and finding["violations"]]
    assert [(finding["control"], finding["violations"]) for finding in left] == []


def test_the_forms_are_whole_and_addressed_to_the_authority(story: Story) -> None:
    for form in ("first", "full", "end"):
        line, ended = next(one for one in story.walk.typed if f"--form {form}" in one[0])
        assert ended.code == 0, f"{line}\n{ended.err}"
        assert AUTHORITY in _text(story.walk.folder / f"out/su-co-{story.incident}-{form}.docx")
    missing = [one["deed"]["missing"] for one in story.case["entries"] if one["deed"]["kind"] == "filled_in"]
    assert missing == [0, 0, 0]


def test_deadlines_count_from_the_hunt(story: Story) -> None:
    hunts = [hunt["started"] for hunt in story.first["hunts"] if hunt["host"] in HOSTS]
    assert story.began <= clock.parse_iso_moment(story.case["detected"]) <= min(map(clock.parse_iso_moment, hunts))


def test_the_official_report_tells_it_with_its_times_and_numbers(story: Story) -> None:
    words, official = Words("vi"), story.official
    assert story.incident in official
    assert words.format_iso_moment(story.case["detected"]) in official
    closed = next(one["happened"] for one in story.case["entries"] if one["deed"]["kind"] == "closed")
    assert words.format_iso_moment(closed) in official
    done = [one for one in story.case["actions"] if one["state"] == "confirmed"]
    over = [one for one in story.case["actions"] if one["state"] == "released"]
    count, in_force = len(done) + len(over), len(done)
    assert words("official.incidents.contained", count=count, in_force=in_force) in official
    for sent in (one for one in story.case["entries"] if one["deed"]["kind"] == "reported"):
        assert words.format_iso_moment(sent["happened"]) in official


def test_the_case_log_knows_what_was_done_by_hand_and_nothing_is_in_doubt(story: Story) -> None:
    notes = [one["deed"]["text"] for one in story.case["entries"] if one["deed"]["kind"] == "noted"]
    assert any("/etc/pam.d/sshd" in note for note in notes)
    deeds = [
        ContainedEvent.model_validate(one["deed"])
        for one in story.case["entries"]
        if one["deed"]["kind"] == "contained"
    ]
    assert {one.state for one in deeds} <= {"begun", "confirmed", "refused"}
    assert story.verified.code == 0, story.verified.out + story.verified.err
