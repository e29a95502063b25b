"""Who administers an application of a site's, by its tables."""

from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal


class ApplicationAdministrator:
    """``number`` and ``name`` (UTF-8 in hexadecimal, as audits tell it) in the tables, and whether it ``comes_in`` by a
    password.
    """

    def __init__(self, number, name, comes_in):
        self.number, self.name, self.comes_in = number, name.upper(), comes_in


def load_administrators(application):
    """Return all of an application. Raises ActionRefusal."""
    statements = application.choose_for_engine(application.cms.administrators)
    rows = [row for row in application.query_rows_by_labeled_selects(statements) if row[0] == "admin"]
    try:
        return [ApplicationAdministrator(int(number), name, comes_in == "1") for _, number, name, comes_in in rows]
    except (ValueError, AttributeError):
        raise ActionRefusal("not_asked", application.config)
