"""``docs/variables.md``: what can be set, from the models of the inventory and the argument specifications of roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polib

from auditor.audit import controls
from auditor.inventory import hosts, thresholds
from auditor.models import Host, Model, Organisation, Site, Unit
from auditor.system import resources
from auditor.system.yaml_source import load_yaml
from tools.markdown import code, of_ansible, table

VIETNAMESE = Path(__file__).with_name("variables.vi.po")
"""The Vietnamese of every description, by its English."""
_MAX_SHOWN = 60
"""Characters of a default that is shown; a longer one is looked up in its role."""
_INTRO = """\
# Các biến · Variables

Trang này do `make docs` viết từ mô hình của bảng kiểm kê (`auditor/models`) và `roles/*/meta/argument_specs.yml`:
sửa ở đó; phần tiếng Việt ở `tools/variables.vi.po`.

`make docs` writes this page from the models of the inventory (`auditor/models`) and
`roles/*/meta/argument_specs.yml`: change those; the Vietnamese is in `tools/variables.vi.po`.
"""
_THRESHOLDS = """\
## Ngưỡng · thresholds

Các biến ở trên mà yêu cầu xét theo. Khi bảng kiểm kê đặt một biến, rà soát xét theo giá trị đó và kết quả ghi rõ;
ngoài khoảng là lỗi. Danh sách: `auditor/inventory/thresholds.yml`.

Those of the variables above that controls are judged by. Where the inventory sets one, the audit judges by it and
every finding says so; a value out of range is an error. The list: `auditor/inventory/thresholds.yml`.
"""
_EMPTY: Mapping[str | None, Any] = {"array": [], "object": {}}
"""What a field holds that is left out and says no default of its own."""


class MissingTranslations(Exception):
    """Descriptions without Vietnamese, fields without a description, or Vietnamese that nothing says any more."""


def page() -> str:
    """Return the page. Raises MissingTranslations."""
    vietnamese = {entry.msgid: entry.msgstr for entry in polib.pofile(str(VIETNAMESE))}
    descriptions: list[str] = []

    def translate(english: str) -> tuple[str, str]:
        descriptions.append(english)
        return of_ansible(vietnamese.get(english, "")), of_ansible(f"{english[:1].upper()}{english[1:].rstrip('.')}.")

    parts = [_INTRO]
    for heading, rows in _tables():
        cells = [(code(name), kind, default, *translate(english)) for name, kind, default, english in rows]
        parts.append(f"## {heading}\n\n" + table(("", "", "mặc định · default", "Tiếng Việt", "English"), cells))
    parts.append(f"{_THRESHOLDS}\n{_thresholds()}")
    wrong = sorted(
        {description for description in descriptions if not vietnamese.get(description)}
        | {description for description in vietnamese if description not in descriptions}
    )
    if wrong:
        raise MissingTranslations(f"{VIETNAMESE.name}: translate these, or take them out: {wrong}")
    return "\n".join(parts)


def _thresholds() -> str:
    """Return the limits of controls, and which controls are judged by them."""
    catalogue = controls.load_catalogue()
    rows = [
        (
            code(name),
            f"{threshold.least}–{threshold.most} {threshold.unit.vi} · {threshold.unit.en}",
            str(threshold.usual),
            " ".join(
                code(control.id)
                for control in catalogue.controls
                if control.has_expression_that_reads(f"limits.{name}")
            ),
        )
        for name, threshold in thresholds.load_thresholds_by_variable().items()
    ]
    return table(("", "trong khoảng · range", "thường · usual", "yêu cầu · controls"), rows)


def list_variables(area: str) -> tuple[str, ...]:
    """Return the names of the variables of an area's role."""
    return tuple(_options(area))


Row = tuple[str, str, str, str]
"""Name, type, default, description in English."""


def rows_of_area(area: str, folder: str) -> Iterator[Row]:
    """Yield the variables of an area's role; ``folder`` leads from the page to the role."""
    yield from (_of_role(area, folder, name, option) for name, option in _options(area).items())


def _tables() -> Iterator[tuple[str, list[Row]]]:
    of_hosts = {row[0]: row for row in _of_model(Host)}
    inventory = [(name, *of_hosts[field][1:]) for name, field in hosts.HOST_KEYS.items()]
    others: list[Row] = [(name, kind, "", english) for name, (kind, english) in hosts.OTHER_KEYS.items()]
    yield "hosts.yml", [*inventory, *others]
    yield "luytre_sites", [row for row in _of_model(Site) if row[0] not in hosts.DERIVED_FIELDS]
    yield "office/organisation.yml", list(_of_model(Organisation))
    yield "units", list(_of_model(Unit))
    for area in sorted(folder.name for folder in resources.get_roles_folder().iterdir()):
        if rows := list(rows_of_area(area, f"../roles/{area}")):
            yield area, rows


def _of_model(model: type[Model]) -> Iterator[Row]:
    schema = model.model_json_schema()
    for name, field in schema["properties"].items():
        if model is Host and name not in hosts.HOST_KEYS.values():
            continue
        default = (
            ""
            if name in schema.get("required", ())
            else code(_short(field.get("default", _EMPTY.get(field.get("type")))))
        )
        yield name, _kind(field, schema.get("$defs", {})), default, str(model.model_fields[name].description)


def _kind(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Return a type in the words of JSON Schema, choices spelt out."""
    if "$ref" in field:
        name = str(field["$ref"]).rpartition("/")[2]
        return _kind(definitions[name], definitions) if "enum" in definitions[name] else name
    if choices := field.get("enum"):
        return " ".join(code(str(choice)) for choice in choices)
    if kinds := field.get("anyOf"):
        return " / ".join(_kind(kind, definitions) for kind in kinds if kind.get("type") != "null")
    if field.get("type") == "array":
        return f"list: {_kind(field['items'], definitions)}"
    if {"minimum", "maximum"} <= field.keys():
        return f"{field['minimum']}–{field['maximum']}"
    return str(field.get("type", "string"))


@cache
def specification(area: str) -> Mapping[str, Any]:
    """Return what an area's role says of itself; nothing when there is no role."""
    file = resources.get_roles_folder() / area / "meta/argument_specs.yml"
    return dict(load_yaml(file)["argument_specs"]["main"]) if file.is_file() else {}


def _options(area: str) -> Mapping[str, Mapping[str, Any]]:
    return specification(area).get("options") or {}


def _of_role(area: str, folder: str, name: str, option: Mapping[str, Any]) -> Row:
    defaults = resources.get_roles_folder() / area / "defaults/main.yml"
    default = (
        option["default"] if "default" in option else load_yaml(defaults).get(name, "") if defaults.is_file() else ""
    )
    kind = " ".join(code(str(choice)) for choice in option.get("choices", ())) or str(option["type"])
    default_text = _short(default)
    if len(default_text) > _MAX_SHOWN:
        return name, kind, f"[{area}]({folder}/defaults/main.yml)", option["description"]
    return name, kind, code(default_text) if default_text else "", option["description"]


def _short(value: Any) -> str:
    return "–" if value is None else str(value)
