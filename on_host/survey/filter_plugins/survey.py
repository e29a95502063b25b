"""What the shared files of a host are to hold after a run, as data for the roles."""

from __future__ import annotations

import re


def merge_domains_in_force_by_control(in_force, apply, released_controls=()):
    """Return domains by control id.

    They are what is in force on the host already together with what this run applies, less what is released.

    A control that is held is in neither, unless it is in force: keeping it is not a change, taking it away would
    loosen.
    """
    both = {control: set(domains) for control, domains in in_force.items() if control not in released_controls}
    for control, domains in apply.items():
        both.setdefault(control, set()).update(domains)
    return {control: sorted(domains) for control, domains in sorted(both.items())}


def list_declared_and_enforced_sites(sites, enforce):
    """Return the declared sites, and by its domain alone each further one that something is in force for.

    Another inventory's.
    """
    known_names = {name for site in sites for name in (site["domain"], *(site.get("aliases") or ()))}
    others = sorted({domain for domains in enforce.values() for domain in domains} - known_names)
    return [*sites, *({"domain": domain} for domain in others)]


def select_fact_areas_read_for_controls(control_ids, reads):
    """Return the areas of facts to be read, of those that are read for the sake of controls, by patterns of
    their ids.
    """
    area_lists = [
        areas for pattern, areas in reads.items() if any(re.match(pattern, control) for control in control_ids)
    ]
    return sorted({area for areas in area_lists for area in areas})


def find_missing_packages(areas, apply):
    """Return area of hardening to the packages that what this run applies needs and the host lacks.

    By the host's areas of facts.
    """
    missing_packages = {}
    if "pam.pwquality" in apply:
        quality = areas["pam"]["data"]["pwquality"]
        there = {"libpam-pwquality": quality["installed"], "cracklib-runtime": quality["dictionary_found"]}
        missing_packages["pam"] = [package for package, is_there in there.items() if not is_there]
    if any(control.startswith("firewall.") for control in apply):
        firewall = areas["firewall"]["data"]
        missing_packages["firewall"] = [] if firewall["installed"] or firewall["managers"] else ["nftables"]
    if "updates.automatic" in apply:
        missing_packages["updates"] = (
            [] if areas["updates"]["data"]["automatic"]["installed"] else ["unattended-upgrades"]
        )
    if "time.synchronised_daemon" in apply:
        missing_packages["time"] = [] if areas["time"]["data"]["daemons"] else ["chrony"]
    return {area: packages for area, packages in missing_packages.items() if packages}


def parse_ports(declared_ports):
    """Return ports and ranges such as ``8000-8010``, as the inventory declares them, spelt out."""
    numbers = []
    for entry in declared_ports:
        first, _, last = str(entry).partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {
            "survey_enforced": merge_domains_in_force_by_control,
            "survey_served": list_declared_and_enforced_sites,
            "survey_ports": parse_ports,
            "survey_wanted": select_fact_areas_read_for_controls,
            "survey_missing": find_missing_packages,
        }
