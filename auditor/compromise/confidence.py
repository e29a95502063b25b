"""How sure it is that a file is an intruder's, of what judges say and of where it lies. Pure.

``exact``: the tree shows what a visitor says being run, by a file that visitors reach or that asks for it itself, or
that lies where no release has it. ``strong``: two of three judges agree (our rules, the tree, rules of others), or one
of them and the place, or what runs it asks an application for it and does nothing without. ``weak``: any single sign. A
place alone is for the controls that ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from auditor.compromise.classifier import Judgement
from auditor.models.reviews import Certainty, Family, Kind


@dataclass(frozen=True)
class FileVerdict:
    """The verdict on a file."""

    kind: Kind
    certainty: Certainty
    families: tuple[Family, ...]
    rules: tuple[str, ...]


def weigh_judgement(
    judgement: Judgement,
    *,
    is_upload_folder: bool = False,
    is_unexplained: bool = False,
    is_at_installer_path: bool = False,
) -> FileVerdict | None:
    """Return what a file comes to, None for nothing.

    ``is_at_installer_path``: it lies where the application beside it has its installer: an installer there is told by
    ``web.installer_left``, as whoever opens it gets the site, and by a weak trace.

    ``is_upload_folder``: it lies where visitors or the application put files. ``is_unexplained``: it lies among the
    code of an application whose manifest does not know it.
    """
    sure = [hit for hit in judgement.hits if hit.level != "hint"]
    families: list[Family] = []
    if judgement.own or (sure and judgement.beside):
        families.append("rules")
    if sure:
        families.append("tree")
    if judgement.others:
        families.append("others")
    if is_upload_folder or is_unexplained:
        families.append("place")
    rule_names = (
        *(hit.rule for hit in judgement.hits),
        *judgement.own,
        *(match.rule.lower() for match in judgement.others),
    )
    set_sure = any(setting.level == "sure" for setting in judgement.settings)
    if judgement.hits and judgement.hits[0].level == "exact":
        alone = judgement.within and not is_upload_folder and not is_unexplained
        sure_of: Certainty = (
            "weak" if alone and is_at_installer_path and judgement.installer else "strong" if alone else "exact"
        )
        return FileVerdict("program", sure_of, tuple(families), rule_names)
    if judgement.settings:
        rules = tuple(setting.rule for setting in judgement.settings)
        return FileVerdict(
            "settings", "strong" if set_sure or is_upload_folder else "weak", ("structure", *families), rules
        )
    judges = [family for family in families if family != "place"]
    if len(judges) >= 2 or (judges and "place" in families):
        return FileVerdict("program", "strong", tuple(families), rule_names)
    if judges or judgement.hits:
        return FileVerdict("program", "weak", tuple(families or ("tree",)), rule_names)
    if judgement.unjudged:
        return FileVerdict("unjudged", "weak", tuple(families or ("structure",)), ("unjudged",))
    return None
