"""What the host is: release, kernel, container or machine, clock."""

import os
import platform
import time

from ansible.module_utils.luytre.os.ssh_session import get_current_ssh_session
from ansible.module_utils.luytre_shared.os.area_reader import read_text

CONTAINERS = ("systemd-nspawn", "lxc", "lxc-libvirt", "docker", "podman", "openvz", "wsl", "proot", "rkt")


def collect_area_facts(reader):
    fields = read_os_release()
    detector = reader.find_program("systemd-detect-virt")
    virtualization = reader.run([detector], ok=None).strip() if detector else ""
    return {
        "os": {
            "id": fields.get("ID", ""),
            "version": fields.get("VERSION_ID", ""),
            "codename": fields.get("VERSION_CODENAME", ""),
            "name": fields.get("PRETTY_NAME", ""),
        },
        "kernel": platform.release(),
        "hostname": platform.node(),
        "virtualization": virtualization or "none",
        "container": virtualization in CONTAINERS,
        "uptime": _read_uptime_seconds(),
        "now": int(time.time()),
        "python": platform.python_version(),
        "machine_panels": [name for name, path in PANELS if os.path.exists(path)],
        "connection": get_current_ssh_session(),
        "free_bytes": _get_free_bytes("/var/lib"),
    }


PANELS = (
    ("cPanel", "/usr/local/cpanel"),
    ("Plesk", "/usr/local/psa"),
    ("DirectAdmin", "/usr/local/directadmin"),
    ("ISPConfig", "/usr/local/ispconfig"),
    ("CyberPanel", "/usr/local/CyberCP"),
    ("aaPanel", "/www/server/panel"),
    ("HestiaCP", "/usr/local/hestia"),
    ("VestaCP", "/usr/local/vesta"),
    ("Webuzo", "/usr/local/webuzo"),
    ("Virtualmin", "/etc/webmin/virtual-server"),
    ("CloudPanel", "/home/clp/htdocs"),
    ("FastPanel", "/usr/local/fastpanel2"),
    ("KeyHelp", "/etc/keyhelp"),
    ("CWP", "/usr/local/cwpsrv"),
    ("InterWorx", "/usr/local/interworx"),
    ("Froxlor", "/etc/froxlor"),
    ("VPSSIM", "/etc/vpssim"),
)
"""Hosting panels, and a folder that only they have.

Webmin alone is none: it changes what its user tells it to, when told.
"""


def read_os_release():
    lines = (read_text("/etc/os-release", 10_000) or "").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {key: value.strip().strip("\"'") for key, value in pairs}


def _get_free_bytes(path):
    space = os.statvfs(path)
    return space.f_bavail * space.f_frsize


def _read_uptime_seconds():
    text = read_text("/proc/uptime", 100)
    return int(float(text.split()[0])) if text else 0
