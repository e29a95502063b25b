"""Whether a virtual host of Apache refuses methods that no application of a site uses."""

from ansible.module_utils.luytre._apache_config import Section

USED = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))
CONDITION = "%%{REQUEST_METHOD} !~ /^(?:%s)$/" % "|".join(sorted(USED))
"""In the form that ``roles/apache`` writes; a test compares the two."""


def refused(server):
    """Return whether all methods but those of ``USED`` are refused wherever a request leads."""
    sections = [node for node in (*server.main, *server.own) if isinstance(node, Section)]
    return _by_condition(sections) or any(_by_list(node) for node in sections)


def _by_condition(sections):
    """Sections with a condition come after all others, and the last one decides: any that grants may grant it again."""
    denied = False
    for node in sections:
        if node.name in ("if", "elseif", "else"):
            required = [" ".join(inner.args).lower() for inner in node.inside if inner.name == "require"]
            if required == ["all denied"]:
                denied = denied or " ".join(node.args) == CONDITION
            elif required or any(isinstance(inner, Section) for inner in node.inside if inner.name != "ifmodule"):
                denied = False
    return denied


def _by_list(node):
    if node.name != "location" or node.args[:1] != ["/"]:
        return False
    lists = [inner.args for inner in node.inside if inner.name == "allowmethods"]
    return bool(lists) and {word.upper() for word in lists[-1]} <= USED
