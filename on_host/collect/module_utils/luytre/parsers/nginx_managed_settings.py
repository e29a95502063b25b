"""What our lines in nginx's files have in force where the drop-in does not begin with a list.

Earlier versions wrote none.

A line of ours stands first in its server block, and there the one that includes the site's own rules stands before the
others.
"""

import os
import re

LIST = "# In force are these controls"
SNIPPET = re.compile(r"/etc/nginx/snippets/luytre-([a-z0-9][a-z0-9.-]*)\.conf")
MAX_FILES = 500

_PUT_OUT = re.compile(r"(?m)# luytre: put out for ([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*): ")
_ADDED_LINE = re.compile(r"(?m)^[ \t]*([^\n]*) # luytre: added$")
_SITE_INCLUDE = re.compile(r"(?m)^[ \t]*include %s; # luytre: added$" % SNIPPET.pattern)
_LINES = (
    ("autoindex off;", "nginx.autoindex"),
    ("client_max_body_size ", "nginx.body_limit"),
    ("access_log ", "nginx.access_log"),
    ("if (!-f ", "nginx.php_missing"),
    ("limit_req zone=luytre_login ", "nginx.login_rate"),
    ("add_header X-Content-Type-Options $luytre_", "nginx.nosniff"),
    ("add_header X-Frame-Options $luytre_", "nginx.frame"),
    ("add_header Referrer-Policy $luytre_", "nginx.referrer"),
    ("add_header Permissions-Policy $luytre_", "nginx.permissions_policy"),
    ("add_header Content-Security-Policy-Report-Only $luytre_", "nginx.content_policy"),
)


def list_files_in_nginx_folder(root=""):
    """Return the paths of all files below nginx's folder, at most MAX_FILES, links to folders left out."""
    paths = []
    for folder, folders, names in os.walk(root + "/etc/nginx"):
        folders.sort()
        paths += [os.path.join(folder, name) for name in sorted(names)]
        if len(paths) >= MAX_FILES:
            break
    return paths[:MAX_FILES]


def parse_domains_by_control(text):
    """Return domains by control id, by our lines in one of the vendor's files.

    With them come the domains whose own rules it includes.
    """
    domains_by_control, _, *rest = {}, *_SITE_INCLUDE.split(text)
    for control in _PUT_OUT.findall(text):
        domains_by_control.setdefault(control, set())
    for domain, part in zip(rest[::2], rest[1::2]):
        for control in _PUT_OUT.findall(part) + [_get_control_of_line(line) for line in _ADDED_LINE.findall(part)]:
            if control is not None:
                domains_by_control.setdefault(control, set()).add(domain)
    return domains_by_control, set(rest[::2])


def _get_control_of_line(line):
    return next((control for prefix, control in _LINES if line.startswith(prefix)), None)
