"""What an incident has web servers say: the files that hold it, and the lines in others' files that take those in.

Pure.

A site's file is taken in first of all in each of its server blocks. Every byte of a path but letters and digits is
spelt as ``\\xNN`` in a regular expression: so nothing of it means anything to a server, which has no other way to write
``$``.
"""

import hashlib
import ipaddress
import re

from ansible.module_utils.luytre_shared.files import safe_open

NGINX, APACHE = "/etc/nginx/luytre-contain-", "/etc/apache2/luytre-contain-"
SUFFIX = ".conf"
FOLDERS = ("/etc/nginx/", "/etc/apache2/")
MAX_FILE = 1_000_000
HEAD = "# Written by Luy Tre for an incident; 'auditor incident release' takes it away.\n"
RETRY_AFTER = 3600
"""Seconds after which a closed site is worth another try."""
MAX_LETTERS = 3_000
"""Of a path in a regular expression: nginx takes no longer word than 4096."""
PAGE = (
    "<!DOCTYPE html><html lang=vi><meta charset=utf-8><title>503</title>"
    "<p>Trang tạm đóng để khắc phục sự cố. Xin quay lại sau.</p></html>"
)
MARK, BROKEN_MARK = " # luytre: contained\n", " # luytre: contained, broken\n"
APACHE_MARK = "# luytre: contained"
_NGINX_LINE = r"[ \t]*include luytre-contain-[a-z0-9.-]+\[\.\]conf;%s" % re.escape(MARK)
_NGINX_LINES = re.compile(_NGINX_LINE)
_NGINX_BROKEN = re.compile(r"\{%s(?:%s)+([^\n]* # luytre: added\n)?" % (re.escape(BROKEN_MARK), _NGINX_LINE))
_APACHE_LINES = re.compile(
    r"^[ \t]*" + re.escape(APACHE_MARK) + r"\n[ \t]*IncludeOptional " + re.escape(APACHE) + r"[^\n]*\n", re.MULTILINE
)


def is_web_block_config_file(path):
    """Return whether a file is one of these."""
    return path.startswith((NGINX, APACHE))


def compute_sha256_without_own_lines(path):
    """Return SHA-256, in hex, of a web server's file without the lines of ours.

    None of any other, and of one that cannot be read.
    """
    if not path.startswith(FOLDERS):
        return None
    try:
        text = safe_open.read_text(path, MAX_FILE)
    except OSError:
        return None
    return (
        None
        if text is None
        else hashlib.sha256(strip_own_lines_from_config(text).encode("utf-8", "surrogateescape")).hexdigest()
    )


def drop_web_block_content_from_config(path, text):
    """Return what of a file counts for how its site is set up: all of it, but nothing of what an incident has
    it say.
    """
    return "" if text is not None and is_web_block_config_file(path) and _is_text_made_of_own_lines(text) else text


def get_web_block_config_path_of_site(prefix, domain):
    """Return the file of a site."""
    return prefix + domain + SUFFIX


def strip_own_lines_from_config(text):
    """Return a file of others' without the lines of ours.

    Where a hardening put a line below ours, the break becomes its own.
    """
    text = _NGINX_BROKEN.sub(lambda match: "{ # luytre: broken\n" + match[1] if match[1] else "{", text)
    return _NGINX_LINES.sub("", _APACHE_LINES.sub("", text))


def match_own_include_lines_at_start(text):
    """Return the lines at the beginning of a text of nginx's that take in a site's file: nothing comes before them."""
    return re.match(r"(?:%s)*" % _NGINX_LINE, text).group()


def include_site_file_in_nginx_config(text, offset, domain):
    """Return the text with the site's file taken in at an offset, where a block begins.

    A file that is not there does no harm.
    """
    before, after = text[:offset], text[offset:]
    line = "include luytre-contain-%s[.]conf;%s" % (domain, MARK)
    rest, newline, below = after.partition("\n")
    if newline and (not rest.strip() or rest.lstrip().startswith("#")):
        return before + rest + "\n    " + line + below
    return before + BROKEN_MARK + "    " + line + after


def include_site_file_in_apache_config(text, line_number, domain):
    """Return the text with the site's file taken in below the line of that number.

    Raises ValueError when no block begins there.
    """
    lines = text.splitlines(keepends=True)
    if not 0 < line_number <= len(lines) or not re.match(r"(?i)\s*<virtualhost\b[^>]*>\s*\Z", lines[line_number - 1]):
        raise ValueError(line_number)
    lines.insert(
        line_number,
        "    %s\n    IncludeOptional %s\n" % (APACHE_MARK, get_web_block_config_path_of_site(APACHE, domain)),
    )
    return "".join(lines)


def make_regex_matching_path_and_below(url_path):
    """Return a regular expression that such a path fits, and what is said to be below it.

    To a server, ``/a.php/x`` is ``/a.php``.
    """
    letters = (chr(byte) if chr(byte).isalnum() and byte < 128 else "\\x%02x" % byte for byte in url_path)
    return "^" + "".join(letters) + r"(?:\x2f|\z)"


