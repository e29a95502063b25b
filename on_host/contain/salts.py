"""Makes the secrets anew by which a site's application signs sessions, so that all of them end; and puts the old ones back: a question of JSON as argument,
an answer of JSON out.

Run as root by a controller, over a connection of its own. What is made is made here and leaves the host in no form; what was there is kept in a folder
of root's alone. The file is replaced whole.

WordPress: its eight keys and salts. Joomla: its secret, unless a second factor of somebody's is kept by it. NukeViet's site key is a person's to change,
as what it keeps is written with it: its mail's password, second factors.
"""

import contextlib
import secrets
import string
import time

from ansible.module_utils.luytre import _php, wordpress
from ansible.module_utils.luytre_change import php_constants
from ansible.module_utils.luytre_contain import administrators, applications, configuration, php_code, wordpress_session
from ansible.module_utils.luytre_shared import acting
from ansible.module_utils.luytre_shared.acting import Refused

RECORD = acting.Record("/var/lib/luytre/salts")
LETTERS = string.ascii_letters + string.digits
LENGTH = 64
SECONDS = 60
"""For one question: some visits, however slowly the site answers."""
LOOKING_SECONDS = 5
"""Until PHP has looked whether a file is another one by now: two seconds, as it comes."""
PAUSE = 0.2
SECOND_FACTORS = {
    "column": (
        """SELECT 'column', IF(table_name = '{p}users', 'users', 'mfa') FROM information_schema.columns
  WHERE table_schema = '{db}' AND ((table_name = '{p}users' AND column_name = 'otpKey')
  OR (table_name = '{p}user_mfa' AND column_name = 'method'))""",
        2,
    )
}
IN_USE = {
    "users": "SELECT 'used', COUNT(*) FROM `{db}`.`{p}users` WHERE otpKey <> ''",
    "mfa": "SELECT 'used', COUNT(*) FROM `{db}`.`{p}user_mfa`",
}
SECOND_FACTORS_IN_POSTGRESQL = {
    "column": (
        """SELECT json_build_array('column', CASE table_name WHEN '{p}users' THEN 'users' ELSE 'mfa' END)
  FROM information_schema.columns WHERE table_schema = current_schema() AND ((table_name = '{p}users' AND column_name = 'otpKey')
  OR (table_name = '{p}user_mfa' AND column_name = 'method'))""",
        2,
    )
}
IN_USE_IN_POSTGRESQL = {
    "users": "SELECT json_build_array('used', COUNT(*)) FROM \"{p}users\" WHERE \"otpKey\" <> ''",
    "mfa": "SELECT json_build_array('used', COUNT(*)) FROM \"{p}user_mfa\"",
}


def anew(path):
    """``(configuration file, its bytes, its bytes with new secrets)``. Raises Refused where a person has to, and while a hardening is open."""
    configuration.check_settled()
    for kind, of_kind in (("wordpress", _of_wordpress), ("joomla", _of_joomla), ("nukeviet", _of_nukeviet)):
        config = applications.configuration_of(kind, path)
        if config is not None:
            old = configuration.read(config)
            try:
                return config, old, of_kind(path, config, old)
            except ValueError as error:
                raise Refused("config_stays", "%s: %s" % (config, error))
    raise Refused("no_application", path)


def _of_wordpress(_path, config, old):
    if _php.UNKNOWN in _php.constants(old, wordpress.SALTS).values():
        raise Refused("not_plain", config)
    new = old
    for name in wordpress.SALTS:
        new = php_constants.define(new, name, made())
    return new


def _of_joomla(path, config, old):
    application = applications.at(path)
    factors, used = SECOND_FACTORS, IN_USE
    if application.in_postgresql:
        factors, used = SECOND_FACTORS_IN_POSTGRESQL, IN_USE_IN_POSTGRESQL
    for _, table in application.rows(factors):
        if application.rows({"used": (used[table], 1)})[0][1] != "0":
            raise Refused("second_factor", config)
    secret = _php.settings(old, _php.PROPERTY, ["secret"])["secret"]
    if not isinstance(secret, str) or secret == _php.UNKNOWN:
        raise Refused("not_plain", config)
    return php_constants.assign(old, _php.PROPERTY, "secret", made())


