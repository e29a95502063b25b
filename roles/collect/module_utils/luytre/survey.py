"""The little that the roles themselves need to know of a host before they change it."""

import glob
import json
import os

from ansible.module_utils.luytre._reading import read_text

ENFORCED = "/etc/ansible/facts.d/luytre.fact"
PROGRAMS = {
    "nginx": "nginx",
    "apache": "apache2",
    "mariadb": "mariadbd",
    "sshd": "sshd",
    "php": "php-fpm",
}


def collect(reading):
    return {
        "installed": {name: _is_installed(reading, program) for name, program in PROGRAMS.items()},
        "enforced": _enforced(),
        "sshd": _sshd(reading),
        "sysctl": _sysctl(),
    }


def _is_installed(reading, program):
    if program == "php-fpm":
        return os.path.isdir("/etc/php") and any(
            reading.installed("php-fpm" + version) for version in os.listdir("/etc/php")
        )
    return reading.installed(program) is not None


def _enforced():
    """Controls that earlier runs put in force, by id, with the domains of site controls."""
    try:
        found = json.loads(read_text(ENFORCED, 200_000) or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: [str(d) for d in value] for key, value in found.items() if isinstance(value, list)}


def _sshd(reading):
    """Effective sshd settings that carry one value, as ``sshd -T`` prints them."""
    if reading.installed("sshd") is None:
        return {}
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    pairs = (line.split(" ", 1) for line in reading.run(["sshd", "-T"]).splitlines() if " " in line)
    return {key: value for key, value in pairs if key not in ("hostkey", "listenaddress", "acceptenv", "setenv")}


def _sysctl():
    """Live values of the keys that the kernel role may set and that exist here."""
    paths = [path for pattern in SYSCTLS for path in glob.glob("/proc/sys/" + pattern)]
    texts = ((path, read_text(path, 200)) for path in paths if os.path.isfile(path))
    return {path[len("/proc/sys/") :].replace("/", "."): text.strip() for path, text in texts if text is not None}


SYSCTLS = (
    "kernel/randomize_va_space",
    "kernel/yama/ptrace_scope",
    "kernel/dmesg_restrict",
    "kernel/kptr_restrict",
    "kernel/unprivileged_bpf_disabled",
    "kernel/sysrq",
    "fs/protected_*",
    "fs/suid_dumpable",
    "net/ipv4/tcp_syncookies",
    "net/ipv4/icmp_*",
    "net/ipv4/ip_forward",
    "net/ipv[46]/conf/all/*_redirects",
    "net/ipv[46]/conf/default/*_redirects",
    "net/ipv[46]/conf/*/accept_source_route",
    "net/ipv[46]/conf/*/rp_filter",
    "net/ipv[46]/conf/*/log_martians",
    "net/ipv[46]/conf/*/accept_ra",
    "net/ipv6/conf/*/disable_ipv6",
    "net/ipv6/conf/*/forwarding",
)
