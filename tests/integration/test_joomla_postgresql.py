"""A Joomla whose tables are PostgreSQL's: its super users are known, and what an intruder left in its tables is taken out and comes back."""

from __future__ import annotations

import re
from pathlib import Path

from auditor import lab
from tests.lab.fixtures import environment, findings, run

INVENTORY = "inventories/messy"
ROOT = "/var/www/baihop.test/public"
TABLES = """until [ -S /run/postgresql/.s.PGSQL.5432 ]; do sleep 0.2; done
setpriv --reuid postgres --regid postgres --clear-groups psql -q -v ON_ERROR_STOP=1 baihop <<'END'
DROP TABLE jos_users, jos_content;
CREATE TABLE jos_users (id serial PRIMARY KEY, name varchar(400) DEFAULT '' NOT NULL, username varchar(150) DEFAULT '' NOT NULL,
  email varchar(100) DEFAULT '' NOT NULL, password varchar(100) DEFAULT '' NOT NULL, block smallint DEFAULT 0 NOT NULL,
  "registerDate" timestamp without time zone NOT NULL, "lastvisitDate" timestamp without time zone, params text NOT NULL DEFAULT '',
  "otpKey" varchar(1000) DEFAULT '' NOT NULL);
CREATE TABLE jos_user_usergroup_map (user_id bigint NOT NULL, group_id bigint NOT NULL, PRIMARY KEY (user_id, group_id));
CREATE TABLE jos_extensions (extension_id serial PRIMARY KEY, type varchar(20) NOT NULL, element varchar(100) NOT NULL, params text NOT NULL);
CREATE TABLE jos_session (session_id bytea PRIMARY KEY, guest smallint DEFAULT 1, time integer NOT NULL, data text, userid bigint DEFAULT 0);
CREATE TABLE jos_content (id serial PRIMARY KEY, asset_id bigint DEFAULT 0 NOT NULL, title varchar(255) DEFAULT '' NOT NULL,
  introtext text NOT NULL, state smallint DEFAULT 0 NOT NULL, created timestamp without time zone NOT NULL, note varchar(10));
INSERT INTO jos_users (username, password, "registerDate", "lastvisitDate") VALUES
  ('quantri', 'x', '2024-01-02 03:04:05', now()), ('la''mặt', 'y', '2026-11-01 00:00:00', NULL), ('docgia', 'z', '2024-01-02', NULL);
INSERT INTO jos_user_usergroup_map VALUES (1, 8), (2, 8), (3, 2);
INSERT INTO jos_extensions (type, element, params) VALUES ('component', 'com_users', '{"allowUserRegistration":"0","new_usertype":"2"}');
INSERT INTO jos_session VALUES ('\\x00ff27', 0, 1, 'some\\data''', 2), ('\\x01', 0, 1, 'other', 1);
INSERT INTO jos_content (title, introtext, state, created) VALUES ('Lịch tiếp công dân', 'Sáng thứ tư', 1, '2026-01-01'),
  ('Nhà cái "uy tín"', E'''); -- \\n\\\\\\t' || repeat('á', 200000), 1, '2026-11-02');
ALTER TABLE jos_users OWNER TO baihop; ALTER TABLE jos_user_usergroup_map OWNER TO baihop; ALTER TABLE jos_extensions OWNER TO baihop;
ALTER TABLE jos_session OWNER TO baihop; ALTER TABLE jos_content OWNER TO baihop;
END"""
SEEN = """setpriv --reuid postgres --regid postgres --clear-groups sh -c '
for table in users session content user_usergroup_map; do psql -At baihop -c "SELECT * FROM jos_$table ORDER BY 1"; done'"""
CONFIGURATION, SECRET = f"cat {ROOT}/configuration.php", re.compile(r"\$secret = '([^']+)'")


def seen(script: str = SEEN) -> str:
    told = lab.run_on_machine_as_root("mess2", script)
    assert told.returncode == 0, told.stderr
    return str(told.stdout.decode())


def test_a_joomla_on_postgresql_is_known_and_cleaned(tmp_path: Path) -> None:
    lab.provide_pristine_machines(["mess2"])
    seen(TABLES)
    state, who = environment(tmp_path), ("--who", "Văn phòng", "-i", INVENTORY, "--lang", "en")
    audited = run(state, "audit", "-i", INVENTORY, "--limit", "mess2", "--output", str(tmp_path / "out"))
    assert audited.code in (0, 1, 3), audited.err
    told = {one["control"]: one for one in findings(tmp_path / "out") if one["subject"]["id"] == "baihop.test"}
    (known,) = [one["value"] for one in told["joomla.super_users"]["evidence"] if one["path"].endswith("super_users")]
    assert {one["login"] for one in known} == {"quantri", "la'mặt"}, told["joomla.super_users"]["reason"]
    assert told["joomla.registration"]["status"] == "pass"

    made, secret = seen(), SECRET.findall(seen(CONFIGURATION))
    incident = run(state, "incident", "open", "baihop.test", *who).out.split()[0]
    contained = run(state, "incident", "contain", incident, "administrator", "baihop.test/la'mặt", *who)
    assert contained.code == 0, contained.err + contained.out
    assert "|la'mặt||y|1|" in seen() and "some" not in seen() and "other" in seen()
    last = run(state, "incident", "contain", incident, "administrator", "baihop.test/quantri", *who)
    assert last.code != 0 and "no other administrator could log in" in last.out
    cleaned = run(state, "incident", "clean", incident, "row", "baihop.test/content/2", "salts", "baihop.test", *who)
    assert cleaned.code == 0, cleaned.err + cleaned.out
    assert "Nhà cái" not in seen() and "Lịch tiếp công dân" in seen()
    assert SECRET.findall(seen(CONFIGURATION)) != secret
    released = run(state, "incident", "release", incident, "1", "3", *who)
    assert released.code == 0, released.err + released.out
    assert seen() == made
