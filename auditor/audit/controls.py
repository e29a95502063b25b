"""The catalogue: one ``controls.yml`` beside each role's tasks, read and checked as a whole."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from auditor.audit import expressions
from auditor.audit.effects import Effect
from auditor.errors import InputError
from auditor.models import Bucket, ControlId, Finding, Model, Severity, Text
from auditor.models.reviews import MANNERS, Manner
from auditor.system import resources
from auditor.system.yaml_source import (
    YamlPlace,
    find_line_of_path_in_yaml_file,
    load_own_yaml_files_cached,
    load_yaml,
    validate_yaml_data_as_model,
)
from auditor.text.translations import make_text

Disruption = Literal["none", "reload", "restart", "reboot"]
Tells = Literal["injected", "vulnerable", "contact"]
"""What tables for authorities count of a control's violations.

Sites with what others put there, vulnerabilities, bad addresses.
"""
OFFICE = "office"
"""The area whose controls are judged from the office's papers (auditor.audit.waivers), not from a host's facts."""
CONTENT = "content"
"""The area whose controls are judged from looks at sites (auditor.audit.assessors.scans), not from a host's facts."""
COMPROMISE = "compromise"
"""The area whose controls are judged from hunts on hosts (auditor.audit.assessors.hunts)."""

VULNERABILITIES = "vulnerabilities"
"""The area of expressions that no host tells.

Worked out here of its packages and applications (auditor.vulnerabilities).
"""
INDICATORS = "indicators"
"""Likewise: worked out here of what a host and its pages had to do with (auditor.indicators)."""

COLLECTOR = "on_host/collect/library/compliance_facts.py"
AREAS_OF_PLANS = "playbooks/roles/areas/vars/main.yml"

_AMISS: tuple[Bucket, ...] = ("fail", "partial", "waived", "manual")
"""Where something is wrong, or nobody has yet said that it is not."""

_RETIRED_NOTE = make_text("This control is no longer in the catalogue of this version.")


def _require_short_and_flat_expression(source: str) -> str:
    if not expressions.is_expression_short_and_flat(source):
        raise ValueError("an expression has at most 4,000 characters and 50 levels")
    return source


Expression = Annotated[
    str,
    AfterValidator(_require_short_and_flat_expression),
    AfterValidator(expressions.check_expression_syntax_and_filters),
]


class FactComparison(Model):
    """The short form for the common case: one fact against one value."""

    path: Expression
    op: Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
    value: bool | int | str | list[int] | list[str]

    @property
    def jinja_expression(self) -> str:
        """Return the same as a Jinja2 expression."""
        return f"{self.path} {self.op} {self.value!r}"


class Fix(Model):
    """An automated fix: tasks in the same role, tagged with the control's id."""

    touches: tuple[str, ...] = Field(
        min_length=1,
        description="paths, or package:NAME unit:NAME sysctl:KEY database:NAME; found:FOLDER/ for the paths below it "
        "that the audit finds",
    )
    disruption: Disruption = "none"
    effects: tuple[Effect, ...] = Field(default=(), description="what others have to know that it does")
    danger: Text | None = Field(
        default=None,
        description="how it may lock somebody out, break a site or cut a service off: accepted by name only",
    )
    note: Text | None = Field(default=None, description="what will be different for whom, without danger")


def select_controls_by_fix_effects(fixes: Mapping[ControlId, Fix], *effects: Effect) -> tuple[ControlId, ...]:
    """Return the controls whose fixes have any of these effects."""
    return tuple(control for control, fix in fixes.items() if not set(effects).isdisjoint(fix.effects))


