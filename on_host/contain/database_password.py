"""Makes the password anew by which a site's application comes into its database, there and in every configuration that has it; and puts the old one back: a
question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. The password is made here and leaves the host in no form. The server takes both passwords
while configurations change, and the new one alone when all have it: so whoever is killed between two steps leaves sites that serve, and a record, in a
folder of root's alone, by which it is gone on with or undone.
"""

import contextlib
import secrets
import string
import time

from ansible.module_utils.luytre import _php, _websites
from ansible.module_utils.luytre_change import php_constants
from ansible.module_utils.luytre_contain import (
    applications,
    configuration,
    database_accounts,
    mentions,
    php_code,
    visiting,
)
from ansible.module_utils.luytre_shared import acting
from ansible.module_utils.luytre_shared.acting import Refused

SECONDS = 60
"""For one question: some visits, however slowly the site answers."""
RECORD = acting.Record("/var/lib/luytre/database-passwords")
LETTERS = string.ascii_letters + string.digits
LENGTH = 32
WRITTEN = {
    "wordpress": lambda content, value: php_constants.define(content, "DB_PASSWORD", value),
    "joomla": lambda content, value: php_constants.assign(content, _php.PROPERTY, "password", value),
    "nukeviet": lambda content, value: php_constants.assign(content, _php.GLOBAL, "db_config.dbpass", value),
}
FAULTY = 500
LOOKING_SECONDS, PAUSE = 8, 0.3
"""Until PHP that was told to read its files again serves; between two looks."""
MOST_UNSURE = 20


def made(asked):
    """What is to be changed, with the new password. Raises Refused."""
    own = applications.at(applications.folder(asked))
    own.check_engine()
    if not own.is_local():
        raise Refused("not_asked", "%s: elsewhere" % own.config)
    configuration.check_settled()
    faulty = php_code.faulty()
    if faulty:
        raise Refused("php_faulty", faulty[0])
    login, new = own.login, "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    hosts = database_accounts.taking(login.user, login.password)
    files, unread = [], []
    known = sharing(own, asked["sites"], unread)
    mentioned, cut = mentions.of(login.password, _websites.walked({"sites": asked["sites"]}))
    others = sorted({*mentioned} - {one.config for one in known})
    unjudged = asked.get("unjudged", ())
    if others and asked["domain"] not in unjudged:
        raise Refused("also_in", " ".join(others))
    unread += [one for one in cut if one not in unread]
    for one in known:
        old = configuration.read(one.config)
        if not configuration.is_as_trusted(one.config, own.config):
            if asked["domain"] not in unjudged:
                raise Refused("others_file", one.config)
            others.append(one.config)
            continue
        try:
            after = WRITTEN[one.kind](old, new)
        except ValueError as error:
            raise Refused("config_stays", "%s: %s" % (one.config, error))
        if after == old:
            raise Refused("config_stays", one.config)
        files.append({"path": one.path, "file": one.config, "old": old.hex(), "new": after.hex()})
    digests = [database_accounts.digest(login.password), database_accounts.digest(new)]
    accounts = {"user": login.user, "hosts": hosts, "digests": digests}
    domains = [one for one in (asked["domain"], *unsure(asked["sites"], unread)) if one not in unjudged]
    return {**accounts, "files": files, "unread": unread, "others": others, "domains": domains, "unjudged": unjudged}


def unsure(sites, unread):
    """The sites in which something is that could not be read: whether they live by the same account, their visitors tell."""
    tops = [(site["domain"], site["document_root"]) for site in sites if site["document_root"]]
    found = [
        domain
        for domain, top in tops
        if any(_websites.within(one, top) or _websites.within(top, one) for one in unread)
    ]
    return found[:MOST_UNSURE]


def sharing(own, sites, unread):
    """The applications of this host that log in with the same account and password, this one first; what could not be read is added to ``unread``."""
    found = {own.config: own}
    paths, cut = applications.below(_websites.searched({"sites": sites}))
    unread += cut
    for path in paths:
        try:
            one = applications.at(path)
        except Refused:
            unread.append(path)
            continue
        if one.login[:2] == own.login[:2] and one.is_local():
            found.setdefault(one.config, one)
    return list(found.values())


def plan(asked, _connection):
    """What ``contain`` would do now; nothing is done, and no password is told."""
    known = made(asked)
    accounts = ["'%s'@'%s'" % (known["user"], host) for host in known["hosts"]]
    would = [
        ["write", RECORD.path],
        *(["both_passwords", "ALTER USER " + one] for one in accounts),
        *(["password_in", one["file"]] for one in known["files"]),
        *("systemctl reload " + unit for unit in php_code.units()),
        *(["new_password", "ALTER USER " + one] for one in accounts),
        "KILL SOFT CONNECTION USER '%s'" % known["user"],
    ]
    return {"state": "planned", "would": would}


