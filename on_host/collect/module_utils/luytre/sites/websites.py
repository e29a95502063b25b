"""The websites of a host: which folders are web roots, whose configuration says so, and which folders in them visitors
or the application fill. One answer for whoever asks.

``site_applications`` tells which application lies where, ``applications.layouts`` what each keeps where,
``filled_uris`` where PHP must never run.
"""

import glob
import os
import re

from ansible.module_utils.luytre.os import nginx_daemons
from ansible.module_utils.luytre.parsers.web_servers import apache_config
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import BadConfig, load_nginx_config
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

COMPILED_IN = "/usr/share/nginx/html"
"""Where nginx looks when nothing tells it where."""
HOLDING_SITES = ("/var/www", "/srv/www", "/srv/http", "/www/wwwroot")
PLACES = (
    *("/home/*/public_html", "/home/*/domains/*/public_html", "/home/*/htdocs", "/home/*/web/*/public_html"),
    *("/var/www/vhosts/*/httpdocs", "/var/www/clients/client*/web*/web", "/usr/local/lsws/*/html", COMPILED_IN),
)
"""Where people keep sites, and where hosting panels do."""
MAX_ROOTS = 500
MAX_WALKED = 50
"""Roots that are walked whole, which takes time; the first ones."""

# --- which roots there are -----------------------------------------------------------------------------------


class VhostBlock:
    """A virtual host: its ``server`` ("nginx" or "apache"), where it begins as ``file`` and ``line``, the folders that
    it gives as ``roots``, and the files that its requests are written to as ``logs``. No patterns are tried for
    it."""

    def __init__(self, server, file, line, roots, logs):
        self.server, self.file, self.line, self.roots, self.logs = server, file, line, roots, logs

    @property
    def where(self):
        """Return ``file:line``."""
        return "%s:%d" % (self.file, self.line)


class ServedRoot:
    """A web root: its ``path``, the ``domains`` declared there and the ``vhosts`` that give it.

    Neither for a folder that only lies where sites usually do."""

    def __init__(self, path):
        self.path, self.domains, self.vhosts = path, [], []


def list_web_roots(declarations, vhosts=None):
    """Return every web root, each once.

    The declared ones, then those that virtual hosts give, then those at usual places.

    One may lie in another. ``vhosts``: those in force.
    """
    roots_by_path = {}

    def root(path):
        path = os.path.normpath(path) if isinstance(path, str) and path.startswith("/") else "/"
        return roots_by_path.setdefault(path, ServedRoot(path))

    for site in list_declared_sites(declarations):
        root(site.get("document_root")).domains.append(site.get("domain"))
    for vhost in list_configured_vhosts() if vhosts is None else vhosts:
        for path in vhost.roots:
            root(path).vhosts.append(vhost)
    for path in list_usual_site_folders():
        root(path)
    roots_by_path.pop("/", None)
    return list(roots_by_path.values())[:MAX_ROOTS]


def list_web_roots_to_walk(declarations, vhosts=None):
    """Return the paths of the roots that are walked, none in another: of two the one that is said first."""
    paths = []
    for root in list_web_roots(declarations, vhosts):
        if not any(is_path_within_root(root.path, path) or is_path_within_root(path, root.path) for path in paths):
            paths.append(root.path)
    return paths[:MAX_WALKED]


def list_application_search_roots(declarations, vhosts=None):
    """Return the paths below which applications are looked for, which may lie in one another."""
    return sorted(root.path for root in list_web_roots(declarations, vhosts))


def list_declared_sites(declarations):
    """Return the sites that an inventory declares, as far as they have the form of one."""
    sites = declarations.get("sites") if isinstance(declarations, dict) else None
    return [site for site in sites or [] if isinstance(site, dict)]


def list_declared_document_roots(declarations):
    """Return the document roots that the inventory declares."""
    document_roots = {site.get("document_root") for site in list_declared_sites(declarations)}
    return sorted(os.path.normpath(path) for path in document_roots if isinstance(path, str) and path.startswith("/"))


def list_usual_site_folders():
    """Return folders where sites usually lie, and last the folders that hold those."""
    inside = [path for place in HOLDING_SITES for path in sorted(glob.glob(place + "/*"))]
    others = [path for place in PLACES for path in sorted(glob.glob(place))]
    folders = [*inside, *others, *HOLDING_SITES]
    return [path for path in folders if os.path.isdir(path) and not os.path.islink(path)]


def is_path_within_root(path, root):
    """Return whether a path is the root or lies below it."""
    return (path + "/").startswith(root + "/")


# --- who serves them -----------------------------------------------------------------------------------------


def list_configured_vhosts():
    """Return the virtual hosts of both servers, by their configuration; none of one that cannot be read."""
    vhosts = []
    for main in nginx_daemons.list_nginx_main_files():
        try:
            vhosts += list_nginx_vhosts(load_nginx_config(main, read_text))
        except (BadConfig, UnreadableFact):
            vhosts += scan_nginx_files_line_by_line(os.path.dirname(main) + "/**/*")
    if os.path.exists(apache_config.MAIN):
        vhosts += list_apache_vhosts(apache_config.load_apache_configuration())
    return vhosts


