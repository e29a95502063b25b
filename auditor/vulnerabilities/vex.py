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
from auditor.vulnerabilities.components import COMPOSER, CORE

Form = Literal["openvex", "cyclonedx"]
_OURS = uuid.UUID("7f1d3c52-6a0e-5b7e-9c1b-2d1f3a9e5c11")
"""The name space of documents' ids; any would do, as long as it stays."""
_CONTEXT = "https://openvex.dev/ns/v0.2.0"
_MITIGATED = "inline_mitigations_already_exist"
_JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    _MITIGATED,
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
        _MITIGATED,
    ),
}
_KINDS = {"wordpress-plugin": "plugin", "wordpress-theme": "theme"}
_ID = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}\Z")
MAX_REASON = 2_000


@dataclass(frozen=True)
class Said:
    """What a document says of a vulnerability in a product."""

    vulnerability: str
    product: str
    justification: str
    reason: str

    @property
    def status(self) -> Literal["not_affected", "mitigated"]:
        """As the office's own statements have it."""
        return "mitigated" if self.justification == _MITIGATED else "not_affected"


@dataclass(frozen=True)
class Read:
    """A document, read: what it says, and what of it is none of that, by where it is."""

    said: tuple[Said, ...]
    passed_over: tuple[tuple[str, str], ...]


def render(statements: Iterable[Statement], form: Form, office: str) -> bytes:
    """The statements in a form, by whose word: ``office`` is its name. Where they hold is not told."""
    found = sorted(statements, key=lambda one: (one.vulnerability, one.product, one.id))
    document = _openvex(found, office) if form == "openvex" else _cyclonedx(found, office)
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _openvex(found: Sequence[Statement], office: str) -> dict[str, Any]:
    told = [
        {
            "vulnerability": {"name": one.vulnerability},
            "products": [{"@id": purl(one.product), "identifiers": {"purl": purl(one.product)}}],
            "status": "not_affected",
            "justification": one.justification,
            "impact_statement": one.reason,
            "timestamp": clock.beginning(one.granted),
        }
        for one in found
    ]
    return {
        "@context": _CONTEXT,
        "@id": f"urn:uuid:{uuid.uuid5(_OURS, json.dumps([office, told], ensure_ascii=False, sort_keys=True))}",
        "author": office,
        "role": "Document Creator",
        "timestamp": clock.beginning(max(one.granted for one in found)),
        "version": 1,
        "statements": told,
    }


def _cyclonedx(found: Sequence[Statement], office: str) -> dict[str, Any]:
    products = sorted({one.product for one in found})
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"supplier": {"name": office}},
        "components": [{"type": "library", "bom-ref": purl(one), "name": one, "purl": purl(one)} for one in products],
        "vulnerabilities": [
            {
                "bom-ref": f"{one.vulnerability}#{one.product}#{one.id}",
                "id": one.vulnerability,
                "analysis": {
                    "state": "not_affected",
                    "justification": _TO_CYCLONEDX[one.justification],
                    "detail": one.reason,
                },
                "affects": [{"ref": purl(one.product)}],
            }
            for one in found
        ],
    }
    told = json.dumps(document, ensure_ascii=False, sort_keys=True)
    return {**document, "serialNumber": f"urn:uuid:{uuid.uuid5(_OURS, told)}"}


def purl(product: str) -> str:
    """A package URL of a source package of Debian, of WordPress, one of its plugins or themes, or a package of Composer's, whatever its version."""
    kind, slash, slug = product.partition("/")
    if product == CORE:
        return "pkg:generic/wordpress"
    if slash and kind in _KINDS.values():
        return f"pkg:generic/wordpress-{kind}/{quote(slug, safe='')}"
    if product.startswith(COMPOSER):
        return f"pkg:composer/{quote(slug)}"
    return f"pkg:deb/debian/{quote(product, safe='')}"


