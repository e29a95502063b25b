"""``docs/controls/``: what is asked of a server and why, from the catalogue, a page an area and language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.audit import controls
from auditor.audit.controls import Control
from auditor.inventory import hosts
from auditor.models import Lang, Site, Text
from auditor.report.evidence import list_frameworks_with_clauses
from auditor.text.translations import Words
from tools import variables_page
from tools.markdown import code, plain, table

LANGS: tuple[Lang, ...] = ("vi", "en")
_OTHER: dict[Lang, str] = {"vi": "English", "en": "Tiếng Việt"}
_ORIGIN = Text(
    vi="Trang này do `make docs` viết từ `{source}`: sửa ở đó.",
    en="`make docs` writes this page from `{source}`: change that.",
)
_ALL = Text(vi="Mọi yêu cầu", en="All controls")
_AUTOMATED_FIX = Text(vi="khắc phục tự động", en="automated fix")
_BY_HAND = Text(vi="làm thủ công", en="by hand")
_MANUAL = Text(vi="chỉ con người xác nhận được", en="only a person can tell")
_DIFFERENT = Text(vi="Điều sẽ khác đi", en="What will be different")
_NOT_WHEN = Text(vi="Không áp dụng khi", en="Does not apply when")
_IN_CONTAINER = Text(vi="Trong container", en="In a container")
_VARIABLES = Text(vi="Biến liên quan", en="Variables")
_READS = Text(vi="Biến trong bảng kiểm kê được dùng", en="What it reads of the inventory")
_INDEX = Text(
    vi="Mỗi yêu cầu có một mã. Mã đó cũng là tên dùng trong `--tags`, `luytre_accept`, miễn trừ, nhật ký và báo cáo.",
    en="Each control has an id. It is also what `--tags`, `luytre_accept`, waivers, logs and reports call it.",
)
_READ = re.compile(r"\b(host|site)\.([a-z_]+)")


def pages() -> dict[str, str]:
    """Return each page by its path below ``docs/controls``."""
    catalogue = controls.load_catalogue()
    by_area: dict[str, list[Control]] = {}
    for control in catalogue.controls:
        by_area.setdefault(control.area, []).append(control)
    texts = {"README.md": _index(by_area)}
    for area, own in by_area.items():
        for lang in LANGS:
            texts[f"{lang}/{area}.md"] = _page(area, own, lang)
    return texts


def _index(by_area: dict[str, list[Control]]) -> str:
    lines = [
        f"# {_ALL.vi} · {_ALL.en}\n",
        _ORIGIN.vi.format(source="roles/*/controls.yml"),
        _ORIGIN.en.format(source="roles/*/controls.yml") + "\n",
        _INDEX.vi,
        _INDEX.en + "\n",
    ]
    rows = []
    for area, own in by_area.items():
        fixed_count = sum(control.fix is not None for control in own)
        where = (f"[Tiếng Việt](vi/{area}.md)", f"[English](en/{area}.md)")
        rows.append((code(area), str(len(own)), str(fixed_count), *where))
    head = ("Nhóm · area", "Yêu cầu · controls", "Khắc phục tự động · automated", "", "")
    return "\n".join(lines) + "\n" + table(head, rows)


def _page(area: str, own: list[Control], lang: Lang) -> str:
    words = Words(lang)
    other: Lang = "en" if lang == "vi" else "vi"
    parts = [
        f"# {plain(area)}\n\n[{_ALL.get(lang)}](../README.md) · [{_OTHER[lang]}](../{other}/{area}.md)\n",
        _ORIGIN.get(lang).format(source=f"roles/{area}/controls.yml") + "\n",
    ]
    rows = [
        (f"[{code(control.id)}](#{_anchor(control.id)})", plain(control.title.get(lang)), _severity(control, words))
        for control in own
    ]
    parts.append(table((words("controls.id"), words("controls.title"), words("controls.severity")), rows))
    parts += ["\n".join(_control(control, words)) for control in own]
    if names := variables_page.list_variables(area):
        links = ", ".join(f"[{code(name)}](../../variables.md#{area})" for name in names)
        parts.append(f"## {_VARIABLES.get(lang)}\n\n{links}\n")
    return "\n".join(parts)


def _anchor(control: str) -> str:
    """Return what a heading's link is called: its text without dots."""
    return control.replace(".", "")


def _severity(control: Control, words: Words) -> str:
    return words(f"severity.{control.severity.value}").lower()


def _control(control: Control, words: Words) -> Iterator[str]:
    lang = words.lang
    subject = words("site" if control.subject == "site" else "host")
    yield f"## {plain(control.id)}\n"
    yield f"**{plain(control.title.get(lang))}**\n"
    yield f"{words('controls.severity')}: {_severity(control, words)} · {subject} · {_how(control, words)}\n"
    yield f"**{words('controls.problem')}.** {plain(control.problem.get(lang))}\n"
    yield f"**{words('why')}.** {plain(control.rationale.get(lang))}\n"
    yield f"**{words('fix')}.** {plain(control.remedy.get(lang))}\n"
    sections = (
        (words("danger"), control.fix.danger if control.fix else None),
        (_DIFFERENT.get(lang), control.fix.note if control.fix else None),
        (_NOT_WHEN.get(lang), control.otherwise),
        (_IN_CONTAINER.get(lang), control.container),
    )
    yield from (f"**{head}.** {plain(text.get(lang))}\n" for head, text in sections if text is not None)
    if names := list_inventory_variables(control):
        yield f"**{_READS.get(lang)}.** {', '.join(map(code, names))}\n"
    if citations := list_frameworks_with_clauses(control.references, words):
        yield f"**{words('references')}.**\n"
        yield "".join(f"- {plain(framework)}: {plain(clauses)}\n" for framework, clauses in citations)


def _how(control: Control, words: Words) -> str:
    if control.fix is not None:
        return f"{_AUTOMATED_FIX.get(words.lang)}, {words(f'disruption.{control.fix.disruption}')}"
    return _MANUAL.get(words.lang) if control.manual else _BY_HAND.get(words.lang)


def list_inventory_variables(control: Control) -> list[str]:
    """Return the inventory's variables that a control's expressions look at."""
    of_hosts = {field: name for name, field in hosts.HOST_KEYS.items()}
    sources = (control.applies, control.pass_condition, control.violations, control.among)
    names = [
        of_hosts.get(field) if kind == "host" else field if field in Site.model_fields else None
        for source in sources
        for kind, field in _READ.findall(source or "")
    ]
    return list(dict.fromkeys(name for name in names if name is not None))
