"""A row of a site's table as PostgreSQL takes it out and puts it back: each value is the letters that it is
written in.
"""

from ansible.module_utils.luytre_contain.databases import db_values, row_mysql
from ansible.module_utils.luytre_shared.databases import site_postgresql
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

SUPPORTED_TYPES = frozenset(
    {
        *(
            "smallint",
            "integer",
            "bigint",
            "numeric",
            "real",
            "double precision",
            "boolean",
            "bytea",
            "uuid",
            "json",
            "jsonb",
        ),
        *("character", "character varying", "text", "date", "time without time zone"),
        *("timestamp without time zone", "timestamp with time zone"),
    }
)
SESSION = site_postgresql.EVERY_TIME + "SET extra_float_digits = 3;\n"
NULL, IDENTIFIER_FORMAT = row_mysql.NULL, '"%s"'
OF_TABLE = """SELECT json_build_array('table', table_type) FROM information_schema.tables
  WHERE table_schema = current_schema() AND table_name = '{table}';
"""
COLUMNS = """SELECT json_build_array('column', column_name, data_type) FROM information_schema.columns
  WHERE table_schema = current_schema() AND table_name = '{table}' AND is_generated = 'NEVER'
  ORDER BY ordinal_position LIMIT {most};
"""
SELECT_ROW = "SELECT json_build_array('row', {fields}) FROM \"{table}\" WHERE {where} LIMIT 2;\n"
DELETE = """WITH gone AS (DELETE FROM "{table}" WHERE {where}
  AND encode(sha256(convert_to(concat_ws(',', {fields}), 'UTF8')), 'hex') = '{sha256}' RETURNING 1)
  SELECT json_build_array('gone', count(*)) FROM gone;
"""
INSERT = 'INSERT INTO "{table}" ({names}) OVERRIDING SYSTEM VALUE VALUES ({values});\n'


def build_sql_condition_for_row(column, key, is_text_key):
    """Return what tells the row apart."""
    if is_text_key:
        raise ActionRefusal("no_table", column)
    return '"%s" = %s' % (column, key.decode())


def build_sql_of_columns_as_hex(columns):
    """Return what gives all columns as texts of hexadecimal digits."""
    return ", ".join(
        "CASE WHEN \"%s\" IS NULL THEN '%s' ELSE %s END"
        % (name, NULL, site_postgresql.render_column_as_hex_expression(name))
        for name, _ in columns
    )


def build_sql_literal_of_column_value(_column_type, hex_text):
    """Return a column's value as a statement has it. Raises ActionRefusal."""
    return db_values.make_postgresql_text_literal_from_hex(None if hex_text == NULL else hex_text)
