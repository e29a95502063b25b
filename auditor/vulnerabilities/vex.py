"""Statements on vulnerabilities as others exchange them: OpenVEX 0.2 and CycloneDX 1.6 VEX, written and read. Pure.

Written by ourselves, as the list of what is installed is: the same statements, the same bytes.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, unquote

from auditor.errors import InputError
from auditor.models import Statement, clock
from auditor.vulnerabilities.components import CMS_CORES, COMPOSER, EXTENSIONS

Form = Literal["openvex", "cyclonedx"]
_OURS = uuid.UUID("7f1d3c52-6a0e-5b7e-9c1b-2d1f3a9e5c11")
"""The name space of documents' ids; any would do, as long as it stays."""
_CONTEXT = "https://openvex.dev/ns/v0.2.0"
_MITIGATION = "inline_mitigations_already_exist"
_JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    _MITIGATION,
)
_TO_CYCLONEDX = dict(
    zip(
        _JUSTIFICATIONS,
        (
            "code_not_present",
            "code_not_present",
            "code_not_reachable",
            "requires_environment",
            "protected_by_mitigating_control",
        ),
        strict=True,
    )
)
_FROM_CYCLONEDX = {
    "code_not_present": "vulnerable_code_not_present",
    "code_not_reachable": "vulnerable_code_not_in_execute_path",
    **dict.fromkeys(("requires_configuration", "requires_dependency", "requires_environment"), _JUSTIFICATIONS[3]),
    **dict.fromkeys(
        (
            "protected_by_compiler",
            "protected_at_runtime",
            "protected_at_perimeter",
            "protected_by_mitigating_control",
        ),
        _MITIGATION,
    ),
}
_CORE_BY_PURL = {purl: name for name, purl in CMS_CORES.items()}
_EXTENSION_BY_PURL = {purl: kind for kind, purl in EXTENSIONS.items()}
_ID = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}\Z")
MAX_REASON = 2_000


@dataclass(frozen=True)
class VexStatement:
    """The statement of a document on a vulnerability in a product."""

    vulnerability: str
    product: str
    justification: str
    reason: str

    @property
    def status(self) -> Literal["not_affected", "mitigated"]:
        """Return the status as the office's own statements have it."""
        return "mitigated" if self.justification == _MITIGATION else "not_affected"


@dataclass(frozen=True)
class VexDocument:
    """A document, read: what it says, and what of it is none of that, by where it is."""

    statements: tuple[VexStatement, ...]
    passed_over: tuple[tuple[str, str], ...]


def render_statements_as_vex(statements: Iterable[Statement], form: Form, office: str) -> bytes:
    """Return the statements in a form, by whose word: ``office`` is its name. Where they hold is not told."""
    sorted_statements = sorted(
        statements, key=lambda statement: (statement.vulnerability, statement.product, statement.id)
    )
    document = (
        _render_openvex(sorted_statements, office)
        if form == "openvex"
        else _render_cyclonedx(sorted_statements, office)
    )
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _render_openvex(statements: Sequence[Statement], office: str) -> dict[str, Any]:
    entries = [
        {
            "vulnerability": {"name": statement.vulnerability},
            "products": [
                {
                    "@id": build_purl_of_product(statement.product),
                    "identifiers": {"purl": build_purl_of_product(statement.product)},
                }
            ],
            "status": "not_affected",
            "justification": statement.justification,
            "impact_statement": statement.reason,
            "timestamp": clock.format_day_start(statement.granted),
        }
        for statement in statements
    ]
    return {
        "@context": _CONTEXT,
        "@id": f"urn:uuid:{uuid.uuid5(_OURS, json.dumps([office, entries], ensure_ascii=False, sort_keys=True))}",
        "author": office,
        "role": "Document Creator",
        "timestamp": clock.format_day_start(max(statement.granted for statement in statements)),
        "version": 1,
        "statements": entries,
    }


def _render_cyclonedx(statements: Sequence[Statement], office: str) -> dict[str, Any]:
    products = sorted({statement.product for statement in statements})
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"supplier": {"name": office}},
        "components": [
            {
                "type": "library",
                "bom-ref": build_purl_of_product(name),
                "name": name,
                "purl": build_purl_of_product(name),
            }
            for name in products
        ],
        "vulnerabilities": [
            {
                "bom-ref": f"{statement.vulnerability}#{statement.product}#{statement.id}",
                "id": statement.vulnerability,
                "analysis": {
                    "state": "not_affected",
                    "justification": _TO_CYCLONEDX[statement.justification],
                    "detail": statement.reason,
                },
                "affects": [{"ref": build_purl_of_product(statement.product)}],
            }
            for statement in statements
        ],
    }
    payload = json.dumps(document, ensure_ascii=False, sort_keys=True)
    return {**document, "serialNumber": f"urn:uuid:{uuid.uuid5(_OURS, payload)}"}