def list_nginx_vhosts(config):
    """Return the virtual hosts of a configuration of nginx's as ``load_nginx_config`` gives it."""
    return [
        VhostBlock(
            "nginx",
            server.file,
            server.line,
            _select_plain_absolute_paths(
                [*_list_first_words_of_directive(server, "root"), *_list_values_inherited_from_http(server, "root")]
            ),
            _select_plain_absolute_paths(
                [
                    *_list_first_words_of_directive(server, "access_log"),
                    *_list_values_inherited_from_http(server, "access_log"),
                ]
            ),
        )
        for server in config.servers
    ]


def _list_first_words_of_directive(block, name):
    """Return the first word of each directive of that name, in a block and in those in it."""
    arguments = []
    for inner in block.block or ():
        if inner.name == name and inner.args:
            arguments.append(inner.args[0])
        elif inner.block is not None:
            arguments += _list_first_words_of_directive(inner, name)
    return arguments


def _list_values_inherited_from_http(server, name):
    """Return what a server block takes from http, when it says nothing itself."""
    own = server.list_own_directives(name)
    return (
        []
        if own or server.parent is None
        else [directive.args[0] for directive in server.parent.list_own_directives(name) if directive.args]
    )


def list_apache_vhosts(configuration):
    """Return Apache's main server and its virtual hosts, of what an ``ApacheConfiguration`` has read."""
    main = [node for node in configuration.tree if node.name != "virtualhost"]
    blocks = [(node.file, node.line, node.inside) for node in configuration.tree if node.name == "virtualhost"]
    return [
        VhostBlock(
            "apache",
            file,
            line,
            _select_plain_absolute_paths(_list_first_arguments(nodes, "documentroot")),
            _select_plain_absolute_paths(_list_first_arguments(nodes, "customlog", "transferlog")),
        )
        for file, line, nodes in [*blocks, (apache_config.MAIN, 1, main)]
    ]


def _list_first_arguments(nodes, *names):
    return [node.args[0] for node in nodes if node.name in names and node.args]


def _select_plain_absolute_paths(words):
    """Return absolute paths without variables, each once."""
    return list(dict.fromkeys(os.path.normpath(word) for word in words if word.startswith("/") and "$" not in word))


_LINE = re.compile(r"^\s*(root|access_log)\s+[\"']?(/[^\s\"';$]+)", re.MULTILINE)


def scan_nginx_files_line_by_line(pattern="/etc/nginx/**/*"):
    """Return what single lines say in nginx's files, where the configuration is not understood as a whole."""
    vhosts = []
    for path in sorted(glob.glob(pattern, recursive=True))[:MAX_ROOTS]:
        matches = _LINE.findall(read_text(path, 200_000) or "") if os.path.isfile(path) else []
        roots_said, logs = (
            [value for name, value in matches if name == directive] for directive in ("root", "access_log")
        )
        if matches:
            vhosts.append(
                VhostBlock(
                    "nginx", path, 1, _select_plain_absolute_paths(roots_said), _select_plain_absolute_paths(logs)
                )
            )
    return vhosts


# --- which folders are filled --------------------------------------------------------------------------------

UPLOADS = ("uploads", "upload", "images", "media", "files", "userfiles", "attachments", "avatars")
"""Names of folders that visitors' and editors' files go to, where no layout tells."""
CACHES = ("cache", "tmp", "temp")
"""Names of folders that applications fill by themselves: often with PHP of their own, which no visitor asks for."""
AT_ANY_DEPTH = ("uploads", "upload", *CACHES)
"""Names that mean it wherever they stand in a URI; the others mean it at the top."""
CODE = frozenset(
    """plugins themes modules components vendor libraries administrator node_modules
    wp-admin wp-includes templates core includes""".split()
)
"""Names of folders of code, which may have folders of any name in them."""
PROGRAM = CODE | {"admin", "app", "src", "lib"}
"""Where an upload folder's name is that of a part of the program."""
NEAR = 2
"""Folders between a root and a file whose name or folder's name says something, where no application is known."""
PHP_NAME = r"\.(?:php[0-9]?|pht|phtml?|phar|phps)"
PHP = re.compile(PHP_NAME + r"$", re.IGNORECASE)


def classify_folder_of_file(layout, path):
    """Return what a file lies in by its path from its application's folder, or from the root where none is known:
    ``upload``, ``cache``, or an empty text for neither.

    A known application's layout tells; a folder's name counts near the root, also beside what the layout tells, for
    marks of an application can be laid by whoever hides something there.
    """
    if layout is not None:
        if layout.is_upload(path):
            return "upload"
        if layout.is_cache(path):
            return "cache"
        if layout.is_program(path):
            return ""
    folders = path.lower().split("/")[:-1]
    has_upload_name = any(name in UPLOADS for name in folders[:NEAR]) and not PROGRAM.intersection(folders)
    return "upload" if has_upload_name else ""


def can_be_published_upload(layout, path):
    """Return whether a file may be one that an office publishes.

    In doubt it is, so that nothing of theirs is taken for waste.
    """
    return classify_folder_of_file(layout, path) == "upload" or any(
        name in UPLOADS for name in path.lower().split("/")[:-1]
    )
