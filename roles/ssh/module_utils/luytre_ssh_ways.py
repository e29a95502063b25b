"""Who gets in over SSH, and who no longer would: the one judge of that, for plays and for the auditor. Pure.

A *way* is somebody who came in of late (account, address, the methods that opened the session), somebody whom the
inventory declares (no methods: any that the account has something for), or something that went through sshd.
A change is judged by what sshd offers before and after it, as sshd itself says. What is not known counts as a loss.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

Facts = Mapping[str, Any]
Offers = Mapping[tuple[str, str], Mapping[int, Facts]]
"""Per account and address, then port: what decides, in the words of ``sshd -T``."""

ANY = "any"
ANYBODY = "*"
"""The account of whoever may have come in by a password where sshd keeps no record."""
ASSUMED_SETTINGS: Facts = {
    **dict.fromkeys(("allowgroups", "allowusers", "denygroups", "denyusers"), ()),
    **dict.fromkeys(("passwordauthentication", "kbdinteractiveauthentication", "pubkeyauthentication"), "yes"),
    **dict.fromkeys(("hostbasedauthentication", "gssapiauthentication", "permitemptypasswords"), "yes"),
    **{"authenticationmethods": [ANY], "permitrootlogin": "yes", "strictmodes": "no", "trustedusercakeys": "none"},
    **{"allowtcpforwarding": "yes", "disableforwarding": "no", "ours": True, "authorizedprincipalsfile": "none"},
}
"""Taken for what sshd offers now where it could not be asked: whatever a change closes then counts as lost."""
LISTS = ("allowgroups", "denygroups", "denyusers")
KEEPING_OUT = frozenset(
    (*LISTS, "allowusers", "pubkeyauthentication", "authenticationmethods", "authorizedkeysfile", "strictmodes")
)
"""Words of a Match block that may keep out somebody with a key of whom sshd was not asked."""


@dataclass(frozen=True)
class AccessPath:
    """Somebody's way in."""

    account: str
    source: str = ""
    methods: tuple[str, ...] = ()
    to: str | None = None
    """Where something goes on to through sshd; empty when not known, None for a session."""
    key: str = ""
    certificate: bool = False
    is_claimed: bool = False
    """Others could have written the record: it is no proof that anything else is missed no longer."""
    last: int = 0
    """When it was seen, epoch second; 0 for one that is declared."""
    doubtful: bool = False
    """Whether anything went on through sshd no record tells: it may have been a session."""
    allows_bound_keys: bool = False
    """A key that is bound to a command serves as well."""


@dataclass(frozen=True)
class AccessState:
    """The settings that decide who gets in at a moment."""

    offers: Offers
    passwords: Mapping[str, str]
    """Account to ``empty``, ``locked`` or ``usable``."""
    shells: Mapping[str, bool]
    """Account to whether it may log in at all."""
    keys: Mapping[str, tuple[Facts, ...]]
    groups: Mapping[str, Any]
    second_factors: bool = False
    """PAM asks somebody else, too: a code's program, a directory."""
    certificate_accounts: frozenset[str] = frozenset()
    """The accounts that came in by a certificate."""
    closed_accounts: frozenset[str] = frozenset()
    """Accounts in which nobody gets anywhere."""
    networks: tuple[str, ...] = ()
    """The only ones whose packets reach sshd; empty: all."""
    past_strict_modes: str = "no"
    """What StrictModes was when the ways were seen: where it was on, their keys passed it."""

    def of(self, way: AccessPath) -> Mapping[int, Facts]:
        """Return what is offered that way, by port."""
        return self.offers.get((way.account, way.source), {})

    def about(self, ways: Iterable[AccessPath]) -> AccessState:
        """Return the same, with something taken for what is offered to those whom sshd was not asked about."""
        every = {(way.account, way.source): {0: ASSUMED_SETTINGS} for way in ways}
        return replace(self, offers={**every, **self.offers})


@dataclass(frozen=True)
class Loss:
    """A way that a change takes."""

    control: str
    way: AccessPath
    is_accepted: bool


# --- what is known ------------------------------------------------------------------------------------------


