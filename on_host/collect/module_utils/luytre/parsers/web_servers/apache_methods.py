"""Whether a virtual host of Apache refuses methods that no application of a site uses."""

from ansible.module_utils.luytre.parsers.web_servers.apache_config import ApacheSection

USED = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))
CONDITION = "%%{REQUEST_METHOD} !~ /^(?:%s)$/" % "|".join(sorted(USED))
"""In the form that ``roles/apache`` writes; a test compares the two."""


CONDITIONS = ("if", "elseif", "else")


def is_every_unused_http_method_refused(server):
    """Return whether all methods but those of ``USED`` are refused wherever a request leads."""
    nodes = [*server.main, *server.own]
    sections = [node for node in nodes if isinstance(node, ApacheSection)]
    nested = [
        inner
        for node in sections
        for inner in _iter_nodes_inside(node.inside)
        if inner.name in CONDITIONS and isinstance(inner, ApacheSection)
    ]
    return _is_denied_by_last_condition(nodes, sections, nested) or _is_limited_by_allowmethods(sections, nested)


def _iter_nodes_inside(nodes):
    for node in nodes:
        yield node
        if isinstance(node, ApacheSection):
            yield from _iter_nodes_inside(node.inside)


def _is_denied_by_last_condition(nodes, sections, nested):
    """Return whether a section with a condition denies.

    Such sections come after all others, those of a folder or a place after the server's own, and the last one decides:
    any that grants may grant it again.
    """
    if any(_is_everybody_let_in(node) for node in nested):
        return False
    is_any_enough = any(_is_satisfy(node, "any") for node in _iter_nodes_inside(nodes))
    is_denied = False
    for node in sections:
        if node.name in CONDITIONS:
            requirements = [" ".join(inner.args).lower() for inner in node.inside if inner.name == "require"]
            has_sections = any(isinstance(inner, ApacheSection) for inner in node.inside)
            if requirements == ["all denied"] and not has_sections and not _is_satisfy_in(node, "any"):
                is_denied = is_denied or (
                    " ".join(node.args) == CONDITION and (not is_any_enough or _is_satisfy_in(node, "all"))
                )
            elif requirements or has_sections or _is_satisfy_in(node, "any"):
                is_denied = False
    return is_denied


def _is_everybody_let_in(section):
    return any(
        _is_satisfy(node, "any")
        or (node.name == "require" and [arg.lower() for arg in node.args] == ["all", "granted"])
        for node in _iter_nodes_inside(section.inside)
    )


def _is_satisfy_in(section, word):
    return any(_is_satisfy(node, word) for node in section.inside)


def _is_satisfy(node, word):
    """Return whether a directive says whether one of ``Require`` and ``Allow`` is enough (any), or both are asked."""
    return node.name == "satisfy" and [arg.lower() for arg in node.args] == [word]


def _is_limited_by_allowmethods(sections, nested):
    """Return whether a list of methods holds for every request: the last one about a place decides."""
    is_limited = False
    for node in sections:
        if node.name in ("location", "locationmatch") and _has_allowmethods(node):
            if not _allows_used_methods_alone(node):
                is_limited = False
            elif node.name == "location" and node.args[:1] == ["/"]:
                is_limited = True
    conditions = [*(node for node in sections if node.name in CONDITIONS), *nested]
    return is_limited and all(_allows_used_methods_alone(node) for node in conditions if _has_allowmethods(node))


def _has_allowmethods(section):
    return any(inner.name == "allowmethods" for inner in section.inside)


def _allows_used_methods_alone(section):
    allowed = set()
    for inner in section.inside:
        if inner.name == "allowmethods":
            words = {word.upper() for word in inner.args}
            allowed = set() if words == {"RESET"} else allowed | words
    return bool(allowed) and allowed <= USED
