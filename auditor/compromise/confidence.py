"""How sure it is that a file is an intruder's, of what judges say and of where it lies. Pure.

``exact``: the tree shows what a visitor says being run, by a file that visitors reach or that asks for it itself, or
that lies where no release has it. ``strong``: two of three judges agree (our rules, the tree, rules of others), or one
of them and the place, or the tree shows what no honest file does, or what runs it asks an application for it and does
nothing without. ``weak``: any single sign. A
place alone is for the controls that ask for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.compromise.classifier import Judgement
from auditor.compromise.settings import DirectiveHit
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
    families = _list_families(judgement, has_place=is_upload_folder or is_unexplained)
    rule_names = (
        *(hit.rule for hit in judgement.hits),
        *judgement.own,
        *(match.rule.lower() for match in judgement.others),
    )
    if judgement.hits and judgement.hits[0].level == "exact":
        is_left_installer = is_at_installer_path and judgement.installer
        certainty = _weigh_exact_hits(judgement, families, is_left_installer=is_left_installer)
        return FileVerdict("program", certainty, families, rule_names)
    if judgement.settings:
        return _weigh_settings(judgement.settings, families, is_upload_folder=is_upload_folder)
    judges = [family for family in families if family != "place"]
    if _needs_no_second(judgement) or len(families) >= 2:  # one of them a judge: a place is one only
        return FileVerdict("program", "strong", families, rule_names)
    if judges or judgement.hits:
        return FileVerdict("program", "weak", families or ("tree",), rule_names)
    if judgement.unjudged:
        return FileVerdict("unjudged", "weak", families or ("structure",), ("unjudged",))
    return None


def _weigh_exact_hits(judgement: Judgement, families: Sequence[Family], *, is_left_installer: bool) -> Certainty:
    if not judgement.within or "place" in families:
        return "exact"
    return "weak" if is_left_installer or _is_own_storage(judgement) else "strong"


def _needs_no_second(judgement: Judgement) -> bool:
    """Return whether the tree alone shows what no honest file does."""
    if not _RULES_THAT_NEED_NO_SECOND.isdisjoint(judgement.own):
        return True
    return any(hit.level == "sure" and hit.rule in _NEEDS_NO_SECOND for hit in judgement.hits)


_RULES_THAT_NEED_NO_SECOND = frozenset({"master_password", "writes_capabilities"})
_NEEDS_NO_SECOND = frozenset(
    {
        *(
            "hidden_name",
            "decoded_program",
            "decoded_call",
            "decoded_command",
            "runs_what_it_is_given",
            "called_by_name",
        ),
        *("shell_to_elsewhere", "foreign_code", "preloads", "runs_by_callback", "regular_expression", "unknown_call"),
        *("cloak", "injected_file", "written_setting", "mails_anybody", "mail_options", "account_made", "chosen_login"),
        *("included_from_elsewhere", "uploaded_as_named", "unpacked_upload", "led_out"),
        *("injected_page", "written_start"),
        *("takes_secrets", "put_back", "chosen_connection"),
        *("command", "chosen_include", "chosen_module", "chosen_class", "written_file"),
    }
)
"""What the tree shows for sure and no honest file that was measured does: no second judge is asked."""


def _is_own_storage(judgement: Judgement) -> bool:
    """Return whether all that is exact of an application's part is that it includes what it has noted itself."""
    if judgement.installer or judgement.own or judgement.others:
        return False
    return all(hit.rule == "included_data" for hit in judgement.hits if hit.level == "exact")


def _weigh_settings(
    settings: Sequence[DirectiveHit], families: Sequence[Family], *, is_upload_folder: bool
) -> FileVerdict:
    is_sure = is_upload_folder or any(setting.level == "sure" for setting in settings)
    rules = tuple(setting.rule for setting in settings)
    return FileVerdict("settings", "strong" if is_sure else "weak", ("structure", *families), rules)


def _list_families(judgement: Judgement, *, has_place: bool) -> tuple[Family, ...]:
    """Return the judges that something of a file speaks to, and whether its place does."""
    is_tree_sure = any(hit.level != "hint" for hit in judgement.hits)
    families: Mapping[Family, bool] = {
        "rules": bool(judgement.own or (is_tree_sure and judgement.beside)),
        "tree": is_tree_sure,
        "others": bool(judgement.others),
        "place": has_place,
    }
    return tuple(family for family, speaks in families.items() if speaks)