def _of_nukeviet(_path, config, _old):
    raise Refused("by_a_person", config)


def made():
    """A secret."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def plan(asked, _connection):
    """What ``contain`` would do now; nothing is done."""
    path = applications.folder(asked)
    config, _old, _new = anew(path)
    names = ["secret"] if applications.configuration_of("wordpress", path) is None else wordpress.SALTS
    return {"state": "planned", "would": [["write", RECORD.path], ["secrets", config, " ".join(names)]]}


def contain(asked, _connection):
    """Make them anew; once, however often it is asked for. Raises Refused."""
    with RECORD.held():
        known = RECORD.begun(asked)
        if known is None:
            path = applications.folder(asked)
            config, old, new = anew(path)
            known = {
                "what": asked["what"],
                "path": path,
                "root": asked["root"],
                "config": config,
                "old": old.hex(),
                "new": new.hex(),
            }
            RECORD.keep(asked["id"], known)
        try:
            return attempted(known, "old", "new")
        except Exception:
            RECORD.forget(asked["id"])
            raise


def release(asked, _connection):
    """Have the old ones in force. Raises Refused."""
    with RECORD.held():
        known = RECORD.find(asked)
        if known is None:
            return acting.NONE_KEPT
        configuration.check_settled()
        answer = attempted(known, "new", "old")
        if answer["state"] == "unknown":
            return answer
        RECORD.forget(asked["id"])
        return {"state": "none"}


def attempted(known, before, after):
    """Have the ones in force in place of the others, or all as it was and the error raised; what it came to, also where not even that goes."""
    old, new = bytes.fromhex(known[before]), bytes.fromhex(known[after])
    if configuration.read(known["config"]) not in (old, new):
        raise Refused("changed_since", known["config"])
    try:
        why = turned(known, old, new)
    except Exception as error:
        try:
            configuration.put(known["config"], new, old)
            php_code.forgotten()
        except Exception:  # whatever it is: what is on record has to stay there
            return {"state": "unknown", "why": "not_taken_back", "about": known["config"]}
        raise error
    return {"state": "unknown" if why == "still_lets_in" else "confirmed", "why": why}


def turned(known, old, new):
    """Have ``new`` in force in place of ``old``, and see by a session whether it is; the name of what was seen, or not. Raises Refused.

    What the site answers decides what is told, and not whether they stay: it may be an intruder's who answers.
    """
    with contextlib.ExitStack() as lent:
        session, untold = tried(known, lent)
        configuration.put(known["config"], old, new)
        if session is None:
            php_code.forgotten()
            return untold
        try:
            for again in (True, False):
                if _counts(session, old, new):
                    return "sessions_ended"
                if again:
                    php_code.forgotten()
        except wordpress_session.Untold:
            php_code.forgotten()
            return "not_proven"
        return "still_lets_in"


def tried(known, lent):
    """``(session, why there is none)``: one that the site lets in now, by what its configuration holds now."""
    try:
        application = applications.at(known["path"])
        if application.kind != "wordpress":
            return None, "not_tried"
        number = next(one.number for one in administrators.of(application) if one.comes_in)
        content, root = configuration.read(known["config"]), known.get("root", known["path"])
        return lent.enter_context(wordpress_session.lent(application, content, number, root)), ""
    except wordpress_session.Untold as untold:
        return None, untold.args[0] if untold.args else "not_tried"
    except (Refused, StopIteration):
        return None, "not_tried"


def _counts(session, old, new):
    """Whether the site takes what is signed with the new secrets, and nothing signed with the old ones, in good time."""
    ends = time.monotonic() + LOOKING_SECONDS
    while True:
        if session.is_in(wordpress_session.key_of(new)) and not session.is_in(wordpress_session.key_of(old)):
            return True
        if time.monotonic() > ends:
            return False
        time.sleep(PAUSE)


ACTIONS = {"plan": plan, "contain": contain, "release": release}


def main(arguments):
    """Answer what is asked."""
    acting.asked(ACTIONS, arguments, SECONDS)
