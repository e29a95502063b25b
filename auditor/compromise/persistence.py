"""What the places outside the web roots come to: a trace for each thing that somebody may have left to come back by.

Pure.

``exact``: nothing but an intruder does so. ``strong``: what it says, where it lies and how it stands to packages agree
in two ways. The rest is ``weak``: of no package, so that somebody put it there, and nothing more is known.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from auditor.compromise import suspicious_commands
from auditor.compromise.autorun_weights import (
    CHANGED,
    FOREIGN,
    OF_DAYS,
    REPLACES,
    AutorunEvidence,
    weigh_autorun,
)
from auditor.compromise.autoruns import Autorun
from auditor.models.hunts import KINDS, OUTSIDE
from auditor.models.reviews import MAX_RULES, Kind, Trace
from auditor.scans.traces import build_masked_trace, compute_trace_key, convert_to_trace_on_host

NEW = "new"
"""The rule of a trace that was not there when the host was hunted on before."""


def collect_trace_keys_of_autoruns(places: Iterable[Autorun]) -> frozenset[str]:
    """Return the keys of all places of a host, whether or not something speaks against them.

    What an earlier hunt knew of.
    """
    return frozenset(compute_trace_key(KINDS[place.slot], _build_autorun_identity(place)) for place in places)


def select_keys_known_to_next_hunt(places: Iterable[Autorun], traces: Iterable[Trace]) -> frozenset[str]:
    """Return what the next hunt is to know of.

    All, but for news that are alarms, which stay news until they are accepted or gone.
    """
    return collect_trace_keys_of_autoruns(places) - {
        item.key for item in traces if {NEW, OF_DAYS} & {*item.rules} and item.certainty != "weak"
    }


def find_traces_in_autoruns(places: Iterable[Autorun], known_keys: Collection[str] | None = None) -> tuple[Trace, ...]:
    """Return the traces in the places of a host.

    ``known_keys``: the keys of what earlier hunts knew of, None when there was none.
    """
    return tuple(_iter_traces_of_autoruns(places, known_keys))


def escalate_new_administrators(persistence_traces: Iterable[Trace], others: Iterable[Trace]) -> tuple[Trace, ...]:
    """Return the traces; those of administrators of days become alarms beside another alarm.

    The other alarm lies in the same application, or in one that nobody can name: together these are two signs.
    """
    alarms = [other for other in others if other.certainty != "weak"]
    return tuple(
        persistence_trace.model_copy(update={"certainty": "strong", "families": (*persistence_trace.families, "place")})
        if OF_DAYS in persistence_trace.rules
        and any(_is_in_application_of_alarm(persistence_trace, alarm) for alarm in alarms)
        else persistence_trace
        for persistence_trace in persistence_traces
    )


def _is_in_application_of_alarm(administrator: Trace, alarm: Trace) -> bool:
    folder = get_path_in_trace_location(administrator.kind, administrator.where)
    return alarm.kind == "database_code" or get_path_in_trace_location(alarm.kind, alarm.where).startswith(f"{folder}/")


def _iter_traces_of_autoruns(places: Iterable[Autorun], known_keys: Collection[str] | None) -> Iterator[Trace]:
    weighed_places = list(_iter_suspect_autoruns_with_evidence(places, known_keys))
    of_people = {
        place.exactly for place, weight in weighed_places if place.slot == "key" and weight.certainty == "weak"
    }
    for place, weight in weighed_places:
        kind, essence = KINDS[place.slot], _build_autorun_identity(place)
        where = _format_path_with_owner(place)
        host_trace = build_masked_trace(
            kind,
            essence,
            where=where,
            sample=weight.sample or place.text.replace("\n", "; "),
            families=weight.families or ["structure"],
            rules=_limit_rules_but_keep_package_rules(weight.rules),
        )
        # Whoever lays an administrator's key where it gives the alarm is not to have it taken from the administrator.
        exactly = (
            ""
            if place.slot == "key" and place.exactly in of_people
            else place.exactly or _format_digests_of_reported_lines(place)
        )
        yield convert_to_trace_on_host(host_trace, where, weight.certainty, exactly)


def _format_path_with_owner(place: Autorun) -> str:
    """Return the path, with whose it is behind it.

    Always with that where a name ends as if it were said there, so that it is never read as another's.
    """
    if _WHO.search(place.where):
        return f"{place.where} ({place.who or NOBODY})"
    return place.where if not place.who or place.slot in _OF_NOBODY else f"{place.where} ({place.who})"


def _limit_rules_but_keep_package_rules(rules: Iterable[str]) -> list[str]:
    """Return as many rules as a trace has, those among them that say how it stands to packages."""
    all_of = list(dict.fromkeys(rules))
    package_rules = [rule for rule in all_of if rule in (FOREIGN, CHANGED, REPLACES)]
    others = [rule for rule in all_of if rule not in package_rules]
    return all_of if len(all_of) <= MAX_RULES else [*others[: MAX_RULES - len(package_rules)], *package_rules]


def _format_digests_of_reported_lines(place: Autorun) -> str:
    """Return the beginnings of the digests of the lines for which a place in somebody's settings is reported.

    With them these lines alone can be put out of force. Nothing is returned where there are too many.
    """
    if place.slot in _SETTINGS:
        lines = [place.text] if place.text else []
    elif place.slot in ("start", "hook"):
        odd = [path for path, _status in place.programs if suspicious_commands.classify_odd_path(path) is not None]
        lines = [
            line
            for line in place.text.split("\n")
            if any(sign.certainty != "weak" for sign in suspicious_commands.find_signs_in_command_text(line))
            or any(path in line for path in odd)
        ]
    else:
        return ""
    digests = dict.fromkeys(hashlib.sha256(line.strip().encode()).hexdigest()[:12] for line in lines)
    return " ".join(digests) if len(digests) <= MOST_LINES else ""


_SETTINGS = frozenset({"sudo", "pam", "pam_module", "php", "php_module", "web_module"})
"""Slots whose things are one line of a file each, or a file whole, which says nothing."""
MOST_LINES = 4


def _iter_suspect_autoruns_with_evidence(
    places: Iterable[Autorun], known_keys: Collection[str] | None
) -> Iterator[tuple[Autorun, AutorunEvidence]]:
    """Yield the places that something speaks against, with what does, that they were not there before too."""
    for place in places:
        weight = weigh_autorun(place)
        if weight is None:
            continue
        if (
            known_keys is not None
            and compute_trace_key(KINDS[place.slot], _build_autorun_identity(place)) not in known_keys
        ):
            weight.add_evidence(
                NEW, "strong" if _is_new_access_with_all_rights(place, known_keys) else "weak", "baseline"
            )
        yield place, weight


def get_path_in_trace_location(kind: Kind, where: str) -> str:
    """Return where the thing of a trace lies: outside the web roots whose it is may come after it.

    Below them that is part of its name.
    """
    return _WHO.sub("", where) if kind in OUTSIDE else where


def get_account_in_trace_location(kind: Kind, where: str) -> str:
    """Return the account that the place of a trace names behind its path; empty where it names none."""
    match = _WHO.search(where) if kind in OUTSIDE else None
    return match[0][2:-1].removeprefix(NOBODY) if match else ""


NOBODY = "-"
"""What stands for whose a thing is where nobody says so."""
_WHO = re.compile(r" \([^()/]*\)\Z")
_OF_NOBODY = frozenset(
    {"generator", "preload", "php", "php_module", "web_module", "setuid", "program", "kernel_module"}
)


def _is_new_access_with_all_rights(place: Autorun, known_keys: Collection[str]) -> bool:
    """Return whether what is new lets somebody in with all rights: there, being new is enough for an alarm."""
    if place.slot == "cms_account":
        return compute_trace_key("account", _build_autorun_identity(replace(place, who=""))) in known_keys
    return place.slot == "key" and "root" in place.marks


def _build_autorun_identity(place: Autorun) -> str:
    text = place.text
    if place.slot == "key":
        text = " ".join(text.split()[:2])
    elif place.slot == "process":  # what it calls itself holds numbers, and changes
        text = " ".join(sorted(place.marks - {"calls_out"}))
    elif place.slot == "order":  # counts that grow
        text = ""
    return "\n".join((place.slot, place.where, place.who, text))
