"""Plugins and themes of a WordPress, by the heads of their files."""

import re

from ansible.module_utils.luytre_shared.os.area_reader import list_names_below, read_text_below

MAX_EXTENSIONS = 200


def list_wordpress_plugins(path, active):
    """Return plugins by folder or file, with the version of their header.

    ``active`` is None when the database was not read.
    """
    results = []
    for name in list_names_below(path, "wp-content/plugins")[:MAX_EXTENSIONS]:
        if name in ("index.php", "."):
            continue
        if name.endswith(".php"):
            candidates, slug = [name], name[: -len(".php")]
        else:
            files = [file for file in list_names_below(path, "wp-content/plugins/" + name) if file.endswith(".php")]
            files.sort(key=lambda file: (file != name + ".php", file))
            candidates, slug = [name + "/" + file for file in files[:20]], name
        for file in candidates:
            head = read_text_below(path, "wp-content/plugins/" + file, 8192) or ""
            if _get_header_field(head, "Plugin Name"):
                state = None if active is None else any(plugin_file == file for plugin_file in active)
                results.append({"slug": slug, "version": _get_header_field(head, "Version"), "active": state})
                break
    return results


def list_wordpress_themes(path, data):
    """Return themes with the version of their stylesheet; active ones are the shown theme and its parent."""
    in_use = {data["options"].get("template"), data["options"].get("stylesheet")} if data else None
    results = []
    for name in list_names_below(path, "wp-content/themes")[:MAX_EXTENSIONS]:
        head = read_text_below(path, "wp-content/themes/%s/style.css" % name, 8192) or ""
        if _get_header_field(head, "Theme Name"):
            results.append(
                {
                    "slug": name,
                    "version": _get_header_field(head, "Version"),
                    "active": None if in_use is None else name in in_use,
                }
            )
    return results


def _get_header_field(text, field):
    match = re.search(r"(?mi)^[ \t/*#@]*%s:[ \t]*([^\r\n*]{1,80})" % re.escape(field), text)
    return match.group(1).strip() if match else None
