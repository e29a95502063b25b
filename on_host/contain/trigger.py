"""Takes a trigger out of the database of a site's application and puts it back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. All of it is done as the site's own account: what a trigger says is the site's to write, and is
handed to the server with the site's rights alone. So one that another account has defined goes, but does not come back by itself: what it says
stays in a folder of root's.
"""

import hashlib
import json
import os
import re
import secrets

from ansible.module_utils.luytre import _site_database
from ansible.module_utils.luytre_contain import applications
from ansible.module_utils.luytre_shared import acting, kept
from ansible.module_utils.luytre_shared.acting import Refused

STORE = kept.Store("/var/lib/luytre/triggers")
NAME = re.compile(r"\A[A-Za-z0-9_$]{1,64}\Z")
SHOWN = ("mode", "text", "charset", "collation")
"""What ``SHOW CREATE TRIGGER`` tells after its name."""
END_BYTES = 7
"""Of what ends the text, spelt in twice as many letters: the client takes no word of more than fifteen."""
CHARSET = re.compile(r"\A[a-z0-9_]{1,64}\Z")
MODE = re.compile(r"\A[A-Z_,]{0,500}\Z")
FOUND = """SELECT 'own', HEX(CURRENT_USER());
SELECT 'definer', HEX(DEFINER) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{db}' AND TRIGGER_NAME = '{name}' LIMIT 1;
"""
SHOW = "SHOW CREATE TRIGGER `{db}`.`{name}`;\n"
"""What information_schema says of its text has lost its backslashes."""
DROP = "DROP TRIGGER `{db}`.`{name}`;\n"
CREATE = """SET SESSION sql_mode = '{mode}';
SET character_set_client = '{charset}', collation_connection = '{collation}';
DELIMITER {end}
{text} {end}
DELIMITER ;
"""


class Place:
    """Where a trigger is, as a question and a site's configuration tell it. Its methods raise Refused."""

    def __init__(self, root, folder, name):
        self.told = {"root": root, "folder": folder, "name": name}
        if not NAME.match(name):
            raise Refused("no_trigger", name)
        self.application = applications.at(applications.folder(self.told))
        self.application.check_engine()

    def said(self, statement, **words):
        """The rows that a statement about it comes to."""
        return self.application.answered(_site_database.EVERY_TIME + self.of(statement, **words))

    def of(self, statement, **words):
        """A statement about it."""
        return statement.format(db=self.application.login.database, name=self.told["name"], **words)

    def look(self):
        """``(what it is, by the names in SHOWN, with its definer, None when there is none; the account that asks)``."""
        rows = {row[0]: _text(row[1]) for row in self.said(FOUND)}
        if "definer" not in rows:
            return None, rows.get("own", "")
        told = self.said(SHOW)
        if len(told) != 1 or len(told[0]) <= len(SHOWN) or None in told[0]:
            raise Refused("not_asked", "failed")
        return dict(zip(SHOWN, told[0][1:]), definer=rows["definer"]), rows.get("own", "")


def _text(digits):
    return bytes.fromhex(digits or "").decode("utf-8", "surrogateescape")


def digest(trigger):
    """sha256 of all that it is."""
    return hashlib.sha256(json.dumps(trigger, sort_keys=True).encode("ascii")).hexdigest()


def contain(asked, _connection):
    """Take a trigger out; once, however often it is asked for. Raises Refused."""
    name = asked["id"]
    with STORE.held():
        before = STORE.begun(asked)
        place = Place(**(before["place"] if before else {word: asked[word] for word in ("root", "folder", "name")}))
        now, own = place.look()
        if before is None:
            if now is None:
                raise Refused("no_trigger", place.told["name"])
            STORE.keep(name, {"what": asked["what"], "place": place.told, "trigger": now})
        trigger = before["trigger"] if before else now
        try:
            if now is not None:
                place.said(DROP)
            left, _ = place.look()
        except Refused as refused:
            return undone_or_unknown(place, name, now, refused)
        if left is not None:
            return {"state": "unknown", "why": "trigger_again", "about": place.told["name"]}
        others = trigger["definer"] != own
        return {"state": "confirmed", "sha256": digest(trigger), "why": "of_another" if others else ""}


def undone_or_unknown(place, name, now, refusal):
    """What is said when the server did not do all that it was told. Raises Refused when it did nothing."""
    try:
        left, _ = place.look()
    except Refused:
        left = None
    if left is None or left != now:
        return {"state": "unknown", "why": refusal.args[0], "about": str(refusal.args[1])[: acting.MOST_SAID]}
    STORE.forget(name)
    raise refusal


def plan(asked, _connection):
    """What ``contain`` would do now; nothing is written."""
    place = Place(asked["root"], asked["folder"], asked["name"])
    now, _ = place.look()
    if now is None:
        raise Refused("no_trigger", asked["name"])
    return {
        "state": "planned",
        "sha256": digest(now),
        "would": [["write", os.path.join(STORE.folder(asked["id"]), kept.RECORD)], place.of(DROP).strip()],
    }


def release(asked, _connection):
    """Put a trigger back as it was, in place of nothing. Raises Refused."""
    with STORE.held():
        record = STORE.find(asked)
        if record is None:
            return acting.NONE_KEPT
        place, trigger = Place(**record["place"]), record["trigger"]
        now, own = place.look()
        if now is None:
            if trigger["definer"] != own:
                raise Refused("of_another", os.path.join(STORE.folder(asked["id"]), kept.RECORD))
            place.said(CREATE, **_words(trigger))
            now, _ = place.look()
            if now != trigger:
                return {"state": "unknown", "why": "row_changed", "about": place.told["name"]}
        if now != trigger:
            raise Refused("name_taken", place.told["name"])
        STORE.forget(asked["id"])
        return {"state": "none"}


def _words(trigger):
    """What marks in CREATE stand for. Raises Refused for what is not handed on: the client has a word of its own in it."""
    told = {word: trigger[word] for word in SHOWN}
    if not MODE.match(told["mode"]) or "delimiter" in told["text"].lower():
        raise Refused("not_asked", "delimiter")
    as_sent = told["text"].isascii() or told["charset"].startswith("utf8")
    if not as_sent or not CHARSET.match(told["charset"]) or not CHARSET.match(told["collation"]):
        raise Refused("not_asked", told["charset"])
    return {**told, "end": secrets.token_hex(END_BYTES)}


ACTIONS = {"plan": plan, "contain": contain, "release": release}


def main(arguments):
    """Answer what is asked."""
    acting.asked(ACTIONS, arguments)