def build_purl_of_product(product: str) -> str:
    """Return a package URL of a product, whatever its version.

    A product is a source package of Debian, a CMS, one of its plugins or themes, or a package of Composer's.
    """
    kind, slash, slug = product.partition("/")
    if product in CMS_CORES:
        return f"pkg:generic/{CMS_CORES[product]}"
    if slash and kind in EXTENSIONS:
        return f"pkg:generic/{EXTENSIONS[kind]}/{quote(slug, safe='')}"
    if product.startswith(COMPOSER):
        return f"pkg:composer/{quote(slug)}"
    return f"pkg:deb/debian/{quote(product, safe='')}"


def parse_product_name_from_purl(purl: str) -> str | None:
    """Return what a package URL is called in statements; None for what no host of ours has."""
    match = re.fullmatch(r"pkg:(deb|generic|composer)/([^@?#]+)(?:@[^?#]*)?(?:\?([^#]*))?(?:#.*)?", purl)
    if match is None:
        return None
    parts = [unquote(part) for part in match[2].split("/")]
    if match[1] == "composer":
        return COMPOSER + "/".join(parts) if len(parts) == 2 else None
    if match[1] == "generic":
        if len(parts) == 1:
            return _CORE_BY_PURL.get(parts[0])
        kind = _EXTENSION_BY_PURL.get(parts[0])
        return f"{kind}/{parts[1]}" if kind and len(parts) == 2 else None
    source = re.search(r"(?:^|&)upstream=([^&@]+)", match[3] or "")
    return unquote(source[1]) if source else parts[-1]


def parse_vex_document(content: bytes, file: Any) -> VexDocument:
    """Return what a document says. Raises InputError for what is neither form."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError("is not JSON", file=file, mend="download it again completely") from error
    if isinstance(data, dict) and str(data.get("@context", "")).startswith("https://openvex.dev/ns"):
        entries = list(_iter_openvex(data))
    elif (
        isinstance(data, dict)
        and data.get("bomFormat") == "CycloneDX"
        and isinstance(data.get("vulnerabilities"), list)
    ):
        entries = list(_iter_cyclonedx(data))
    else:
        raise InputError("is neither OpenVEX nor CycloneDX VEX", file=file, mend="check the source of the file")
    statements = dict.fromkeys(entry for entry in entries if isinstance(entry, VexStatement))
    return VexDocument(tuple(statements), tuple(entry for entry in entries if not isinstance(entry, VexStatement)))


type _Entry = VexStatement | tuple[str, str]


def _iter_openvex(data: Mapping[str, Any]) -> Iterator[_Entry]:
    for number, statement in enumerate(_select_dicts(data.get("statements")), 1):
        where = f"statement {number}"
        vulnerability = statement.get("vulnerability")
        name = str(vulnerability.get("name") if isinstance(vulnerability, dict) else vulnerability)
        products = []
        for each in _select_dicts(statement.get("products")):
            inner = _select_dicts(each.get("subcomponents")) or [each]
            products += [str(_get_purl_of_openvex_product(part)) for part in inner]
        if statement.get("status") != "not_affected":
            yield where, f"{name}: {statement.get('status')}"
            continue
        reason = str(
            statement.get("impact_statement") or statement.get("status_notes") or statement.get("justification") or ""
        )
        yield from _iter_entries_for_each_purl(where, name, products, str(statement.get("justification") or ""), reason)


def _get_purl_of_openvex_product(product: Mapping[str, Any]) -> object:
    identifiers = product.get("identifiers")
    return (identifiers.get("purl") if isinstance(identifiers, dict) else None) or product.get("@id")


def _iter_cyclonedx(data: Mapping[str, Any]) -> Iterator[_Entry]:
    components = [component for component in _select_dicts(data.get("components")) if component.get("purl")]
    addresses = {str(component.get("bom-ref")): str(component.get("purl")) for component in components}
    for number, vulnerability in enumerate(_select_dicts(data.get("vulnerabilities")), 1):
        where, name = f"vulnerability {number}", str(vulnerability.get("id"))
        analysis = vulnerability.get("analysis")
        analysis = analysis if isinstance(analysis, dict) else {}
        if analysis.get("state") != "not_affected":
            yield where, f"{name}: {analysis.get('state')}"
            continue
        refs = [str(each.get("ref")) for each in _select_dicts(vulnerability.get("affects"))]
        justification = _FROM_CYCLONEDX.get(str(analysis.get("justification")), "")
        reason = str(analysis.get("detail") or analysis.get("justification") or "")
        yield from _iter_entries_for_each_purl(
            where, name, [addresses.get(ref, ref) for ref in refs], justification, reason
        )


def _iter_entries_for_each_purl(
    where: str, vulnerability: str, purls: Sequence[str], justification: str, reason: str
) -> Iterator[_Entry]:
    if not _ID.match(vulnerability) or justification not in _JUSTIFICATIONS:
        yield where, f"{vulnerability}: {justification or 'no justification'}"
        return
    for address in purls:
        product_name = parse_product_name_from_purl(address)
        yield (
            VexStatement(vulnerability, product_name, justification, reason[:MAX_REASON])
            if product_name
            else (where, f"{vulnerability}: {address}")
        )
    if not purls:
        yield where, f"{vulnerability}: no product"


def _select_dicts(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
