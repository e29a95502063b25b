"""Who administers an application of a site's, by its tables."""

from ansible.module_utils.luytre._site_postgresql import render_column_as_hex_expression
from ansible.module_utils.luytre_shared.action_runner import ActionRefusal

MAX_ADMINISTRATORS = 200
_WORDPRESS = """SELECT 'admin', ID, HEX(CAST(CONVERT(user_login USING utf8mb4) AS BINARY)),
  user_pass LIKE '$%' OR user_pass RLIKE '^[0-9a-f]{32}$' FROM `{db}`.`{p}users` WHERE ID IN
  (SELECT user_id FROM `{db}`.`{p}usermeta`
  WHERE meta_key = '{p}capabilities' AND meta_value LIKE '%"administrator";b:1%')"""
_JOOMLA = """SELECT 'admin', u.id, HEX(CAST(CONVERT(u.username USING utf8mb4) AS BINARY)), 1 FROM `{db}`.`{p}users` u
  WHERE u.block = 0 AND u.id IN
  (SELECT m.user_id FROM `{db}`.`{p}user_usergroup_map` m WHERE m.group_id = 8)"""
_NUKEVIET = """SELECT 'admin', a.admin_id, HEX(CAST(CONVERT(u.username USING utf8mb4) AS BINARY)), u.active = 1
  FROM `{db}`.`{p}authors` a
  JOIN `{db}`.`{p}users` u ON u.userid = a.admin_id WHERE a.is_suspend = 0 AND a.lev < 3"""
_JOOMLA_IN_POSTGRESQL = """SELECT json_build_array('admin', id, {name}, 1) FROM "{p}users" WHERE block = 0 AND id IN
  (SELECT m.user_id FROM "{p}user_usergroup_map" m WHERE m.group_id = 8)""".replace(
    "{name}", render_column_as_hex_expression("username")
)
STATEMENTS = {
    kind: {"admin": (sql, MAX_ADMINISTRATORS)}
    for kind, sql in (("wordpress", _WORDPRESS), ("joomla", _JOOMLA), ("nukeviet", _NUKEVIET))
}
IN_POSTGRESQL = {"joomla": {"admin": (_JOOMLA_IN_POSTGRESQL, MAX_ADMINISTRATORS)}}


class ApplicationAdministrator:
    """``number`` and ``name`` (UTF-8 in hexadecimal, as audits tell it) in the tables, and whether it ``comes_in`` by a
    password.
    """

    def __init__(self, number, name, comes_in):
        self.number, self.name, self.comes_in = number, name.upper(), comes_in


def load_administrators(application):
    """Return all of an application. Raises ActionRefusal."""
    statements = IN_POSTGRESQL if application.uses_postgresql else STATEMENTS
    rows = [row for row in application.query_rows_by_labeled_selects(statements[application.kind]) if row[0] == "admin"]
    try:
        return [ApplicationAdministrator(int(number), name, comes_in == "1") for _, number, name, comes_in in rows]
    except (ValueError, AttributeError):
        raise ActionRefusal("not_asked", application.config)