class Control(Model):
    """One requirement, its check and its fix."""

    id: ControlId
    title: Text = Field(description="the requirement, as a sentence that is true when it passes")
    problem: Text = Field(description="what is wrong while it is open, in the fewest words")
    rationale: Text
    remedy: Text = Field(description="what the fix does, or what a person has to do")
    severity: Severity
    subject: Literal["host", "site"]
    applies: Expression | None = Field(default=None, description="expression; not_applicable when false")
    otherwise: Text | None = Field(default=None, description="why it does not apply, for the reader")
    that: Expression | None = Field(default=None, description="expression; pass when true")
    test: FactComparison | None = None
    violations: Expression | None = Field(
        default=None, description="expression for a list; pass when empty, the list is the evidence"
    )
    among: Expression | None = Field(
        default=None, description="expression for the whole collection that violations are part of"
    )
    manual: bool = Field(default=False, description="only a person can tell")
    container: Text | None = Field(default=None, description="why a container can neither show nor have it")
    no_drill: Text | None = Field(default=None, description="why no drill can prove it, beside container")
    tells: Tells | None = Field(default=None, description="what tables for authorities count of its violations")
    fix: Fix | None = None
    references: Mapping[str, Any] = Field(default_factory=dict)
    rests_on: tuple[Manner, ...] = Field(
        default=(),
        description="of what is judged from reviews: the manners of visit without any of which it cannot pass",
    )
    let_in_by: tuple[ControlId, ...] = Field(
        default=(),
        description="controls that, while they are open, let such a thing in: named beside what a hunt finds",
    )

    @model_validator(mode="after")
    def _require_exactly_one_check_form(self) -> Self:
        forms = [form for form in (self.that, self.test, self.violations) if form is not None]
        if len(forms) + self.manual != 1:
            raise ValueError("exactly one of 'that', 'test', 'violations' and 'manual: true' is required")
        if self.among is not None and self.violations is None:
            raise ValueError("'among' requires 'violations'")
        return self

    @property
    def pass_condition(self) -> str | None:
        """Return the expression that is true when the control passes, in either form."""
        return self.test.jinja_expression if self.test else self.that

    def get_problem_or_title_for_bucket(self, bucket: Bucket) -> Text:
        """Return what a finding of it that came to that says: what is wrong, else the requirement."""
        return self.problem if bucket in _AMISS else self.title

    def has_expression_that_reads(self, name: str) -> bool:
        """Return whether any of its expressions reads this name."""
        sources = (self.applies, self.pass_condition, self.violations, self.among)
        return any(re.search(rf"\b{re.escape(name)}\b", source) for source in sources if source)

    @property
    def area(self) -> str:
        """Return the folder of ``roles/`` that this control is in."""
        return self.id.split(".", 1)[0]


class Drill(Model):
    """A script that breaks one control on a lab host."""

    control: ControlId
    trap: str
    path: str
    hosts: tuple[str, ...]
    site: str | None = None
    held: Literal["aside", "by hand"] | None = Field(
        default=None, description="others could have written it: held until accepted, or for a person to mend"
    )
    last: bool = Field(
        default=False, description="undone by a restart or an installation, or in its way: broken after all others"
    )
    alone: bool = Field(
        default=False,
        description="breaks more than its control, or hides what others go by: nothing is drilled beside it",
    )
    seen_by: Literal["audit", "hunt", "review"] = Field(default="audit", description="what has to look to find it")


