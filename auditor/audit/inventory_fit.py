"""Whether an inventory fits the catalogue: what it accepts, waives and attests to are controls that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from auditor.audit.controls import COMPROMISE, CONTENT, OFFICE, Catalogue
from auditor.errors import InputError, Sentence
from auditor.inventory import variables
from auditor.inventory.exceptions import ATTESTATIONS, WAIVERS, get_office_folder_of_inventory
from auditor.inventory.hosts import load_inventory
from auditor.inventory.reach import check_hosts_have_different_addresses, load_variables_with_normalized_ssh_names
from auditor.models import Attestation, Inventory, Waiver
from auditor.system.yaml_source import find_line_of_path_in_yaml_file


def read_and_check_inventory(path: Path, catalogue: Catalogue) -> Inventory:
    """Read an inventory, and check all of it that a run could stumble over. Raises InputError likewise."""
    inventory = load_inventory(path)
    check_accepted_controls_have_fixes(path, catalogue)
    check_controls_of_papers(inventory, catalogue)
    check_hosts_have_different_addresses(path)
    unread = variables.list_inventory_files_never_read(path)
    if unread:
        raise InputError(
            "this is never read",
            file=unread[0],
            mend="write hosts as YAML in a file that ends in .yml; keep everything else in office/ or outside",
        )
    return inventory


def check_accepted_controls_have_fixes(path: Path, catalogue: Catalogue) -> None:
    """Check whether every control in a ``luytre_accept`` is one with an automated fix.

    Raises InputError for one that is not.
    """
    for host, own in load_variables_with_normalized_ssh_names(path).items():
        source = own.get("luytre_accept")
        for index, name in enumerate(source.value if source is not None else ()):
            if source is not None and not catalogue.has_automated_fix(name.partition(":")[0]):
                raise source.make_error_at_value(
                    "host {host}: luytre_accept: {control} is not a control with an automated fix",
                    "name controls one by one; see 'auditor controls list'",
                    index,
                    host=host,
                    control=repr(name),
                )


def check_controls_of_papers(inventory: Inventory, catalogue: Catalogue) -> None:
    """Raise InputError for a paper on a control that is not there, or that such a paper cannot answer."""
    office = get_office_folder_of_inventory(inventory.path)
    files: Mapping[str, Sequence[Waiver | Attestation]] = {
        WAIVERS: inventory.waivers,
        ATTESTATIONS: inventory.attestations,
    }
    for file, papers in files.items():
        for index, paper in enumerate(papers):
            wrong = _find_problem_of_paper_control(paper, catalogue)
            if wrong is not None:
                values = {"control": paper.control, "file": wrong.file}
                raise InputError(
                    "{paper}: {problem}",
                    paper=paper.id if isinstance(paper, Waiver) else paper.control,
                    problem=Sentence(wrong.what, values),
                    mend=Sentence(wrong.mend, values),
                    file=office / file,
                    line=find_line_of_path_in_yaml_file(office / file, [index, *wrong.place]),
                )


class _PaperProblem(NamedTuple):
    what: str
    mend: str
    place: tuple[str, ...] = ("control",)
    file: str = ""


def _find_problem_of_paper_control(paper: Waiver | Attestation, catalogue: Catalogue) -> _PaperProblem | None:
    """Return what is wrong with a paper's control, how to mend it, and where that is written."""
    control = catalogue.controls_by_id.get(paper.control)
    if control is None:
        return _PaperProblem("there is no control {control}", "see 'auditor controls list'")
    if isinstance(paper, Waiver) and control.area == OFFICE:
        return _PaperProblem("{control} checks waivers and cannot be waived", "renew or delete the waiver it names")
    if isinstance(paper, Waiver) and control.area in (CONTENT, COMPROMISE):
        return _PaperProblem(
            "{control} cannot be waived, because a waiver would also hide content injected later",
            "accept single traces with 'auditor baseline accept'",
        )
    if isinstance(paper, Waiver) and control.manual:
        return _PaperProblem("only a person can confirm {control}", "answer it in office/{file}", file=ATTESTATIONS)
    if isinstance(paper, Attestation) and not control.manual:
        return _PaperProblem(
            "the audit checks {control} automatically",
            "attest only to manual controls, or use office/{file}",
            file=WAIVERS,
        )
    if control.subject == "host" and paper.scope.sites:
        return _PaperProblem(
            "{control} applies to a host, not to a site", "name the host or the unit", ("scope", "sites")
        )
    return None
