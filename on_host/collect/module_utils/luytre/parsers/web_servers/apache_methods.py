"""Whether a virtual host of Apache refuses methods that no application of a site uses."""

from ansible.module_utils.luytre.parsers.web_servers.apache_config import ApacheSection

USED = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))
CONDITION = "%%{REQUEST_METHOD} !~ /^(?:%s)$/" % "|".join(sorted(USED))
"""In the form that ``roles/apache`` writes; a test compares the two."""


def is_every_unused_http_method_refused(server):
    """Return whether all methods but those of ``USED`` are refused wherever a request leads."""
    sections = [node for node in (*server.main, *server.own) if isinstance(node, ApacheSection)]
    return _has_conditional_deny_section(sections) or any(_is_limited_by_allowmethods(node) for node in sections)


def _has_conditional_deny_section(sections):
    """Return whether a section with a condition denies.

    Such sections come after all others, and the last one decides: any that grants may grant it again.
    """
    is_denied = False
    for node in sections:
        if node.name in ("if", "elseif", "else"):
            requirements = [" ".join(inner.args).lower() for inner in node.inside if inner.name == "require"]
            if requirements == ["all denied"]:
                is_denied = is_denied or " ".join(node.args) == CONDITION
            elif requirements or any(
                isinstance(inner, ApacheSection) for inner in node.inside if inner.name != "ifmodule"
            ):
                is_denied = False
    return is_denied


def _is_limited_by_allowmethods(section):
    if section.name != "location" or section.args[:1] != ["/"]:
        return False
    lists = [inner.args for inner in section.inside if inner.name == "allowmethods"]
    return bool(lists) and {word.upper() for word in lists[-1]} <= USED