def contain(asked, _connection):
    """Make it anew; once, however often it is asked for. Raises Refused."""
    with RECORD.held():
        known = RECORD.begun(asked)
        if known is None:
            known = dict(made(asked), what=asked["what"])
        else:
            check_unchanged(known)
        before = served(known)
        RECORD.keep(asked["id"], known)
        try:
            unknown, stay = attempted(known, before, "old", "new")
        except Exception:
            RECORD.forget(asked["id"])
            raise
        return unknown or {"state": "confirmed", **told(known, before, stay)}


def told(known, before, stay):
    """What is not so, or was not seen, by its name."""
    if stay:
        return {"why": "still_open", "about": str(stay)}
    if known.get("others"):
        return {"why": "old_one_in", "about": " ".join(known["others"][: acting.MOST_SHOWN])}
    if known["unread"]:
        return {"why": "others_unread", "about": " ".join(known["unread"][: acting.MOST_SHOWN])}
    return {"why": "" if any(before.values()) else "not_visited"}


def attempted(known, before, old, new):
    """Have the one password in place of the other, or all as it was and the error raised.

    ``(an answer where not even that goes, how many connections stay)``.
    """
    try:
        stay = turned(known, old, new)
        looked(known, before, new)
    except Exception as error:
        try:
            turned(known, new, old)
        except Exception as again:  # whatever it is: what is on record has to stay there
            said = again.args if isinstance(again, Refused) else ("fault", type(again).__name__)
            return {"state": "unknown", "why": "not_taken_back", "about": "%s: %s" % said}, 0
        raise error
    return None, stay


def turned(known, old, new):
    """Have sites come in by another password; both are taken until all have it. How many connections stay. Raises Refused, when sites serve still."""
    digests = dict(zip(("old", "new"), known["digests"]))
    database_accounts.take(known["user"], known["hosts"], [digests[old], digests[new]])
    for one in known["files"]:
        configuration.put(one["file"], bytes.fromhex(one[old]), bytes.fromhex(one[new]))
    if not php_code.forgotten():
        raise Refused("php_faulty", "")
    database_accounts.take(known["user"], known["hosts"], [digests[new]])
    return database_accounts.disconnect(known["user"])


def looked(known, before, which):
    """See that it is so: what accounts take, who comes in, and that what served does so still. Raises Refused."""
    digest = dict(zip(("old", "new"), known["digests"]))[which]
    found = database_accounts.taken(known["user"], known["hosts"])
    if any(digests not in ([digest], []) for digests in found.values()):
        raise Refused("still_takes", known["user"])
    for one in known["files"]:
        applications.at(one["path"]).answered("SELECT 'here';\n")
    fallen, ends = [address for address, status in before.items() if serves(status)], time.monotonic() + LOOKING_SECONDS
    while True:
        fallen = [address for address, (status, _) in visiting.pages(fallen).items() if not serves(status)]
        if not fallen:
            return
        if time.monotonic() > ends:
            raise Refused("not_serving", " ".join(fallen))
        time.sleep(PAUSE)


def serves(status):
    """Whether a site answers as one that has its database."""
    return status is not None and status < FAULTY


def served(known):
    """What its visitors get, by the address."""
    return {address: status for address, (status, _) in visiting.pages(addresses(known)).items()}


def addresses(known):
    """Where the sites are that have it."""
    own = ["%s://%s/" % (scheme, domain) for domain in known["domains"] for scheme in visiting.PORTS]
    homes = []
    for one in known["files"]:
        with contextlib.suppress(Refused):
            application = applications.at(one["path"])
            homes += [home(application)] if application.kind == "wordpress" else []
    left_out = ["://%s/" % domain for domain in known.get("unjudged", ())]
    found = dict.fromkeys([*own, *filter(None, homes)])
    return [address for address in found if not any(part in address + "/" for part in left_out)]


def home(application):
    """Where a WordPress says that it is. Raises Refused."""
    sql = "SELECT 'home', LEFT(option_value, 500) FROM `{db}`.`{p}options` WHERE option_name = 'home'"
    return next((row[1] for row in application.rows({"home": (sql, 1)}) if len(row) == 2), None)


def check_unchanged(known):
    """Raise Refused where a configuration or an account holds what somebody has put there since."""
    for one in known["files"]:
        if configuration.read(one["file"]).hex() not in (one["old"], one["new"]):
            raise Refused("changed_since", one["file"])
    database_accounts.check_unchanged(known["user"], known["hosts"], known["digests"])


def release(asked, _connection):
    """Have the old password in force. Raises Refused, when the new one is."""
    with RECORD.held():
        known = RECORD.find(asked)
        if known is None:
            return acting.NONE_KEPT
        configuration.check_settled()
        check_unchanged(known)
        unknown, _ = attempted(known, served(known), "new", "old")
        if unknown:
            return unknown
        RECORD.forget(asked["id"])
        return {"state": "none"}


ACTIONS = {"plan": plan, "contain": contain, "release": release}


def main(arguments):
    """Answer what is asked."""
    acting.asked(ACTIONS, arguments, SECONDS)
