"""``docs/{en,vi}/attack-table.md``: each technique of ATT&CK on Linux, what a hunt says of it, and what proves that."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from auditor import lab
from auditor.models import Lang
from auditor.text.translations import Words
from tools.markdown import code, plain, table

_TOP = Path(__file__).parents[1]
TECHNIQUES = Path(__file__).with_name("attack.yml")
SET = _TOP / "benchmarks/detection_sets/footholds/a"
TESTED = "web2"
"""The machine of the compromised lab whose plants ``tests/integration/test_compromised.py`` hunts for."""
RANKS = ("nothing", "sign", "alarm")
_UNPROVEN = "does not work"
_TITLE = {"en": "What a hunt finds, by technique of ATT&CK", "vi": "Đợt truy tìm thấy gì, theo kỹ thuật của ATT&CK"}
_INTRODUCTION = {
    "en": (
        "`make docs` writes this page from `tools/attack.yml` and the last measurement's record. The "
        "techniques are those of MITRE ATT&CK (Enterprise) for persistence, privilege escalation and "
        "defense evasion on Linux. [How it was measured](detection.md).\n\n"
        "- **alarm**: a finding. **sign**: a weak indicator, no finding. **nothing**: not found.\n"
        "- Numbers count plants, each by its worse result on Debian 12 and 13.\n"
        "- **without result**: did not work on the hosts that day, or not measured yet.\n"
        "- Names without a number are the compromised lab's, held by its tests.\n"
        "- A technique found here may be used in ways that are not. One without a plant is not claimed."
    ),
    "vi": (
        "`make docs` viết trang này từ `tools/attack.yml` và kết quả của lần đo gần nhất. Các kỹ thuật lấy theo MITRE "
        "ATT&CK (Enterprise), gồm duy trì hiện diện, leo thang đặc quyền và né tránh phòng thủ trên "
        "Linux. [Đo như thế nào](detection.md).\n\n"
        "- **cảnh báo**: có phát hiện. **dấu hiệu**: hiện là dấu hiệu yếu, chưa thành phát hiện. **không thấy**: "
        "không tìm thấy.\n"
        "- Con số là số mẫu cài thử. Mỗi mẫu tính theo kết quả kém hơn trên Debian 12 và 13.\n"
        "- **chưa có kết quả**: mẫu không chạy được trên máy thử hôm đó, hoặc chưa ai đo.\n"
        "- Mẫu không có số trong tên là của máy thử nghiệm bị xâm nhập; bộ kiểm thử giữ kết quả của chúng.\n"
        "- Kỹ thuật đã thấy ở đây vẫn có thể được dùng theo cách khác mà không thấy. Kỹ thuật không có mẫu thì không "
        "khẳng định."
    ),
}
_HEAD = {
    "en": ("technique", "name", "found", "by", "planted"),
    "vi": ("kỹ thuật", "tên", "kết quả", "nhờ", "mẫu cài thử"),
}
_SAID = {
    "alarm": {"en": "alarm", "vi": "cảnh báo"},
    "sign": {"en": "sign", "vi": "dấu hiệu"},
    "nothing": {"en": "nothing", "vi": "không thấy"},
    _UNPROVEN: {"en": "without result", "vi": "chưa có kết quả"},
}
_WITHOUT = {"en": "Without a plant", "vi": "Không có mẫu cài thử"}
_TOTAL = {
    "en": "{alarm} plants give an alarm, {sign} a sign, {nothing} nothing, and {unproven} have no result.",
    "vi": "{alarm} mẫu cho cảnh báo, {sign} cho dấu hiệu, {nothing} không thấy, và {unproven} chưa có kết quả.",
}


@dataclass(frozen=True)
class Plant:
    """What was planted, how sure the hunt was of it, and by which detections."""

    name: str
    said: str
    rules: tuple[str, ...] = ()
    technique: str = ""


@dataclass(frozen=True)
class Technique:
    """A technique, with the names of its plants or the key of the reason for none."""

    id: str
    name: str
    plants: tuple[str, ...] = ()
    why: str = ""


def pages() -> dict[str, str]:
    """Return the page of each language by its path below ``docs``."""
    techniques, reasons = load_techniques(TECHNIQUES)
    plants = load_plants(SET)
    if mistakes := list(find_mistakes(techniques, reasons, plants)):
        raise ValueError("; ".join(mistakes))
    return {f"{lang}/attack-table.md": _make_page(lang, techniques, reasons, plants) for lang in ("en", "vi")}


def load_techniques(path: Path) -> tuple[list[Technique], Mapping[str, Mapping[str, str]]]:
    """Return the techniques, and the reasons that they name."""
    told = yaml.safe_load(path.read_text("utf-8"))
    rows = [{**row, "plants": tuple(row.get("plants", ()))} for row in told["techniques"]]
    return [Technique(**row) for row in rows], told["reasons"]


def load_plants(folder: Path) -> dict[str, Plant]:
    """Return the plants of a set with what was recorded of them, and those of the compromised lab, by name."""
    result = folder / "result.json"
    recorded: Mapping[str, Any] = json.loads(result.read_text("utf-8"))["footholds"] if result.is_file() else {}
    plants = {}
    for row in yaml.safe_load((folder / "footholds.yml").read_text("utf-8")):
        name = Path(row["file"]).stem
        plants[name] = _judge_plant(name, row["technique"], list(recorded.get(name, {}).values()))
    for one in lab.load_planted_intrusion_traces():
        if one.what == "foothold" and one.host == TESTED:
            plants[one.id] = Plant(one.id, "sign" if one.told.by == "earlier" else "alarm")
    return plants


def _judge_plant(name: str, technique: str, said: Sequence[Mapping[str, Any]]) -> Plant:
    proven = [one for one in said if one["said"] in RANKS]
    if not proven:
        return Plant(name, _UNPROVEN, (), technique)
    worst = min(proven, key=lambda one: RANKS.index(one["said"]))
    return Plant(name, worst["said"], tuple(worst.get("rules", ())), technique)


def find_mistakes(
    techniques: Sequence[Technique], reasons: Mapping[str, object], plants: Mapping[str, Plant]
) -> Iterator[str]:
    """Yield what is wrong: a technique with nothing behind it, a plant or reason that is not there, one left out."""
    named = Counter(name for one in techniques for name in one.plants)
    for one in techniques:
        if bool(one.plants) == bool(one.why):
            yield f"{one.id}: it needs either plants or a reason for none"
        if one.why and one.why not in reasons:
            yield f"{one.id}: there is no reason {one.why}"
        for name in one.plants:
            if name not in plants:
                yield f"{one.id}: there is no plant {name}"
            elif plants[name].technique and _get_parent(plants[name].technique) != _get_parent(one.id):
                yield f"{one.id}: {name} is of {plants[name].technique}"
    yield from (f"{one}: twice" for one, count in Counter(one.id for one in techniques).items() if count > 1)
    yield from (f"{name}: under several techniques" for name, count in named.items() if count > 1)
    yield from (f"{name}: under no technique" for name, one in plants.items() if one.technique and name not in named)


def _get_parent(technique: str) -> str:
    return technique.partition(".")[0]


def _make_page(
    lang: Lang,
    techniques: Sequence[Technique],
    reasons: Mapping[str, Mapping[str, str]],
    plants: Mapping[str, Plant],
) -> str:
    words = Words(lang)
    rows = []
    in_order = sorted(techniques, key=lambda technique: technique.id)
    for one in (technique for technique in in_order if technique.plants):
        mine = [plants[name] for name in one.plants]
        rules = _list_telling_rules({rule for plant in mine for rule in plant.rules if plant.said != "nothing"})
        told = [plain(words(f"trace.rule.{rule}")) for rule in rules]
        rows.append((one.id, plain(one.name), _count(lang, mine), "; ".join(told) or "—", _list(lang, mine)))
    count = Counter(plants[name].said for one in techniques for name in one.plants)
    total = _TOTAL[lang].format(**{said: count[said] for said in RANKS}, unproven=count[_UNPROVEN])
    without = [
        f"- {plain(why[lang])}: "
        + "; ".join(f"{one.id} {plain(one.name)}" for one in in_order if one.why == key and not one.plants)
        for key, why in reasons.items()
    ]
    return (
        f"# {_TITLE[lang]}\n\n{_INTRODUCTION[lang]}\n\n{total}\n\n{table(_HEAD[lang], rows)}\n"
        f"## {_WITHOUT[lang]}\n\n" + "\n".join(without) + "\n"
    )


def _list_telling_rules(rules: set[str]) -> list[str]:
    """Return rules in order; how something stands to packages goes without saying beside one that says more."""
    telling = sorted(rules - {"foreign", "changed", "runs_foreign"})
    return telling or sorted(rules)


def _count(lang: Lang, plants: Sequence[Plant]) -> str:
    count = Counter(plant.said for plant in plants)
    told = [f"{_SAID[said][lang]} {count[said]}" for said in (*reversed(RANKS), _UNPROVEN) if count[said]]
    return ", ".join(told) or "—"


def _list(lang: Lang, plants: Sequence[Plant]) -> str:
    return ", ".join(f"{code(plant.name)} ({_SAID[plant.said][lang]})" for plant in plants)