class Catalogue(Model):
    """All controls by id, in the order of the files."""

    controls: tuple[Control, ...]

    def __getitem__(self, control_id: str) -> Control:
        return self.controls_by_id[control_id]

    def iter_controls_judged_from_facts(self, subject: Literal["host", "site"]) -> Iterator[Control]:
        """Return the controls on that kind of subject that are judged from a host's facts."""
        return (
            control
            for control in self.controls
            if control.subject == subject and control.area not in (OFFICE, CONTENT, COMPROMISE)
        )

    @cached_property
    def controls_by_id(self) -> Mapping[str, Control]:
        """Return controls by id."""
        return {control.id: control for control in self.controls}

    def find_controls_that_tell_of(self, tells: Tells, subject: Literal["host", "site"]) -> tuple[ControlId, ...]:
        """Return the controls on that kind of subject that tell of it."""
        return tuple(control.id for control in self.controls if control.tells == tells and control.subject == subject)

    def get_problem_or_title_of_finding(self, finding: Finding) -> Text:
        """Return what the finding says: what is wrong, else the requirement."""
        return self[finding.control].get_problem_or_title_for_bucket(finding.bucket)

    def add_retired_controls_of_findings(self, findings: Iterable[Finding]) -> Catalogue:
        """Return the catalogue with an entry for each control of the findings that has left it since.

        The entry's title is the control's id.
        """
        retired_findings = {
            finding.control: finding for finding in findings if finding.control not in self.controls_by_id
        }
        return (
            Catalogue(controls=(*self.controls, *map(_make_retired_control, retired_findings.values())))
            if retired_findings
            else self
        )

    @property
    def control_ids_judged_from_papers(self) -> frozenset[ControlId]:
        """Return the controls that are judged from the office's papers, and open where one has expired."""
        return frozenset(control.id for control in self.controls if control.area == OFFICE)

    @property
    def control_ids_judged_from_looks(self) -> frozenset[ControlId]:
        """Return the controls that are judged from looks at sites."""
        return frozenset(control.id for control in self.controls if control.area == CONTENT)

    @property
    def control_ids_judged_from_looks_and_hunts(self) -> frozenset[ControlId]:
        """Return the controls that are judged from looks and hunts: each member that violates has a key of its own."""
        return frozenset(control.id for control in self.controls if control.area in (CONTENT, COMPROMISE))

    def collect_effects_of_fixes(self, control_ids: Iterable[ControlId]) -> frozenset[Effect]:
        """Return what the fixes of these controls do, as they declare it."""
        fixes = (self[control_id].fix for control_id in control_ids)
        return frozenset(effect for fix in fixes if fix is not None for effect in fix.effects)

    def has_automated_fix(self, control_id: str) -> bool:
        """Return whether there is such a control, with an automated fix."""
        return control_id in self.controls_by_id and self[control_id].fix is not None


def _make_retired_control(finding: Finding) -> Control:
    return Control(
        id=finding.control,
        title=Text.make_same_in_both_languages(finding.control),
        problem=Text.make_same_in_both_languages(finding.control),
        rationale=_RETIRED_NOTE,
        remedy=_RETIRED_NOTE,
        severity=finding.severity,
        subject=finding.subject.kind,
        manual=True,
    )


def load_catalogue(roles: Path | None = None) -> Catalogue:
    """Read every ``roles/*/controls.yml``; our own are read once, and checked when they or their checks are new.

    Raises InputError naming file, line and mend, with all other mistakes.
    """
    return _read_catalogue(roles) if roles else _load_own_catalogue_once(resources.get_roles_folder())


@cache
def _load_own_catalogue_once(roles: Path) -> Catalogue:
    expressions.load_compiled_expressions_from_disk()
    return _make_catalogue(
        load_own_yaml_files_cached(
            "catalogue", list_controls_files(roles), check=_raise_mistakes, checked_by=list_files_of_checks()
        )
    )


def _read_catalogue(roles: Path) -> Catalogue:
    data_by_file = {file: load_yaml(file) for file in list_controls_files(roles)}
    _raise_mistakes(data_by_file)
    return _make_catalogue(data_by_file)


def _make_catalogue(data_by_file: Mapping[Path, Any]) -> Catalogue:
    return Catalogue(
        controls=tuple(control for file, data in data_by_file.items() for control in _parse_controls(data, file))
    )


def _raise_mistakes(data_by_file: Mapping[Path, Any]) -> None:
    """Raise InputError for the first mistake in files of controls, with all the others."""
    from auditor.audit.catalogue_check import check  # noqa: PLC0415  takes 0.2 s, and the catalogue is rarely new

    mistakes = list(check.iter_mistakes_of_controls(data_by_file))
    if mistakes:
        mistakes[0].others = tuple(mistakes[1:])
        raise mistakes[0]


def list_files_of_checks() -> list[Path]:
    """Return what decides whether an expression is right: a catalogue is checked again when one of them changes."""
    package, top = Path(__file__).parents[1], resources.get_resources_folder()
    modules = [path for name in ("audit/catalogue_check", "facts", "models") for path in (package / name).rglob("*.py")]
    return [*sorted(modules), package / "inventory/thresholds.yml", top / COLLECTOR, top / AREAS_OF_PLANS]