def state(areas: Mapping[str, Facts]) -> AccessState:
    """Return what decides now, by a host's facts."""
    accounts, ways = areas["accounts"], areas["ways"]
    keys: dict[str, tuple[Facts, ...]] = {}
    for key in accounts["keys"]:
        keys[key["account"]] = (*keys.get(key["account"], ()), key)
    return AccessState(
        offers=group_by_connection(ways["offers"]),
        passwords={user["name"]: user["password"] for user in accounts["users"]},
        shells={user["name"]: user["can_log_in"] for user in accounts["users"]},
        keys=keys,
        groups={person["name"]: person["groups"] for person in ways["accounts"]},
        second_factors=bool(ways["second_factors"]),
        certificate_accounts=frozenset(
            way["account"] for way in ways["seen"] if way["certificate"] and not way["claimed"]
        ),
        past_strict_modes=areas["ssh"]["effective"]["strictmodes"],
    )


def group_by_connection(offers: Iterable[Facts]) -> Offers:
    """Return what sshd said, by whom it was asked about."""
    offers_by_connection: dict[tuple[str, str], dict[int, Facts]] = {}
    for offer in offers:
        offers_by_connection.setdefault((offer["account"], offer["source"]), {})[offer["port"]] = {
            **offer["settings"],
            "ours": offer["ours"],
        }
    return offers_by_connection


def ways(areas: Mapping[str, Facts], admins: Iterable[str]) -> list[AccessPath]:
    """Return every way that counts.

    Those seen, what goes through, and the declared administrators from wherever was asked.
    """
    ways_area = areas["ways"]
    paths = [_make_way(way) for way in ways_area["seen"]]
    paths += [
        AccessPath(
            way["account"], way["source"], to=way["to"], last=way["last"], doubtful=not way.get("recorded", True)
        )
        for way in reversed(ways_area["forwarded"])
    ]
    if not ways_area["recorded"]:
        paths.append(AccessPath(ANYBODY, methods=("password",), last=1))
    there = {user["name"] for user in areas["accounts"]["users"] if user["can_log_in"]}
    places = {(offer["account"], offer["source"]): None for offer in ways_area["offers"]}
    for name in dict.fromkeys(admins):
        if name in there:
            paths += [AccessPath(account, source) for account, source in places if account == name] or [
                AccessPath(name)
            ]
    return paths


def own(areas: Mapping[str, Facts], account: str, source: str) -> AccessPath:
    """Return the way by which whoever asks came in."""
    own_way = areas["ways"]["own"]
    if own_way and (own_way["account"], own_way["source"].partition("%")[0]) == (account, source):
        return replace(_make_way(own_way), allows_bound_keys=True)
    return AccessPath(account, source, allows_bound_keys=True)


def _make_way(way: Facts) -> AccessPath:
    methods = tuple(way["methods"])
    return AccessPath(
        way["account"], way["source"], methods, None, way["key"], way["certificate"], way["claimed"], way["last"]
    )


def opens(areas: Mapping[str, Facts], account: str) -> bool:
    """Return whether a key opens the account from somewhere, without anything besides."""
    return _is_opened_by_key(state(areas), account)


def _is_opened_by_key(now: AccessState, account: str) -> bool:
    offers = [
        (settings, source) for (name, source), of in now.offers.items() if name == account for settings in of.values()
    ]
    way = AccessPath(account)
    return any(
        _admits(settings, way, now, source)
        and "publickey" in _list_usable_methods(settings, way, now)
        and any(chain in (ANY, "publickey") for chain in settings["authenticationmethods"] or [ANY])
        for settings, source in offers
    )


# --- whether a way is open ----------------------------------------------------------------------------------


def open_on(way: AccessPath, now: AccessState) -> set[int]:
    """Return the ports on which the way is open; 0 stands for all where sshd was not asked."""
    return {port for port, settings in now.of(way).items() if _open(settings, way, now)}


def _open(settings: Facts, way: AccessPath, now: AccessState) -> bool:
    # Whoever came in is let in: of that no list of ours knows more, with groups from who knows where.
    if not _reaches(way, now) or not (way.last or _admits(settings, way, now, way.source)):
        return False
    if way.to is not None:
        return bool(settings["allowtcpforwarding"] != "no" and settings["disableforwarding"] != "yes")
    if way.account in now.closed_accounts or (not way.methods and not now.shells.get(way.account, True)):
        return False
    usable = _list_usable_methods(settings, way, now)
    for chain in settings["authenticationmethods"] or [ANY]:
        steps = tuple(step.partition(":")[0] for step in chain.split(","))
        if steps == (ANY,):
            if usable and usable.issuperset(way.methods):
                return True
        elif (
            usable.issuperset(steps)
            and steps[len(steps) - min(len(steps), len(way.methods)) :] == way.methods[-len(steps) :]
        ):
            return True
    return False


