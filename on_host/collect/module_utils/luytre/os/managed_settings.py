"""Which controls earlier runs put in force here and still are: our own files say so, since each line names its control.

There is no list beside them that could be lost, grow stale or say more than was done.
"""

import fnmatch
import glob
import os
import re

from ansible.module_utils.luytre.parsers import nginx_managed_settings
from ansible.module_utils.luytre_shared.files.ownership import PathTrust
from ansible.module_utils.luytre_shared.os.area_reader import read_text

SSHD, SSH_DROPIN = "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/00-luytre.conf"
WEB = ("tls", "web", "wordpress")
NGINX = "/etc/nginx/conf.d/00-luytre.conf"
FILES = {
    SSH_DROPIN: ("ssh",),
    "/etc/sudoers.d/zz-luytre": ("sudo",),
    "/etc/sysctl.d/zz-luytre.conf": ("kernel",),
    "/etc/nftables.d/luytre.nft": ("firewall",),
    "/etc/fail2ban/jail.d/zz-luytre.local": ("bans",),
    "/etc/systemd/journald.conf.d/zz-luytre.conf": ("logging",),
    "/etc/mysql/mariadb.conf.d/zz-luytre.cnf": ("mariadb",),
    NGINX: ("nginx", *WEB),
    "/etc/apache2/conf-enabled/zz-luytre.conf": ("apache", *WEB),
    "/etc/apache2/conf-enabled/00-luytre-default.conf": ("apache",),
    "/etc/apache2/luytre/*.conf": ("apache", *WEB),
    "/etc/php/*/fpm/conf.d/99-luytre.ini": ("php_fpm",),
    "/etc/php/*/apache2/conf.d/99-luytre.ini": ("php_fpm",),
    "/etc/php/*/fpm/pool.d/*.conf": ("php_fpm",),
}
"""What several controls share, so that it is written anew as a whole for each of them; and whose controls it
may name.
"""
MAX_FILES = 500
MAX_CONTROLS = 500

_DOMAIN = r"(?:[a-z0-9-]+\.)+[a-z0-9-]+"
_CONTROL_COMMENT = re.compile(
    r"(?m)^[ \t]*[#;] ?([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)\b(?:: (%s(?: %s)*)$)?" % (_DOMAIN, _DOMAIN)
)
_OF_A_SITE = re.compile(r"/(?:apache2/luytre/|nginx/snippets/luytre-)([a-z0-9][a-z0-9.-]*?)(?:\.http)?\.conf\Z")
_OF_A_POOL = re.compile(r"(?ms)^; Luy Tre begin$.*?^; Luy Tre end$")
_INCLUDE = re.compile(r"(?mi)^[ \t]*include[ \t=]+(.+)$")


def collect_controls_in_force(root=""):
    """Return control id to the domains of the sites for which it is in force; none where it is the host's.

    A file that another than root could change names nothing, nor does one that its daemon no longer reads.
    """
    trust, domains_by_control = PathTrust(), {}
    for pattern, areas in FILES.items():
        for path in sorted(glob.glob(root + pattern))[:MAX_FILES]:
            if trust.describe_first_changer_on_path(path) is None and (
                pattern != SSH_DROPIN or _is_ssh_dropin_included(read_text(root + SSHD) or "")
            ):
                text = read_text(path) or ""
                _add_domains_by_control(domains_by_control, parse_controls_in_comments(path, text, areas))
                if pattern == NGINX and nginx_managed_settings.LIST not in text:
                    _add_domains_by_control(domains_by_control, _collect_nginx_controls(root, trust))
    return {control: sorted(domains) for control, domains in sorted(domains_by_control.items())[:MAX_CONTROLS]}


def parse_controls_in_comments(path, text, areas):
    """Return control id to domains, by comments that begin with an id and may go on ``: DOMAIN …``.

    A site's own file is its own.
    """
    if "/pool.d/" in path:
        text = "\n".join(_OF_A_POOL.findall(text))
    site = _OF_A_SITE.search(path)
    domains_by_control = {}
    for area, name, domains in _CONTROL_COMMENT.findall(text):
        if area in areas:
            domains_by_control.setdefault("%s.%s" % (area, name), set()).update(
                [site.group(1)] if site else domains.split()
            )
    return domains_by_control


def _add_domains_by_control(target, more):
    for control, domains in more.items():
        target.setdefault(control, set()).update(domains)


def _collect_nginx_controls(root, trust):
    """Return what lines of ours have in force in nginx's files, where no list says so."""
    domains_by_control, site_domains = {}, set()
    for path in nginx_managed_settings.list_files_in_nginx_folder(root):
        if (
            path != root + NGINX
            and not nginx_managed_settings.SNIPPET.search(path)
            and trust.describe_first_changer_on_path(path) is None
        ):
            controls, sites = nginx_managed_settings.parse_domains_by_control(read_text(path) or "")
            _add_domains_by_control(
                domains_by_control,
                {
                    control: domains
                    for control, domains in controls.items()
                    if _is_control_of_areas(control, FILES[NGINX])
                },
            )
            site_domains |= sites
    for path in [root + "/etc/nginx/snippets/luytre-%s.conf" % domain for domain in sorted(site_domains)][:MAX_FILES]:
        if trust.describe_first_changer_on_path(path) is None:
            _add_domains_by_control(
                domains_by_control, parse_controls_in_comments(path, read_text(path) or "", FILES[NGINX])
            )
    return domains_by_control


def _is_control_of_areas(control, areas):
    return control.partition(".")[0] in areas


def _is_ssh_dropin_included(text):
    patterns = [word for words in _INCLUDE.findall(text) for word in words.replace('"', " ").split()]
    return any(fnmatch.fnmatch(SSH_DROPIN, os.path.join("/etc/ssh", pattern)) for pattern in patterns)
