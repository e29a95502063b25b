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
UNASKED: Facts = {
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
class Way:
    """Somebody's way in."""

    account: str
    source: str = ""
    methods: tuple[str, ...] = ()
    to: str | None = None
    """Where something goes on to through sshd; empty when not known, None for a session."""
    key: str = ""
    certificate: bool = False
    claimed: bool = False
    """Others could have written the record: it is no proof that anything else is missed no longer."""
    last: int = 0
    """When it was seen, epoch second; 0 for one that is declared."""
    doubtful: bool = False
    """Whether anything went on through sshd no record tells: it may have been a session."""
    bound: bool = False
    """A key that is bound to a command serves as well."""


@dataclass(frozen=True)
class State:
    """What decides who gets in at a moment."""

    offers: Offers
    passwords: Mapping[str, str]
    """Account to ``empty``, ``locked`` or ``usable``."""
    shells: Mapping[str, bool]
    """Account to whether it may log in at all."""
    keys: Mapping[str, tuple[Facts, ...]]
    groups: Mapping[str, Any]
    second_factors: bool = False
    """PAM asks somebody else, too: a code's program, a directory."""
    certified: frozenset[str] = frozenset()
    """The accounts that came in by a certificate."""
    closed: frozenset[str] = frozenset()
    """Accounts in which nobody gets anywhere."""
    networks: tuple[str, ...] = ()
    """The only ones whose packets reach sshd; empty: all."""
    judged: str = "no"
    """What StrictModes was when the ways were seen: where it was on, their keys passed it."""

    def of(self, way: Way) -> Mapping[int, Facts]:
        """What is offered that way, by port."""
        return self.offers.get((way.account, way.source), {})

    def about(self, ways: Iterable[Way]) -> State:
        """The same, with something taken for what is offered to those whom sshd was not asked about."""
        every = {(way.account, way.source): {0: UNASKED} for way in ways}
        return replace(self, offers={**every, **self.offers})


@dataclass(frozen=True)
class Loss:
    """A way that a change takes."""

    control: str
    way: Way
    accepted: bool


# --- what is known ------------------------------------------------------------------------------------------


def state(areas: Mapping[str, Facts]) -> State:
    """What decides now, by a host's facts."""
    accounts, ways = areas["accounts"], areas["ways"]
    keys: dict[str, tuple[Facts, ...]] = {}
    for key in accounts["keys"]:
        keys[key["account"]] = (*keys.get(key["account"], ()), key)
    return State(
        offers=by_connection(ways["offers"]),
        passwords={user["name"]: user["password"] for user in accounts["users"]},
        shells={user["name"]: user["can_log_in"] for user in accounts["users"]},
        keys=keys,
        groups={person["name"]: person["groups"] for person in ways["accounts"]},
        second_factors=bool(ways["second_factors"]),
        certified=frozenset(way["account"] for way in ways["seen"] if way["certificate"] and not way["claimed"]),
        judged=areas["ssh"]["effective"]["strictmodes"],
    )


def by_connection(offers: Iterable[Facts]) -> Offers:
    """What sshd said, by whom it was asked about."""
    found: dict[tuple[str, str], dict[int, Facts]] = {}
    for offer in offers:
        found.setdefault((offer["account"], offer["source"]), {})[offer["port"]] = {
            **offer["settings"],
            "ours": offer["ours"],
        }
    return found


def ways(areas: Mapping[str, Facts], admins: Iterable[str]) -> list[Way]:
    """Every way that counts: those seen, what goes through, and the declared administrators from wherever was asked."""
    known = areas["ways"]
    found = [_seen(way) for way in known["seen"]]
    found += [
        Way(way["account"], way["source"], to=way["to"], last=way["last"], doubtful=not way.get("recorded", True))
        for way in reversed(known["forwarded"])
    ]
    if not known["recorded"]:
        found.append(Way(ANYBODY, methods=("password",), last=1))
    there = {user["name"] for user in areas["accounts"]["users"] if user["can_log_in"]}
    places = {(offer["account"], offer["source"]): None for offer in known["offers"]}
    for name in dict.fromkeys(admins):
        if name in there:
            found += [Way(account, source) for account, source in places if account == name] or [Way(name)]
    return found


def own(areas: Mapping[str, Facts], account: str, source: str) -> Way:
    """The way by which whoever asks came in."""
    known = areas["ways"]["own"]
    if known and (known["account"], known["source"].partition("%")[0]) == (account, source):
        return replace(_seen(known), bound=True)
    return Way(account, source, bound=True)


def _seen(way: Facts) -> Way:
    methods = tuple(way["methods"])
    return Way(
        way["account"], way["source"], methods, None, way["key"], way["certificate"], way["claimed"], way["last"]
    )


def opens(areas: Mapping[str, Facts], account: str) -> bool:
    """Whether a key opens the account from somewhere, without anything besides."""
    return _opened_by_key(state(areas), account)


def _opened_by_key(now: State, account: str) -> bool:
    asked = [
        (settings, source) for (name, source), of in now.offers.items() if name == account for settings in of.values()
    ]
    way = Way(account)
    return any(
        _admits(settings, way, now, source)
        and "publickey" in _at_hand(settings, way, now)
        and any(chain in (ANY, "publickey") for chain in settings["authenticationmethods"] or [ANY])
        for settings, source in asked
    )


# --- whether a way is open ----------------------------------------------------------------------------------


def open_on(way: Way, now: State) -> set[int]:
    """The ports on which the way is open; 0 stands for all where sshd was not asked."""
    return {port for port, settings in now.of(way).items() if _open(settings, way, now)}


def _open(settings: Facts, way: Way, now: State) -> bool:
    # Whoever came in is let in: of that no list of ours knows more, with groups from who knows where.
    if not _reaches(way, now) or not (way.last or _admits(settings, way, now, way.source)):
        return False
    if way.to is not None:
        return bool(settings["allowtcpforwarding"] != "no" and settings["disableforwarding"] != "yes")
    if way.account in now.closed or (not way.methods and not now.shells.get(way.account, True)):
        return False
    usable = _at_hand(settings, way, now)
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


def _at_hand(settings: Facts, way: Way, now: State) -> set[str]:
    """The methods that sshd offers and the account has something for; what it was seen to use it has."""
    root = settings["permitrootlogin"] if way.account == "root" else "yes"
    kind = now.passwords.get(way.account, "usable")
    empty_passes = kind != "empty" or settings["permitemptypasswords"] == "yes"
    found = set()
    if settings["pubkeyauthentication"] == "yes" and root != "no" and _has_key(settings, way, now, root):
        found.add("publickey")
    if root != "yes":
        return found
    if settings["passwordauthentication"] == "yes" and (kind != "locked" or now.second_factors) and empty_passes:
        found.add("password")
        if kind == "empty":
            found.add("none")
    if settings["kbdinteractiveauthentication"] == "yes" and empty_passes:
        if "keyboard-interactive" in way.methods or kind != "locked" or now.second_factors:
            found.add("keyboard-interactive")
    for method, keyword in (("hostbased", "hostbasedauthentication"), ("gssapi-with-mic", "gssapiauthentication")):
        if method in way.methods and settings[keyword] == "yes":
            found.add(method)
    return found


def _has_key(settings: Facts, way: Way, now: State, root: str) -> bool:
    strict, keys = settings["strictmodes"] == "yes", now.keys.get(way.account, ())
    unproven = strict and now.judged != "yes"
    if way.certificate:
        return not unproven or _certifies(settings, keys, unproven)
    if "publickey" in way.methods:
        came_so = now.judged == "yes" or any(key["closed"] for key in keys if way.key and key["fingerprint"] == way.key)
        return came_so or not strict
    if way.account in now.certified and _certifies(settings, keys, unproven):
        return True
    bound = way.bound or root == "forced-commands-only"
    return any(
        key["fingerprint"] and (bound or not key["restricted"]) and (key["closed"] or not strict) for key in keys
    )


def _certifies(settings: Facts, keys: Iterable[Facts], unproven: bool) -> bool:
    """Whether a certificate is taken: of an authority that sshd trusts, or of one among the account's keys.

    ``unproven``: StrictModes judges for the first time. Whether others could write an AuthorizedPrincipalsFile is not known.
    """
    if settings["trustedusercakeys"] != "none":
        return not unproven or bool(settings["authorizedprincipalsfile"] == "none")
    return any(key["restricted"] and (key["closed"] or not unproven) for key in keys)


def _admits(settings: Facts, way: Way, now: State, source: str) -> bool:
    """AllowUsers, DenyUsers, AllowGroups and DenyGroups, in sshd's order."""
    groups = now.groups.get(way.account)

    def users(keyword: str) -> bool:
        return any(_is_user(pattern, way.account, source) for pattern in settings[keyword])

    def named(keyword: str) -> bool:
        return any(fnmatchcase(group, pattern) for group in groups or () for pattern in settings[keyword])

    if users("denyusers") or (settings["allowusers"] and not users("allowusers")):
        return False
    return groups is None or not (named("denygroups") or (settings["allowgroups"] and not named("allowgroups")))


def _is_user(pattern: str, account: str, source: str) -> bool:
    name, at, place = pattern.partition("@")
    return fnmatchcase(account, name) and (
        not at or not source or fnmatchcase(source, place) or within(source, (place,))
    )


def _reaches(way: Way, now: State) -> bool:
    if not now.networks or not way.source or not (way.last or way.bound):
        return True
    return within(way.source, now.networks)


def within(source: str, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks, or on the host's own link; what is no address does not."""
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


def _sets(**settings: str) -> Callable[[State], State]:
    return lambda now: _offering(now, lambda said: {**said, **settings})


def _root_by_key(now: State) -> State:
    def changed(said: Facts) -> Facts:
        return {**said, "permitrootlogin": "prohibit-password"} if said["permitrootlogin"] == "yes" else said

    return _offering(now, changed)


def _no_root(now: State) -> State:
    def changed(said: Facts) -> Facts:
        return said if said["permitrootlogin"] == "forced-commands-only" else {**said, "permitrootlogin": "no"}

    return _offering(now, changed)


def _offering(now: State, changed: Callable[[Facts], Facts]) -> State:
    """With other settings, but for daemons that do not read ours."""
    offers = {
        who: {port: changed(said) if said["ours"] else said for port, said in of.items()}
        for who, of in now.offers.items()
    }
    return replace(now, offers=offers)


def _locks_empty(now: State) -> State:
    passwords = {name: "locked" if kind == "empty" else kind for name, kind in now.passwords.items()}
    return replace(now, passwords=passwords)


EFFECTS: dict[str, Callable[[State], State]] = {
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


def name(control: str, way: Way) -> str:
    """How somebody accepts that a control takes an account's way."""
    return f"{control}:{way.account}"


def losses(
    now: State, found: Iterable[Way], effects: Mapping[str, Callable[[State], State]], accepted: Iterable[str] = ()
) -> list[Loss]:
    """What each control takes from whom, one after the other: one that takes what nobody accepted is not made."""
    every = list(found)
    now = now.about(every)
    kept, gone, told, taken = now, set(), [], frozenset(accepted)
    open_before = {way: ports for way in every if (ports := open_on(way, now))}
    for control, effect in effects.items():
        after = effect(kept)
        staying = {way for way, ports in open_before.items() if ports <= open_on(way, after)}
        since = _latest(staying)
        lost = [
            way
            for way in open_before
            if way not in gone and way not in staying and not (way.methods and since.get(_who(way), 0) >= way.last)
        ]
        told += [Loss(control, way, name(control, way) in taken) for way in lost]
        if all(name(control, way) in taken for way in lost):
            kept = after
            gone.update(lost)
    return told


def _latest(staying: Iterable[Way]) -> dict[tuple[str, str], int]:
    """When an account was last seen to come in from an address by a way that stays: it no longer misses an older one."""
    found: dict[tuple[str, str], int] = {}
    for way in staying:
        if way.methods and not way.claimed:
            found[_who(way)] = max(found.get(_who(way), 0), way.last)
    return found


def _who(way: Way) -> tuple[str, str]:
    return way.account, way.source


# --- for plays ------------------------------------------------------------------------------------------------


def _areas(areas: Mapping[str, Facts]) -> dict[str, Facts]:
    return {area: areas[area]["data"] for area in ("accounts", "ssh", "sudo", "ways")}


def taken(areas: Mapping[str, Facts], controls: Iterable[str], admins: Iterable[str], accepted: Any) -> list[Facts]:
    """The ways that controls would take though nobody accepted it, as ``{control, who}``."""
    data = _areas(areas)
    asked = set(controls)
    wanted = {control: effect for control, effect in EFFECTS.items() if control in asked}
    found = losses(state(data), ways(data, admins), wanted, _names(accepted))
    return [{"control": loss.control, "who": said(loss.way)} for loss in found if not loss.accepted]


def taken_on_trial(
    areas: Mapping[str, Facts], offers: Iterable[Facts], admins: Iterable[str], accepted: Any
) -> list[str]:
    """The ways that are open now and no longer by what sshd offers on trial, but for accounts accepted for some control."""
    data, tried = _areas(areas), by_connection(offers)
    given_up = {who for control, _, who in (name.partition(":") for name in _names(accepted)) if control in EFFECTS}
    found = losses(state(data), ways(data, admins), {"": lambda now: replace(now, offers={**now.offers, **tried})})
    return [said(loss.way) for loss in found if loss.way.account not in given_up]


def _names(given: Any) -> list[str]:
    """What somebody accepts: a list, or one text with commas or spaces between."""
    return given.replace(",", " ").split() if isinstance(given, str) else [str(one) for one in given or ()]


def said(way: Way) -> str:
    """A way in few words."""
    how = (
        ("may be " if way.doubtful else "") + "forwarding to " + (way.to or "?")
        if way.to is not None
        else "+".join(way.methods) or ANY
    )
    return f"{way.account} ({way.source or ANY}, {how})"


def ways_in(areas: Mapping[str, Facts]) -> list[str]:
    """The accounts that could administer the host with a key: root, and those whom sudo lets do anything."""
    return sorted(set(_administrators(areas)))


def _administrators(areas: Mapping[str, Facts]) -> Iterator[str]:
    sshd, now = areas["ssh"], state(areas)
    admins = {"root", *(grant["account"] for grant in areas["sudo"]["grants"] if "ALL" in grant["commands"])}
    asked = {account for account, _ in now.offers}
    said = [sshd["effective"], *(settings for of in now.offers.values() for settings in of.values())]
    listed = any(settings.get(word) for settings in said for word in LISTS)
    doubtful = listed or not KEEPING_OUT.isdisjoint(line["keyword"] for line in sshd["matches"])
    for account in admins:
        here = now
        if account not in asked:
            # Whom lists and blocks mean, only sshd could say.
            if doubtful:
                continue
            general = (sshd.get("for_root") if account == "root" else None) or sshd["effective"]
            unasked = {**UNASKED, **general, "gssapiauthentication": "no", "trustedusercakeys": "none"}
            here = replace(now, offers={(account, ""): {0: unasked}})
        if now.shells.get(account) and _opened_by_key(here, account):
            yield account


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filter names to functions."""
        return {
            "ssh_ways_taken": taken,
            "ssh_ways_taken_on_trial": taken_on_trial,
            "ssh_ways_in": lambda areas: ways_in(_areas(areas)),
        }
