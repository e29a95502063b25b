"""FTP servers that run here: whether passwords travel in the clear, and what somebody without any may do."""

import glob
import re

from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import read_text

VSFTPD = "/etc/vsftpd.conf"
PROFTPD = "/etc/proftpd/proftpd.conf"
PURE_FTPD = "/etc/pure-ftpd/conf"
MAX_FILES = 200


def list_root_ftp_servers(reader):
    """Return ``auditor.facts.system.services.Ftp`` of each that runs as root.

    It has to be root to listen and to let people in.
    """
    results = []
    for name, read in (("vsftpd", describe_vsftpd), ("proftpd", describe_proftpd), ("pure-ftpd", describe_pure_ftpd)):
        program = reader.find_program(name)
        if program and process_table.list_processes_of_program(program):
            results.append({"server": name, **read()})
    return results


def describe_vsftpd():
    """Return vsftpd by its own defaults where its file says nothing."""
    lines = re.findall(r"(?m)^([a-z_]+)=(.*?)\s*$", read_text(VSFTPD) or "")
    values = dict(lines)

    def on(name, default):
        return values.get(name, default).upper() in ("YES", "TRUE", "1")

    requires_tls = on("ssl_enable", "NO") and on("force_local_logins_ssl", "YES")
    anonymous, writes = on("anonymous_enable", "YES"), on("write_enable", "NO")
    return {
        "plain_logins": on("local_enable", "NO") and not requires_tls,
        "anonymous": anonymous,
        "anonymous_writes": anonymous
        and writes
        and (on("anon_upload_enable", "NO") or on("anon_other_write_enable", "NO")),
        "root": values.get("local_root"),
    }


def describe_proftpd():
    text = _read_config_with_includes(PROFTPD, r"(?mi)^[ \t]*Include[ \t]+\"?([^\s\"]+)")
    engine = _get_last_directive_value(text, "TLSEngine")
    tls_required = _get_last_directive_value(text, "TLSRequired")
    anonymous = re.search(r"(?mi)^[ \t]*<Anonymous\b", text) is not None
    inside = "".join(re.findall(r"(?mis)^[ \t]*<Anonymous\b.*?^[ \t]*</Anonymous>", text))
    writes = re.search(r"(?mis)<Limit[^>]*\b(?:WRITE|STOR)\b[^>]*>(?:(?!</Limit>).)*\bAllowAll\b", inside)
    return {
        "plain_logins": not (engine == "on" and tls_required in ("on", "auth", "auth+data", "ctrl")),
        "anonymous": anonymous,
        "anonymous_writes": anonymous and writes is not None,
        "root": next(iter(re.findall(r"(?mi)^[ \t]*DefaultRoot[ \t]+(/\S+)", text)), None),
    }


def describe_pure_ftpd():
    """Return a file a setting; without the one for TLS passwords may travel in the clear."""

    def value(name, default):
        return (read_text("%s/%s" % (PURE_FTPD, name), 1_000) or default).strip().lower()

    anonymous = value("NoAnonymous", "no") not in ("yes", "1", "on")
    return {
        "plain_logins": value("TLS", "0") not in ("2", "3"),
        "anonymous": anonymous,
        "anonymous_writes": anonymous and value("AnonymousCantUpload", "no") not in ("yes", "1", "on"),
        "root": None,
    }


def _read_config_with_includes(path, pattern):
    text, pending_paths, read = "", [path], set()
    while pending_paths and len(read) < MAX_FILES:
        current_path = pending_paths.pop(0)
        if current_path not in read:
            read.add(current_path)
            own = read_text(current_path) or ""
            text += own + "\n"
            for include_pattern in re.findall(pattern, own):
                pending_paths += sorted(
                    glob.glob(include_pattern if not include_pattern.endswith("/") else include_pattern + "*")
                )
    return text


def _get_last_directive_value(text, directive):
    values = re.findall(r"(?mi)^[ \t]*%s[ \t]+(\S+)" % directive, text)
    return values[-1].lower() if values else "off"