def product(address: str) -> str | None:
    """What a package URL is called in statements; None for what no host of ours has."""
    found = re.fullmatch(r"pkg:(deb|generic|composer)/([^@?#]+)(?:@[^?#]*)?(?:\?([^#]*))?(?:#.*)?", address)
    if found is None:
        return None
    parts = [unquote(part) for part in found[2].split("/")]
    if found[1] == "composer":
        return COMPOSER + "/".join(parts) if len(parts) == 2 else None
    if found[1] == "generic":
        if parts == ["wordpress"]:
            return CORE
        return f"{_KINDS[parts[0]]}/{parts[1]}" if len(parts) == 2 and parts[0] in _KINDS else None
    source = re.search(r"(?:^|&)upstream=([^&@]+)", found[3] or "")
    return unquote(source[1]) if source else parts[-1]


def read(content: bytes, file: Any) -> Read:
    """What a document says. Raises InputError for what is neither form."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError("is not JSON", file=file, mend="download it again completely") from error
    if isinstance(data, dict) and str(data.get("@context", "")).startswith("https://openvex.dev/ns"):
        entries = list(_of_openvex(data))
    elif isinstance(data, dict) and data.get("bomFormat") == "CycloneDX" and isinstance(data.get("vulnerabilities"), list):  # fmt: skip
        entries = list(_of_cyclonedx(data))
    else:
        raise InputError("is neither OpenVEX nor CycloneDX VEX", file=file, mend="check the source of the file")
    said = dict.fromkeys(one for one in entries if isinstance(one, Said))
    return Read(tuple(said), tuple(one for one in entries if not isinstance(one, Said)))


type _Entry = Said | tuple[str, str]


def _of_openvex(data: Mapping[str, Any]) -> Iterator[_Entry]:
    for number, one in enumerate(_list(data.get("statements")), 1):
        where = f"statement {number}"
        named = one.get("vulnerability")
        name = str(named.get("name") if isinstance(named, dict) else named)
        products = []
        for each in _list(one.get("products")):
            inner = _list(each.get("subcomponents")) or [each]
            products += [str(_address(part)) for part in inner]
        if one.get("status") != "not_affected":
            yield where, f"{name}: {one.get('status')}"
            continue
        reason = str(one.get("impact_statement") or one.get("status_notes") or one.get("justification") or "")
        yield from _said(where, name, products, str(one.get("justification") or ""), reason)


def _address(part: Mapping[str, Any]) -> object:
    identifiers = part.get("identifiers")
    return (identifiers.get("purl") if isinstance(identifiers, dict) else None) or part.get("@id")


def _of_cyclonedx(data: Mapping[str, Any]) -> Iterator[_Entry]:
    addresses = {str(one.get("bom-ref")): str(one.get("purl")) for one in _list(data.get("components")) if one.get("purl")}  # fmt: skip
    for number, one in enumerate(_list(data.get("vulnerabilities")), 1):
        where, name = f"vulnerability {number}", str(one.get("id"))
        analysis = one.get("analysis")
        analysis = analysis if isinstance(analysis, dict) else {}
        if analysis.get("state") != "not_affected":
            yield where, f"{name}: {analysis.get('state')}"
            continue
        refs = [str(each.get("ref")) for each in _list(one.get("affects"))]
        justification = _FROM_CYCLONEDX.get(str(analysis.get("justification")), "")
        reason = str(analysis.get("detail") or analysis.get("justification") or "")
        yield from _said(where, name, [addresses.get(ref, ref) for ref in refs], justification, reason)


def _said(where: str, name: str, addresses: Sequence[str], justification: str, reason: str) -> Iterator[_Entry]:
    if not _ID.match(name) or justification not in _JUSTIFICATIONS:
        yield where, f"{name}: {justification or 'no justification'}"
        return
    for address in addresses:
        called = product(address)
        yield Said(name, called, justification, reason[:MAX_REASON]) if called else (where, f"{name}: {address}")
    if not addresses:
        yield where, f"{name}: no product"


def _list(found: Any) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