def _list_usable_methods(settings: Facts, way: AccessPath, now: AccessState) -> set[str]:
    """Return the methods that sshd offers and the account has something for; what it was seen to use it has."""
    root = settings["permitrootlogin"] if way.account == "root" else "yes"
    kind = now.passwords.get(way.account, "usable")
    empty_passes = kind != "empty" or settings["permitemptypasswords"] == "yes"
    methods = set()
    if settings["pubkeyauthentication"] == "yes" and root != "no" and _has_key(settings, way, now, root):
        methods.add("publickey")
    if root != "yes":
        return methods
    if settings["passwordauthentication"] == "yes" and (kind != "locked" or now.second_factors) and empty_passes:
        methods.add("password")
        if kind == "empty":
            methods.add("none")
    if settings["kbdinteractiveauthentication"] == "yes" and empty_passes:
        if "keyboard-interactive" in way.methods or kind != "locked" or now.second_factors:
            methods.add("keyboard-interactive")
    for method, keyword in (("hostbased", "hostbasedauthentication"), ("gssapi-with-mic", "gssapiauthentication")):
        if method in way.methods and settings[keyword] == "yes":
            methods.add(method)
    return methods


def _has_key(settings: Facts, way: AccessPath, now: AccessState, root: str) -> bool:
    strict, keys = settings["strictmodes"] == "yes", now.keys.get(way.account, ())
    unproven = strict and now.past_strict_modes != "yes"
    if way.certificate:
        return not unproven or _certifies(settings, keys, unproven)
    if "publickey" in way.methods:
        came_so = now.past_strict_modes == "yes" or any(
            key["closed"] for key in keys if way.key and key["fingerprint"] == way.key
        )
        return came_so or not strict
    if way.account in now.certificate_accounts and _certifies(settings, keys, unproven):
        return True
    allows_bound_keys = way.allows_bound_keys or root == "forced-commands-only"
    return any(
        key["fingerprint"] and (allows_bound_keys or not key["restricted"]) and (key["closed"] or not strict)
        for key in keys
    )


def _certifies(settings: Facts, keys: Iterable[Facts], unproven: bool) -> bool:
    """Return whether a certificate is taken: of an authority that sshd trusts, or of one among the account's keys.

    ``unproven``: StrictModes judges for the first time. Whether others could write an AuthorizedPrincipalsFile is not
    known.
    """
    if settings["trustedusercakeys"] != "none":
        return not unproven or bool(settings["authorizedprincipalsfile"] == "none")
    return any(key["restricted"] and (key["closed"] or not unproven) for key in keys)


def _admits(settings: Facts, way: AccessPath, now: AccessState, source: str) -> bool:
    """Return AllowUsers, DenyUsers, AllowGroups and DenyGroups, in sshd's order."""
    groups = now.groups.get(way.account)

    def matches_user(keyword: str) -> bool:
        return any(_is_user(pattern, way.account, source) for pattern in settings[keyword])

    def matches_group(keyword: str) -> bool:
        return any(fnmatchcase(group, pattern) for group in groups or () for pattern in settings[keyword])

    if matches_user("denyusers") or (settings["allowusers"] and not matches_user("allowusers")):
        return False
    return groups is None or not (
        matches_group("denygroups") or (settings["allowgroups"] and not matches_group("allowgroups"))
    )


def _is_user(pattern: str, account: str, source: str) -> bool:
    name, at, place = pattern.partition("@")
    return fnmatchcase(account, name) and (
        not at or not source or fnmatchcase(source, place) or within(source, (place,))
    )


def _reaches(way: AccessPath, now: AccessState) -> bool:
    if not now.networks or not way.source or not (way.last or way.allows_bound_keys):
        return True
    return within(way.source, now.networks)