def render_nginx(rules):
    """Return what a site's file holds for nginx: the paths first, which are gone also while the site is closed."""
    lines = [HEAD]
    for rule in rules:
        if rule["path"] is not None:
            lines.append(
                '# %s\nif ($uri ~ "%s") {\n    return 410;\n}\n'
                % (rule["id"], make_regex_matching_path_and_below(rule["path"]))
            )
    closures = [rule for rule in rules if rule["path"] is None]
    if closures:
        lines.append("# %s\nset $luytre_closed yes;\n" % " ".join(rule["id"] for rule in closures))
        lines += [
            _render_nginx_exception_for_visitor(variable, test)
            for variable, test in _iter_apache_tests_for_strangers(closures[-1])
        ]
        lines.append(
            "if ($luytre_closed = yes) {\n    return 503;\n}\n"
            "error_page 503 @luytre_closed;\n"
            "location @luytre_closed {\n"
            '    default_type "text/html; charset=utf-8";\n'
            "    add_header Retry-After %d always;\n"
            '    return 503 "%s";\n}\n' % (RETRY_AFTER, PAGE)
        )
    return "".join(lines)


def _render_nginx_exception_for_visitor(variable, test):
    return 'if (%s ~ "%s") {\n    set $luytre_closed no;\n}\n' % (variable, test)


def _iter_apache_tests_for_strangers(rule):
    """Yield what tells those who are let in from others.

    Trusted networks by who visits, the host itself by where the connection comes from.
    """
    for network in rule["trusted"]:
        yield "$binary_remote_addr", r"^(?:%s)\z" % _make_binary_regex_of_network(network)
    for address in rule["own"]:
        yield (
            "$realip_remote_addr",
            r"^(?:%s)\z" % "|".join(map(re.escape, (address, *_list_ipv4_mapped_address(address)))),
        )


def _list_ipv4_mapped_address(address):
    return ["::ffff:" + address] if "." in address and ":" not in address else []


def _make_binary_regex_of_network(address_or_network):
    """Return a regular expression for the addresses of a network as they are sent: four bytes or sixteen."""
    network = ipaddress.ip_network(address_or_network, strict=False)
    first, last = network.network_address.packed, network.broadcast_address.packed
    ranges = "".join(
        "\\x%02x" % low if low == high else "[\\x%02x-\\x%02x]" % (low, high) for low, high in zip(first, last)
    )
    if network.version == 6:
        return ranges
    return ranges + "|" + "\\x00" * 10 + "\\xff\\xff" + ranges


def render_apache(rules):
    """Return the same for Apache.

    Without mod_rewrite, or where a site turns it off, what that stops early is stopped late.
    """
    lines = [HEAD]
    for rule in rules:
        if rule["path"] is not None:
            lines.append(APACHE_PATH.format(id=rule["id"], pattern=make_regex_matching_path_and_below(rule["path"])))
    closures = [rule for rule in rules if rule["path"] is None]
    if closures:
        tests = ["-R '%s'" % network for network in closures[-1]["trusted"]]
        tests += ["%%{CONN_REMOTE_ADDR} -ipmatch '%s'" % address for address in closures[-1]["own"]]
        lines.append(
            APACHE_SITE.format(
                id=" ".join(rule["id"] for rule in closures),
                conditions="".join('    RewriteCond expr "! %s"\n' % test for test in tests),
                strangers=" && ".join("! %s" % test for test in tests) or "true",
                seconds=RETRY_AFTER,
                page=PAGE.replace('"', ""),
            )
        )
    return "".join(lines)


APACHE_PATH = """\
# {id}
<LocationMatch "{pattern}">
    Require all denied
    <IfModule mod_access_compat.c>
        Order allow,deny
        Deny from all
        Satisfy All
    </IfModule>
</LocationMatch>
<IfModule mod_rewrite.c>
    RewriteEngine On
    RewriteRule "{pattern}" - [G]
</IfModule>
"""
APACHE_SITE = """\
# {id}
<IfModule mod_rewrite.c>
    RewriteEngine On
{conditions}    RewriteRule ^ - [R=503,L]
</IfModule>
<If "{strangers}">
    Redirect 503 /
</If>
<IfModule mod_headers.c>
    Header always set Retry-After {seconds} "expr=%{{REQUEST_STATUS}} -eq 503"
</IfModule>
ErrorDocument 503 "{page}"
"""

_VARIABLE_LINE = re.compile(
    r"# SC-[0-9]{8}-[0-9 SC/-]{1,4000}"
    r"|if \(\$(?:uri|binary_remote_addr|realip_remote_addr) ~ \"[^\"\n]*\"\) \{"
    r"|<LocationMatch \"\^(?:[A-Za-z0-9]|\\x[0-9a-f]{2})*\(\?:\\x2f\|\\z\)\">"
    r"|    RewriteRule \"\^(?:[A-Za-z0-9]|\\x[0-9a-f]{2})*\(\?:\\x2f\|\\z\)\" - \[G\]"
    r"|    RewriteCond expr \"! (?:-R|%\{CONN_REMOTE_ADDR\} -ipmatch) '[0-9a-f.:/]+'\""
    r"|<If \"(?:true|! [-A-Z_a-z0-9.:/%{}'&! ]+)\">"
)
_RULES = [{"id": "", "path": path, "trusted": (), "own": ()} for path in (b"", None)]
_FIXED_LINES = frozenset(
    (render_nginx(_RULES) + _render_nginx_exception_for_visitor("$uri", "") + render_apache(_RULES)).splitlines()
)


def _is_text_made_of_own_lines(text):
    return all(line in _FIXED_LINES or _VARIABLE_LINE.fullmatch(line) for line in text.splitlines())
