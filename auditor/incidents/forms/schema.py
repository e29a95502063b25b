"""What each form asks, and what may be answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from auditor.errors import InputError, find_nearest_known_name
from auditor.incidents.sentences import validate_and_redact_user_sentence
from auditor.models import Regime
from auditor.models.ranks import Form, Lang, Question
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

CHOICES: Mapping[str, tuple[str, ...]] = {
    "occasion": ("now", "first", "full", "update", "end"),
    "level": ("1", "2", "3", "4", "5"),
    "kind": (
        *("defacement", "access", "malware", "dos", "phishing", "encryption", "sabotage", "eavesdropping"),
        *("combined", "other"),
    ),
    "severity": ("ordinary", "serious"),
    "how_found": ("ids", "log", "notice", "other"),
    "state": ("handled", "not_handled"),
    "informed": ("members", "isps", "coordinator"),
    "services": ("web", "mail", "database", "other"),
    "protection": ("antivirus", "firewall", "ids", "other"),
    "enclosed": ("log", "malware", "other"),
    "confidential": ("yes", "no"),
    "personal_data": ("yes", "no", "unknown"),
}
"""What may be ticked."""
SEVERAL = frozenset({"kind", "how_found", "informed", "services", "protection", "enclosed"})
"""Where more than one may be."""
WITH_TEXT = frozenset(
    {
        *(("how_found", "notice"), ("how_found", "other"), ("services", "other"), ("protection", "other")),
        *(("enclosed", "other"), ("kind", "other")),
    }
)
"""After which something is written: ``notice:Công an tỉnh``."""
OF_OFFICE = ("address", "telephone", "email", "contact_email")
"""What ``contacts:`` of ``office/systems.yml`` says."""
OF_SYSTEM = ("system", "operator", "owner", "level", "decision")
"""What ``systems:`` of that file says."""
BY_HAND = ("contact_name", "contact_position", "contact_phone", "written")
"""What people write on the paper: names, telephones and dates of theirs."""
LONG: Mapping[str, int] = {"description": 3, "cause": 3, "scope": 2, "done": 3, "planned": 2, "support": 2}
"""Lines that are left blank."""
REGIME: Mapping[Form, Regime] = {
    **dict.fromkeys(("mau-03", "mau-04"), "2022"),
    **dict.fromkeys(("now", "first", "full", "update", "end"), "2026"),
}
STARLESS: frozenset[Form] = frozenset({"mau-04"})
"""Forms that do not say themselves what is mandatory: what would leave the report without its subject is."""
FINAL_FORM: Mapping[Regime, Form] = {"2022": "mau-04", "2026": "end"}
"""The form with which an incident ends."""
OF_REPORT: Mapping[Regime, Mapping[str, Form]] = {
    "2022": {"full": "mau-03"},
    "2026": {"now": "now", "first": "first", "full": "full"},
}
"""The form for a report that is owed."""


@dataclass(frozen=True)
class SectionSchema:
    """A part of a form: the name of its heading, its fields, and which of them are mandatory."""

    title: str
    fields: Sequence[str]
    mandatory: frozenset[str]


def _make_form_section_with_starred_fields(heading_key: str, *fields: str) -> SectionSchema:
    """Make a section of a form; names with a star are mandatory."""
    return SectionSchema(
        heading_key, [name.rstrip("*") for name in fields], frozenset(n[:-1] for n in fields if n.endswith("*"))
    )


def _build_occasion_independent_form(*mandatory_fields: str) -> tuple[SectionSchema, ...]:
    """Return the neutral form, whose fields are the same on each occasion.

    The later the occasion, the more fields are mandatory.
    """
    parts = (
        ("report", ("occasion", "incident")),
        ("reporter", ("office", "address", "telephone", "email", "contact_name", "contact_position", "contact_phone")),
        ("system", ("system", "domains", "public_addresses", "operator", "owner", "level", "decision")),
        (
            "incident",
            ("found", "happened", "kind", "description", "how_found", "state", "severity", "severity_why"),
        ),
        ("harm", ("cause", "scope", "data", "users", "downtime", "third_parties", "personal_data")),
        ("measures", ("done", "ongoing", "planned", "recovery", "evidence")),
        ("asks", ("support", "next_due", "written")),
    )
    always = frozenset({"occasion", "incident", "office", "address", "telephone", "email", "contact_name"})
    always |= {"contact_phone", "system", "operator", "found", "description", "state", "written", *mandatory_fields}
    return tuple(SectionSchema(title, fields, always.intersection(fields)) for title, fields in parts)


_FULL = ("kind", "how_found", "severity", "severity_why", "cause", "scope", "personal_data", "done")
FORMS: Mapping[Form, tuple[SectionSchema, ...]] = {
    # Circular 20/2017, form 03; the stars are the form's own.
    "mau-03": (
        _make_form_section_with_starred_fields("reporter", "office*", "address*", "telephone*", "email*"),
        _make_form_section_with_starred_fields(
            "contact", "contact_name*", "contact_position", "contact_phone*", "contact_email*"
        ),
        _make_form_section_with_starred_fields(
            "system", "operator*", "owner", "system", "level", "security_provider", "network_provider"
        ),
        _make_form_section_with_starred_fields(
            "incident", "description*", "found_day*", "found_time*", "state*", "how_found*", "informed*"
        ),
        _make_form_section_with_starred_fields(
            "more", "os", "services", "protection", "public_addresses", "domains", "purpose"
        ),
        _make_form_section_with_starred_fields("enclosed", "enclosed", "confidential"),
        _make_form_section_with_starred_fields("asks", "support", "written*"),
    ),
    # Form 04 of the same.
    "mau-04": (
        _make_form_section_with_starred_fields("reporter", "office*", "address*", "telephone*", "email*"),
        _make_form_section_with_starred_fields("first_report", "first_report*"),
        _make_form_section_with_starred_fields("system", "operator*", "owner", "system*", "level"),
        _make_form_section_with_starred_fields("incident", "name*", "description", "found_day*", "found_time*"),
        _make_form_section_with_starred_fields("result", "cause*", "done*", "support"),
        _make_form_section_with_starred_fields("enclosed", "enclosed", "evidence", "written"),
    ),
    "now": _build_occasion_independent_form(),
    "first": _build_occasion_independent_form("kind", "severity"),
    "full": _build_occasion_independent_form(*_FULL),
    "update": _build_occasion_independent_form("kind", "severity", "scope", "done"),
    "end": _build_occasion_independent_form(*_FULL, "recovery"),
}


def parse_answers(arguments: Sequence[str]) -> Mapping[Question, tuple[str, ...]]:
    """Return answers from ``QUESTION=ANSWER``, in their order.

    Raises InputError for what is no question, or no answer to it.
    """
    answers: dict[Question, tuple[str, ...]] = {}
    for text in arguments:
        name, sign, value = text.partition("=")
        question = next(
            (known_question for known_question in get_args(Question) if known_question == name.strip()), None
        )
        if question is None or not sign:
            raise InputError(
                "{text} is not an answer to a question of the forms",
                text=escape_text_to_one_line(text, 80),
                mend="write QUESTION=ANSWER; the questions are {questions}",
                questions=", ".join(get_args(Question)),
                guess=find_nearest_known_name(name.strip(), get_args(Question)),
            )
        if question in answers and question not in SEVERAL:
            raise InputError("{question} is answered twice", question=question, mend="give one answer")
        answers[question] = (*answers.get(question, ()), _normalize_answer_to_form_question(question, value))
    return answers


def _normalize_answer_to_form_question(question: Question, value: str) -> str:
    text = validate_and_redact_user_sentence(question, value)
    if not text.strip("…. "):
        raise InputError(
            "{question} is not answered",
            question=question,
            mend="replace … with the answer, or omit the question",
        )
    boxes = CHOICES.get(question)
    if boxes is None:
        return text
    said_box, sign, more = text.partition(":")
    box = _find_checkbox_by_name_or_label(question, said_box.strip())
    if box is None or (sign and (question, box) not in WITH_TEXT):
        raise InputError(
            "{question}={said} is not one of the checkboxes",
            question=question,
            said=escape_text_to_one_line(text, 80),
            mend="one of: {boxes}",
            boxes=", ".join(_format_checkbox_with_vietnamese_label(question, choice) for choice in boxes),
        )
    return f"{box}{sign}{more}"


def _find_checkbox_by_name_or_label(question: Question, box_text: str) -> str | None:
    """Return the box that was named, or that was read off the form, in either language; None: there is none."""
    labels = {
        _get_casefolded_checkbox_label(question, choice, lang): choice
        for choice in CHOICES[question]
        for lang in get_args(Lang)
    }
    return box_text if box_text in CHOICES[question] else labels.get(box_text.casefold())


def _get_casefolded_checkbox_label(question: Question, checkbox: str, lang: Lang) -> str:
    return Words(lang)(f"form.choice.{question}.{checkbox}").casefold()


def _format_checkbox_with_vietnamese_label(question: Question, checkbox: str) -> str:
    """Return a box with what stands beside it on the form, which is Vietnamese."""
    text = ":…" if (question, checkbox) in WITH_TEXT else ""
    return f"{checkbox}{text} ({Words('vi')(f'form.choice.{question}.{checkbox}')})"
