"""Which sections and directives of Apache's configuration hold for a request."""

import posixpath
import re

from ansible.module_utils.luytre.parsers import foreign_patterns
from ansible.module_utils.luytre.parsers.web_servers.apache_config import (
    ApacheSection,
    compile_pcre_pattern,
    is_path_matched_by_wildcard,
)

OVERRIDES = {
    "authconfig": (
        "require", "authtype", "authname", "authuserfile", "authgroupfile", "satisfy", "requireall", "requireany",
        "requirenone",
    ),
    "fileinfo": (
        "sethandler", "addhandler", "removehandler", "addtype", "removetype", "forcetype", "header", "rewriteengine",
        "rewriterule", "rewritecond", "rewritebase", "rewriteoptions", "redirect", "redirectmatch", "redirectpermanent",
        "redirecttemp", "limitrequestbody",
    ),
    "indexes": ("directoryindex",),
    "limit": ("order", "allow", "deny"),
    "options": ("options",),
}  # fmt: skip


def iter_nodes_for_get_requests(nodes):
    for node in nodes:
        if isinstance(node, ApacheSection) and node.name in ("limit", "limitexcept"):
            covers_get = "GET" in [arg.upper() for arg in node.args]
            if covers_get is (node.name == "limit"):
                yield from node.inside
        else:
            yield node


def list_sections(*sources):
    return [node for nodes in sources for node in nodes if isinstance(node, ApacheSection)]


def sort_sections_as_httpd(sections):
    """Return plain folders from few components to many, otherwise as they stand; httpd sorts them so."""
    return sorted(
        sections,
        key=lambda node: 1_000 if is_regex_section(node) or not node.args else _count_path_components(node.args[0]),
    )


def _count_path_components(path):
    return len([part for part in path.split("/") if part])


def is_regex_section(section):
    return section.name.endswith("match") or (bool(section.args) and section.args[0] == "~")


def get_section_regex(section):
    arguments = section.args[1:] if section.args and section.args[0] == "~" else section.args
    return arguments[0] if arguments else "(?!)"


def is_subject_matched_by_regex(directive, pattern, subject, ignore_case=False):
    """Return whether a pattern that a directive holds fits somewhere in a subject."""
    foreign_patterns.note_file_of_next_pattern(directive.file)
    is_negated = pattern.startswith("!")
    regex = compile_pcre_pattern(("(?i)" if ignore_case else "") + pattern.lstrip("!"))
    return regex is not None and bool(regex.search(subject)) is not is_negated


def is_path_matched_by_directive(directive, wildcard, path):
    foreign_patterns.note_file_of_next_pattern(directive.file)
    return is_path_matched_by_wildcard(wildcard, path)


def is_folder_covered_by_section(section, folder):
    if not section.args:
        return False
    return is_path_matched_by_directive(
        section, posixpath.normpath(section.args[0]) if section.args[0] != "/" else "/", folder
    )


def is_uri_covered_by_location(section, uri):
    if is_regex_section(section):
        return is_subject_matched_by_regex(section, get_section_regex(section), uri)
    if not section.args:
        return False
    prefix = section.args[0]
    if re.search(r"[*?\[]", prefix):
        count = prefix.count("/")
        parts = uri.split("/")
        return is_path_matched_by_directive(
            section, prefix, "/".join(parts[: count + 1])
        ) or is_path_matched_by_directive(section, prefix, uri)
    return prefix == "/" or uri == prefix or uri.startswith(prefix if prefix.endswith("/") else prefix + "/")


def parse_allow_override_classes(args):
    classes = {arg.lower().split("=")[0] for arg in args}
    if "all" in classes:
        return set(OVERRIDES)
    return classes & set(OVERRIDES)


def filter_nodes_by_allow_override(nodes, override):
    allowed_nodes = []
    for node in nodes:
        if node.name in ("files", "filesmatch", "if", "elseif", "else", "limit", "limitexcept"):
            allowed_nodes.append(
                ApacheSection(
                    node.name, node.text, node.file, node.line, filter_nodes_by_allow_override(node.inside, override)
                )
            )
        elif any(node.name in OVERRIDES[override_class] for override_class in override):
            allowed_nodes.append(node)
    return allowed_nodes
