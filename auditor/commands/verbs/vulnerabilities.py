"""Declare ``auditor vulnerabilities``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
    LimitOption,
)
from auditor.commands.verbs.base import Group, Verb


@dataclass(frozen=True, kw_only=True)
class VulnerabilitiesImportOptions(Verb, runs="auditor.commands.vulnerabilities.data:import_vulnerability_data"):
    """Import vulnerability data that was downloaded elsewhere; it replaces earlier data of the same kind.

    The file type is detected from the content: Debian's security tracker (JSON), the debsecan feed of a release, OSV
    archives of Debian, Ubuntu and Packagist (zip), lists of debian-security-support, CISA KEV (JSON, CSV), EPSS (CSV),
    Wordfence Intelligence v3 (JSON). All files are imported, or none. Nothing is downloaded.

    Example:
      auditor vulnerabilities import debian-tracker.json known_exploited_vulnerabilities.json epss_scores.csv.gz

    """

    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Published data, plain, gzip or zip."),
    ]
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class VulnerabilitiesStatusOptions(Verb, runs="auditor.commands.vulnerabilities.data:list_imported_vulnerability_data"):
    """List the imported data: date, number of records, terms of use.

    Exit code: 0 all data is at most 35 days old, 1 some data is older, or nothing is imported.

    Example:
      auditor vulnerabilities status

    """

    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class VulnerabilitiesAdvisoryOptions(Verb, runs="auditor.commands.vulnerabilities.advisory:answer_list_of_cves"):
    """Answer a list of CVEs from the imported data: which hosts are affected, fixed, or not affected.

    Reads the hosts now, without changing anything. Invalid CVE IDs are reported with their row.

    Exit code: 0 nothing is affected, 1 something is affected or needs a restart, 3 something is unknown.

    Example:
      auditor vulnerabilities advisory thang-11.xlsx --due 2026-12-15 --output out/tra-loi.xlsx -i inventories/lab

    """

    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The list: CSV, XLSX, YAML, or JSON (CSAF 2.0, STIX 2.1).")
    ]
    due: Annotated[
        str | None,
        typer.Option("--due", metavar="DATE", help="Due date for rows that have none, such as 2026-12-31."),
    ] = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    limit: LimitOption = None
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE.xlsx", help="Write the answers as XLSX for distribution.")
    ] = None
    ask_hosts: Annotated[
        bool,
        typer.Option("--ask-hosts", help="Also search the package changelogs of the hosts for the CVEs in the list."),
    ] = False
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class VulnerabilitiesSbomOptions(Verb, runs="auditor.commands.vulnerabilities.sbom:write_sbom_of_host"):
    """Write the software inventory of a host as CycloneDX 1.6 JSON, WordPress plugins and themes included.

    Reads the host now, without changing anything. The same packages always produce an identical file.

    Example:
      auditor vulnerabilities sbom web1 --output out/web1.cdx.json -i inventories/lab

    """

    host: Annotated[
        str, typer.Argument(metavar="HOST", help="The host.", autocompletion=completions.complete_hosts_and_sites)
    ]
    inventory: InventoryOption = DEFAULT_INVENTORY
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Output file; default: standard output.")
    ] = None
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class VulnerabilitiesVexWriteOptions(Verb, runs="auditor.commands.vulnerabilities.vex:export_statements_as_vex"):
    """Export the office's statements that are valid today as VEX. The same statements always produce an identical file.

    The file names the organization of the inventory, but not its hosts.

    Example:
      auditor vulnerabilities vex write out/tinh.openvex.json -i inventories/lab

    """

    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Output file: .openvex.json, or .cdx.json for CycloneDX 1.6.")
    ]
    inventory: InventoryOption = DEFAULT_INVENTORY
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class VulnerabilitiesVexReadOptions(Verb, runs="auditor.commands.vulnerabilities.vex:read_vex_as_statements"):
    """Read a VEX document and print it as entries for office/statements.yml, which the office approves and adds.

    Only "not affected" with a justification becomes an entry; everything else is listed on standard error. A statement
    takes effect only when it is in the office's own file, with a role and a last day.

    Example:
      auditor vulnerabilities vex read nha-cung-cap.openvex.json --id 31/TB-VX --role "Trưởng phòng" --expires 2027-05-20 --host web1

    """  # noqa: E501  an example of a command stays on one line

    file: Annotated[Path, typer.Argument(metavar="FILE", help="OpenVEX 0.2, or CycloneDX with vulnerabilities.")]
    paper: Annotated[str, typer.Option("--id", metavar="ID", help="ID of the statements: ID, ID.2, ID.3 ….")]
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="Responsible office role.")]
    expires: Annotated[str, typer.Option("--expires", metavar="DATE", help="Last day of validity, such as 2027-05-20.")]
    units: Annotated[
        list[str] | None,
        typer.Option("--unit", metavar="ID", help="Scope: offices.", autocompletion=completions.complete_office_units),
    ] = None
    hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--host", metavar="HOST", help="Scope: hosts.", autocompletion=completions.complete_hosts_and_sites
        ),
    ] = None
    lang: LangOption = DEFAULT_LANG


VEX = Group(
    help="Statements on vulnerabilities, exchanged as VEX.",
    entries={
        "write": VulnerabilitiesVexWriteOptions,
        "read": VulnerabilitiesVexReadOptions,
    },
)


VULNERABILITIES = Group(
    help="Vulnerabilities: import data, and check our hosts against it.",
    entries={
        "import": VulnerabilitiesImportOptions,
        "status": VulnerabilitiesStatusOptions,
        "advisory": VulnerabilitiesAdvisoryOptions,
        "sbom": VulnerabilitiesSbomOptions,
        "vex": VEX,
    },
)
