"""The clock: who keeps it right, whether it is right, and in which zone it is shown."""

import ctypes
import os

from ansible.module_utils.luytre.os.unit_states import read_states_of_units
from ansible.module_utils.luytre_shared.os.area_reader import read_text

DAEMONS = {
    "chrony": ("chrony.service", "chronyd"),
    "ntpsec": ("ntpsec.service", "ntpd"),
    "ntp": ("ntp.service", "ntpd"),
    "systemd-timesyncd": ("systemd-timesyncd.service", "systemd-timesyncd"),
    "openntpd": ("openntpd.service", "ntpd"),
}
"""By preference where several are there."""
PROGRAMS = ("/usr/sbin", "/sbin", "/usr/lib/systemd", "/lib/systemd")
STA_UNSYNC = 0x0040
ZONES = "/usr/share/zoneinfo/"


def collect_area_facts(reader):
    services = read_states_of_units(reader, [unit for unit, _program in DAEMONS.values()])
    daemons = [
        {"daemon": name, "unit": unit, "enabled": services[unit]["enabled"], "active": services[unit]["active"]}
        for name, (unit, program) in DAEMONS.items()
        if services[unit]["name"] and _is_time_daemon_installed(name, unit, program)
    ]
    return {
        "daemons": daemons,
        "enabled": [daemon["daemon"] for daemon in daemons if daemon["enabled"]],
        "clock": _read_kernel_clock(),
        "zone": get_time_zone_name(),
    }


def _is_time_daemon_installed(name, unit, program):
    """Return whether it is installed, by its unit's own file.

    So a masked unit still counts, and ``ntp`` as an alias of ``ntpsec`` does not.

    And by its program: a package that was removed leaves its script in /etc.
    """
    if not any(os.path.isfile(os.path.join(folder, program)) for folder in PROGRAMS):
        return False
    folders = ("/usr/lib/systemd/system/", "/lib/systemd/system/", "/etc/init.d/")
    return any(os.path.isfile(folder + unit) and not os.path.islink(folder + unit) for folder in folders) or any(
        os.path.isfile(folder + name) and name not in ("ntp",) for folder in folders[2:]
    )


class _Timex(ctypes.Structure):
    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    ]


def _read_kernel_clock():
    """Return what the kernel says of its clock: ``synchronised``, and the largest error in seconds (None when
    unknown).
    """
    answer = _Timex()
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(answer))
    except (OSError, AttributeError):
        return {"synchronised": False, "max_error": None}
    if state < 0:
        return {"synchronised": False, "max_error": None}
    return {"synchronised": not answer.status & STA_UNSYNC, "max_error": round(answer.maxerror / 1e6, 3)}


def get_time_zone_name():
    """Return the zone's name, as in ``Asia/Ho_Chi_Minh``; ``UTC`` when nothing is set.

    None for a copied file without a name.
    """
    if os.path.islink("/etc/localtime"):
        target = os.path.realpath("/etc/localtime")
        link = os.readlink("/etc/localtime")
        for path in (link, target):
            if ZONES in path:
                return path.split(ZONES, 1)[1]
    if not os.path.exists("/etc/localtime"):
        return "UTC"
    return (read_text("/etc/timezone", 200) or "").strip() or None