def list_controls_files(roles: Path) -> list[Path]:
    """Return the files of controls in the folder of roles."""
    return sorted(roles.glob("*/controls.yml"))


def read_controls_file(file: Path) -> Iterable[Control]:
    """Return the controls of one file."""
    return _parse_controls(load_yaml(file), file)


def _parse_controls(entries: Any, file: Path) -> Iterator[Control]:
    for _index, control in iter_controls_or_mistakes(entries, file):
        if isinstance(control, InputError):
            raise control
        yield control


def iter_controls_or_mistakes(entries: Any, file: Path) -> Iterator[tuple[int, Control | InputError]]:
    """Yield the place of each entry of a file, and its control or else what is wrong with it."""
    if not isinstance(entries, list):
        yield (
            0,
            InputError(
                "a controls file must be a list of controls",
                file=file,
                line=1,
                mend="start each with '- id: area.name'",
            ),
        )
        return
    seen_ids: set[str] = set()
    for index, entry in enumerate(entries):
        try:
            control = _parse_control(index, entry, file, seen_ids)
        except InputError as mistake:
            yield index, mistake
        else:
            seen_ids.add(control.id)
            yield index, control


def _parse_control(index: int, entry: Any, file: Path, seen_ids: Collection[str]) -> Control:
    name = entry.get("id") if isinstance(entry, dict) else None
    control = validate_yaml_data_as_model(
        Control,
        entry,
        "control {control}: {where}: {why}",
        mend="see docs/add-a-control.md",
        place=YamlPlace(file, [index]),
        every=True,
        control=name or f"number {index + 1}",
    )
    if control.area != file.parent.name:
        raise InputError(
            "control {control} does not belong to the area {area}",
            file=file,
            line=find_line_of_path_in_yaml_file(file, [index]),
            mend="start its ID with '{area}.'",
            control=control.id,
            area=file.parent.name,
        )
    if control.area == CONTENT and not control.rests_on:
        raise InputError(
            "control {control} does not state the manners of visit without which it cannot pass",
            file=file,
            line=find_line_of_path_in_yaml_file(file, [index]),
            mend="add 'rests_on: [{manners}]', or those of them that it needs",
            control=control.id,
            manners=", ".join(MANNERS),
        )
    if control.rests_on and control.area != CONTENT:
        raise InputError(
            "control {control} states 'rests_on', and is not judged from reviews",
            file=file,
            line=find_line_of_path_in_yaml_file(file, [index, "rests_on"]),
            mend="remove 'rests_on'",
            control=control.id,
        )
    if control.id in seen_ids:
        raise InputError(
            "control {control} is defined twice",
            file=file,
            line=find_line_of_path_in_yaml_file(file, [index]),
            mend="give one of them another ID",
            control=control.id,
        )
    return control


def load_drills(roles: Path | None = None) -> tuple[Drill, ...]:
    """Return every drill script, from its name ``<control id>.<trap>.sh`` and the lines of its head."""
    drill_list = []
    for path in sorted((roles or resources.get_roles_folder()).glob("*/drills/*.sh")):
        area, name, trap = path.name.removesuffix(".sh").split(".", 2)
        head = [line.removeprefix("# ") for line in path.read_text("utf-8").splitlines()[:12] if line.startswith("# ")]
        keys = dict(line.split(": ", 1) for line in head if ": " in line)
        if "hosts" not in keys:
            raise InputError(
                "a drill needs a line '# hosts: web1 …'", file=path, line=2, mend="name the lab hosts that it breaks"
            )
        drill_list.append(
            Drill.model_validate(
                {
                    "control": f"{area}.{name}",
                    "trap": trap,
                    "path": str(path),
                    "hosts": tuple(keys["hosts"].split()),
                    "site": keys.get("site"),
                    "held": keys.get("held"),
                    "alone": "alone" in keys,
                    "last": "last" in keys,
                    "seen_by": keys.get("seen by", "audit"),
                }
            )
        )
    return tuple(drill_list)


__all__ = [
    "Catalogue",
    "Control",
    "Drill",
    "FactComparison",
    "Fix",
    "load_catalogue",
    "load_drills",
    "read_controls_file",
]