def within(source: str, networks: Iterable[str]) -> bool:
    """Return whether an address lies in one of the networks, or on the host's own link; what is no address does not."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
        return (
            address.is_link_local
            or address.is_loopback
            or any(address in ipaddress.ip_network(network, strict=False) for network in networks)
        )
    except ValueError:
        return False


# --- what a change does to it -------------------------------------------------------------------------------


def _sets(**settings: str) -> Callable[[AccessState], AccessState]:
    return lambda now: _replace_offers(now, lambda offer: {**offer, **settings})


def _root_by_key(now: AccessState) -> AccessState:
    def change(offer: Facts) -> Facts:
        return {**offer, "permitrootlogin": "prohibit-password"} if offer["permitrootlogin"] == "yes" else offer

    return _replace_offers(now, change)


def _no_root(now: AccessState) -> AccessState:
    def change(offer: Facts) -> Facts:
        return offer if offer["permitrootlogin"] == "forced-commands-only" else {**offer, "permitrootlogin": "no"}

    return _replace_offers(now, change)


def _replace_offers(now: AccessState, change: Callable[[Facts], Facts]) -> AccessState:
    """Return the state with other settings, but for daemons that do not read ours."""
    offers = {
        who: {port: change(offer) if offer["ours"] else offer for port, offer in of.items()}
        for who, of in now.offers.items()
    }
    return replace(now, offers=offers)


def _locks_empty(now: AccessState) -> AccessState:
    passwords = {name: "locked" if kind == "empty" else kind for name, kind in now.passwords.items()}
    return replace(now, passwords=passwords)


EFFECTS: dict[str, Callable[[AccessState], AccessState]] = {
    "ssh.root_login": _root_by_key,
    "ssh.root_direct": _no_root,
    "ssh.password_auth": _sets(passwordauthentication="no", kbdinteractiveauthentication="no"),
    "ssh.empty_passwords": _sets(permitemptypasswords="no"),
    "ssh.host_based": _sets(hostbasedauthentication="no"),
    "ssh.strict_modes": _sets(strictmodes="yes"),
    "ssh.tcp_forwarding": _sets(allowtcpforwarding="no"),
    "accounts.empty_password": _locks_empty,
    "pam.nullok": _locks_empty,
}
"""Control to what it does to what decides who gets in."""


def name(control: str, way: AccessPath) -> str:
    """Return how somebody accepts that a control takes an account's way."""
    return f"{control}:{way.account}"


def losses(
    now: AccessState,
    candidates: Iterable[AccessPath],
    effects: Mapping[str, Callable[[AccessState], AccessState]],
    accepted_names: Iterable[str] = (),
) -> list[Loss]:
    """Return what each control takes from whom, one after the other: one that takes what nobody accepted is
    not made.
    """
    every = list(candidates)
    now = now.about(every)
    current, lost_ways, results, accepted_set = now, set(), [], frozenset(accepted_names)
    open_before = {way: ports for way in every if (ports := open_on(way, now))}
    for control, effect in effects.items():
        after = effect(current)
        open_ways = {way for way, ports in open_before.items() if ports <= open_on(way, after)}
        since = _find_latest(open_ways)
        newly_lost = [
            way
            for way in open_before
            if way not in lost_ways
            and way not in open_ways
            and not (way.methods and since.get(_who(way), 0) >= way.last)
        ]
        results += [Loss(control, way, name(control, way) in accepted_set) for way in newly_lost]
        if all(name(control, way) in accepted_set for way in newly_lost):
            current = after
            lost_ways.update(newly_lost)
    return results


def _find_latest(open_ways: Iterable[AccessPath]) -> dict[tuple[str, str], int]:
    """Return when an account was last seen to come in from an address by a way that stays.

    It no longer misses an older one.
    """
    times: dict[tuple[str, str], int] = {}
    for way in open_ways:
        if way.methods and not way.is_claimed:
            times[_who(way)] = max(times.get(_who(way), 0), way.last)
    return times


def _who(way: AccessPath) -> tuple[str, str]:
    return way.account, way.source


# --- who administers ------------------------------------------------------------------------------------------


def ways_in(areas: Mapping[str, Facts]) -> list[str]:
    """Return the accounts that could administer the host with a key: root, and those whom sudo lets do anything."""
    return sorted(set(_iter_administrators(areas)))


def _iter_administrators(areas: Mapping[str, Facts]) -> Iterator[str]:
    sshd, now = areas["ssh"], state(areas)
    admins = {"root", *(grant["account"] for grant in areas["sudo"]["grants"] if "ALL" in grant["commands"])}
    asked_accounts = {account for account, _ in now.offers}
    settings_in_force = [sshd["effective"], *(settings for of in now.offers.values() for settings in of.values())]
    has_lists = any(settings.get(word) for settings in settings_in_force for word in LISTS)
    doubtful = has_lists or not KEEPING_OUT.isdisjoint(line["keyword"] for line in sshd["matches"])
    for account in admins:
        here = now
        if account not in asked_accounts:
            # Whom lists and blocks mean, only sshd could say.
            if doubtful:
                continue
            general = (sshd.get("for_root") if account == "root" else None) or sshd["effective"]
            assumed_settings = {
                **ASSUMED_SETTINGS,
                **general,
                "gssapiauthentication": "no",
                "trustedusercakeys": "none",
            }
            here = replace(now, offers={(account, ""): {0: assumed_settings}})
        if now.shells.get(account) and _is_opened_by_key(here, account):
            yield account
