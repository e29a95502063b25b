"""``findings.json``: what other programs read. Its promise is in docs/findings.md."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from pydantic import Field, ValidationError

from auditor.errors import get_place_and_message_of_first_error
from auditor.models import (
    AuthorizationUse,
    ExcludedHost,
    Finding,
    HuntSummary,
    Model,
    OnlyHere,
    Run,
    ScanSummary,
    Site,
    Text,
    Unit,
    WaiverUse,
)
from auditor.models.exceptions.record import ExceptionState
from auditor.models.incidents import ActiveContainment, OpenIncident, UnrecordedContainment
from auditor.results.summary import summarize_run
from auditor.results.verdict import RunVerdict
from auditor.text.sanitize import replace_non_finite_numbers

SCHEMA = "luytre/findings/1"
_INVISIBLE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class RunHead(Model):
    """The time and the subject of a run."""

    id: str
    started: str = Field(description="ISO 8601 with offset")
    seconds: float
    version: str = Field(description="of the program that made it")
    inventory: str
    purpose: Literal["audit", "before", "after"]


class OrganisationHead(Model):
    """The office whose inventory it is."""

    name: str
    regime: Literal["2022", "2026"]


class HostResult(Model):
    """The outcome of reading one host."""

    name: str
    unit: str | None
    sites: tuple[str, ...] = Field(description="domains")
    reached: bool
    reason: Text | None = Field(description="why it was not reached")
    seconds: float
    os: str | None
    area_errors: dict[str, str] = Field(description="areas that could not be read, and why")


class FindingsDocument(Model):
    """A whole ``findings.json``."""

    schema_: Literal["luytre/findings/1"] = Field(alias="schema", default="luytre/findings/1")
    run: RunHead
    organisation: OrganisationHead | None
    units: tuple[Unit, ...]
    hosts: tuple[HostResult, ...]
    sites: tuple[Site, ...]
    left_out: tuple[ExcludedHost, ...] | None = Field(
        description="declared hosts that it was not to read, and their sites; null: kept before that was noted"
    )
    findings: tuple[Finding, ...]
    reviews: tuple[ScanSummary, ...] = Field(description="the last look at each site that was ever reviewed")
    only_here: tuple[OnlyHere, ...] = Field(description="what one site alone of its kind has; no findings")
    authorizations: tuple[AuthorizationUse, ...] = Field(
        description="the office's leave to ask its sites for addresses that nobody names"
    )
    exceptions: tuple[ExceptionState, ...] | None = Field(
        description="what the offices decided is all right on these hosts and sites; null: kept before that was noted"
    )
    hunts: tuple[HuntSummary, ...] = Field(description="the last hunt on each host that was ever hunted on")
    contained: tuple[ActiveContainment, ...] = Field(description="what incidents contained on its hosts when it began")
    unrecorded: tuple[UnrecordedContainment, ...] = Field(
        description="what its hosts have on record of incidents and the case log does not have in force"
    )
    incidents: tuple[OpenIncident, ...] | None = Field(
        description="those open on its hosts and sites when it began; null: kept before that was noted"
    )
    waivers: tuple[WaiverUse, ...] = Field(description="those with something in scope in this run")
    verdict: RunVerdict | None = Field(description="what it meant for the pipeline that asked for it")


def build_findings_document(run: Run, verdict: RunVerdict | None = None) -> FindingsDocument:
    """Return the run as others see it: without accounts, addresses and networks of the inventory."""
    results = {host.host.name: host for host in summarize_run(run).hosts}
    office = run.organisation
    return FindingsDocument(
        run=RunHead(**{name: getattr(run, name) for name in RunHead.model_fields}),
        organisation=OrganisationHead(name=office.name, regime=office.regime) if office else None,
        units=office.units if office else (),
        hosts=tuple(
            HostResult(
                name=host.name,
                unit=host.unit,
                sites=tuple(site.domain for site in host.sites),
                **{
                    name: getattr(results[host.name].outcome, name)
                    for name in ("reached", "reason", "seconds", "os", "area_errors")
                },
            )
            for host in run.hosts
        ),
        sites=tuple(site for host in run.hosts for site in host.sites),
        left_out=run.left_out,
        findings=run.findings,
        reviews=run.reviews,
        only_here=run.only_here,
        authorizations=run.authorizations,
        exceptions=run.exceptions,
        hunts=run.hunts,
        contained=run.contained,
        unrecorded=run.unrecorded,
        incidents=run.incidents,
        waivers=run.waivers,
        verdict=verdict,
    )


def render_findings_as_json(run: Run, verdict: RunVerdict | None = None) -> bytes:
    """Return the document as UTF-8. Invisible characters and lone surrogates are written as JSON escapes."""
    data = replace_non_finite_numbers(build_findings_document(run, verdict).model_dump(mode="python", by_alias=True))
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1, default=str)
    escaped_text = _INVISIBLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
    return (escaped_text + "\n").encode("utf-8", errors="backslashreplace")


class ParsedFindings(Model):
    """The findings in a ``findings.json``."""

    run: str = Field(description="its id")
    findings: tuple[Finding, ...]


def parse_findings_from_json(json_content: bytes) -> ParsedFindings:
    """Return the findings of a document, whichever version of the program wrote it.

    Raises ValueError, saying what is wrong.
    """
    try:
        document = json.loads(json_content)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("run"), dict | None):
        raise ValueError("no findings.json of an audit")
    if document.get("schema") != SCHEMA:
        raise ValueError(f"its schema is {document.get('schema')!r:.60}, not {SCHEMA!r}")
    data = {"run": (document.get("run") or {}).get("id"), "findings": document.get("findings")}
    try:
        return ParsedFindings.model_validate(data, extra="ignore")
    except ValidationError as error:
        place, why = get_place_and_message_of_first_error(error)
        raise ValueError(f"{'.'.join(map(str, place))}: {why}") from error


def build_findings_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document, open to what later versions add."""
    model_schema = FindingsDocument.model_json_schema(by_alias=True, mode="serialization")
    open_schema: dict[str, Any] = _allow_additional_properties_in_schema(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **model_schema}
    )
    return open_schema


def _allow_additional_properties_in_schema(schema_node: Any) -> Any:
    if isinstance(schema_node, dict):
        is_closed = schema_node.get("additionalProperties") is False
        return {
            key: _allow_additional_properties_in_schema(value)
            for key, value in schema_node.items()
            if not (is_closed and key == "additionalProperties")
        }
    return (
        [_allow_additional_properties_in_schema(member) for member in schema_node]
        if isinstance(schema_node, list)
        else schema_node
    )
