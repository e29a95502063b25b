"""Kernel settings: their values now and after the next boot, unused modules, AppArmor."""

import glob
import itertools
import os
import re

from ansible.module_utils.luytre.parsers import sysctl_values
from ansible.module_utils.luytre_shared.os import trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import ProgramOutput, read_text

BY_ROUTER = re.compile(r"[./](?:accept_ra(?:_\w+)?|autoconf|max_addresses|router_solicitations)$")
"""What an address or a route by router advertisements depends on."""


FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d")
UNUSED_MODULES = ("cramfs", "freevxfs", "hfs", "hfsplus", "jffs2", "udf", "dccp", "sctp", "rds", "tipc")
USB_STORAGE = "usb_storage"
MAX_CONFIGURATION = 32_000_000
"""Bytes of modprobe's configuration, which has a line for each device that a module of the kernel drives."""
GRUB = "/boot/grub/grub.cfg"


def collect_area_facts(reader):
    live, boot = (
        read_live_sysctl_values(),
        [parse_boot_sysctl_settings(list_sysctl_files()), parse_boot_sysctl_settings(list_ufw_sysctl_files())],
    )
    single = {key: live[key] for key in sysctl_values.SINGLE if key in live}
    after = {key: compute_sysctl_value_after_boot(key, live, boot) for key in single}
    module_list = describe_unneeded_kernel_modules(reader)
    return {
        "live": single,
        "boot": {key: value for key, (value, _) in after.items()},
        "boot_from": {key: file for key, (_, file) in after.items() if file},
        "unwritten": find_right_values_set_by_no_file(live, boot, read_changeable_sysctl_values(reader)),
        "interfaces": describe_interface_sysctls(live, boot),
        "modules": [module for module in module_list if module["name"] != USB_STORAGE],
        "usb_storage": next(module for module in module_list if module["name"] == USB_STORAGE),
        "apparmor": describe_apparmor_profiles(),
        **describe_boot_loader_protection(read_text(GRUB, 1_000_000)),
        "forwarding_for": list_software_needing_forwarding(reader),
        "userns_for": list_software_needing_user_namespaces(reader),
        "ipv6_by_router": is_ipv6_set_by_router_advertisements(),
    }


def read_live_sysctl_values():
    """Return every whole-number setting that the controls read, by dotted key.

    A dot in an interface's name is a slash there.
    """
    values = {}
    for key in sysctl_values.SINGLE:
        _add_whole_number_value(values, key, "/proc/sys/" + key.replace(".", "/"))
    for family, settings in sysctl_values.PER_INTERFACE.items():
        for setting in list(settings) + (["disable_ipv6"] if family == "ipv6" else []):
            for path in glob.glob("/proc/sys/net/%s/conf/*/%s" % (family, setting)):
                name = path.split("/")[6].replace(".", "/")
                _add_whole_number_value(values, "net.%s.conf.%s.%s" % (family, name, setting), path)
    return values


def _add_whole_number_value(values, key, path):
    text = (read_text(path, 100) or "").strip()
    if re.match(r"-?\d+$", text):
        values[key] = int(text)


def list_sysctl_files(folders=FOLDERS):
    """Return the files that systemd-sysctl reads at boot, in its order: ``[(path, text)]``.

    An earlier folder hides later ones.
    """
    paths_by_name = {}
    for folder in reversed(folders):
        for path in glob.glob(folder + "/*.conf"):
            paths_by_name[os.path.basename(path)] = path
    return [
        (paths_by_name[name], read_text(paths_by_name[name]) or "") for name in sorted(paths_by_name, key=os.fsencode)
    ]


def list_ufw_sysctl_files(configuration="/etc/ufw/ufw.conf", defaults="/etc/default/ufw"):
    """Return ``[(path, text)]`` of the settings that ufw puts in force at boot.

    ufw does so where it is on, after systemd-sysctl's.
    """
    is_enabled = re.search(r"(?mi)^\s*ENABLED\s*=\s*[\"']?yes\b", read_text(configuration) or "")
    paths = re.findall(r"(?m)^\s*IPT_SYSCTL\s*=\s*[\"']?(/[^\s\"'#]+)", read_text(defaults) or "")
    return [(path, read_text(path) or "") for path in paths[-1:]] if is_enabled else []


def parse_boot_sysctl_settings(files):
    """Return ``(exact, patterns)``: settings by key as systemd-sysctl would apply them, each with its value and file.

    A later line wins; a setting by its exact key wins over patterns; ``-key`` alone takes a key out of patterns.
    """
    exact, patterns = {}, []
    for path, text in files:
        for line in text.splitlines():
            line = line.strip()
            if not line or line[0] in "#;":
                continue
            name, equals, value = line.partition("=")
            name = name.strip()
            if not equals:
                if name.startswith("-"):
                    exact[_normalize_sysctl_key(name[1:].strip())] = (None, path)
                continue
            key = _normalize_sysctl_key(name.lstrip("-").strip())
            if re.search(r"[*?\[]", key):
                patterns.append((key, value.strip(), path))
            else:
                exact[key] = (value.strip(), path)
    return exact, patterns


def _normalize_sysctl_key(name):
    """Return a key in the form ``net.ipv4.conf.eth0/10.rp_filter`` whatever separator its first one was."""
    first = re.search(r"[./]", name)
    if first and first.group() == "/":
        name = name.replace("/", "\0").replace(".", "/").replace("\0", ".")
    return name


def find_sysctl_boot_value(key, stages):
    """Return ``(value, file)`` that the files give a key, or ``(None, None)``.

    Of several stages the last counts that has it.
    """
    candidates = (_find_value_in_settings(key, stage) for stage in reversed(stages))
    return next((candidate for candidate in candidates if candidate[0] is not None), (None, None))


def _find_value_in_settings(key, settings):
    exact, patterns = settings
    if key in exact:
        value, file = exact[key]
        return (int(value), file) if value is not None and re.match(r"-?\d+$", value) else (None, None)
    for pattern, value, file in reversed(patterns):
        if _is_sysctl_key_matched_by_pattern(pattern, key) and re.match(r"-?\d+$", value):
            return int(value), file
    return None, None


def _is_sysctl_key_matched_by_pattern(pattern, key):
    """Return whether a pattern with ``*`` for one part of a key matches it."""
    parts = [re.escape(part).replace(r"\*", "[^.]*").replace(r"\?", "[^.]") for part in pattern.split(".")]
    return re.match(r"\.".join(parts) + "$", key) is not None


def compute_sysctl_value_after_boot(key, live, settings):
    """Return ``(value, file)`` after the next boot: the files', else the kernel's own, else the one now."""
    value, file = find_sysctl_boot_value(key, settings)
    if value is not None:
        return value, file
    return sysctl_values.BUILT_IN.get(key, live[key]), None


def find_right_values_set_by_no_file(live, settings, changeable):
    """Return ``[{key, value}]`` of what is right now and set by no file.

    It is for all interfaces together and for later ones.
    """
    results = []
    for key in sorted(live):
        pattern = re.sub(r"\.conf\.(?:all|default)\.", ".conf.*.", key)
        right = (
            live[key] in sysctl_values.RIGHT.get(key, sysctl_values.RIGHT.get(pattern, ()))
            and _get_path_below_proc_sys(key) in changeable
        )
        if right and find_sysctl_boot_value(key, settings)[0] is None:
            results.append({"key": key, "value": live[key]})
    return results


def describe_interface_sysctls(live, settings):
    """Return per-interface settings as they work together with conf.all, now and after boot.

    They are those of real interfaces and new ones.
    """
    results = []
    for key in sorted(live):
        match = re.match(r"net\.(ipv[46])\.conf\.(.+)\.([a-z_]+)$", key)
        if not match:
            continue
        family, name, setting = match.groups()
        rule = sysctl_values.PER_INTERFACE[family].get(setting)
        if rule is None or name in ("all", "lo"):
            continue
        if rule == "and" and name == "default":
            rule = "own"  # what is off for all interfaces today alone keeps those that come later from it
        if family == "ipv6" and 1 in (
            live.get("net.ipv6.conf.%s.disable_ipv6" % name),
            live.get("net.ipv6.conf.all.disable_ipv6"),
        ):
            continue
        every = "net.%s.conf.all.%s" % (family, setting)
        forward = "net.ipv4.ip_forward"
        for when in ("now", "boot"):
            if when == "now":
                values, file = (live[key], live.get(every, 0), live.get(forward, 0)), None
            else:
                own, file = compute_sysctl_value_after_boot(key, live, settings)
                whole, whole_file = (
                    compute_sysctl_value_after_boot(every, live, settings) if every in live else (0, None)
                )
                values = (
                    own,
                    whole,
                    compute_sysctl_value_after_boot(forward, live, settings)[0] if forward in live else 0,
                )
                file = file or whole_file
            results.append(
                {
                    "setting": "%s.%s" % (family, setting),
                    "interface": name.replace("/", "."),
                    "when": when,
                    "value": combine_interface_and_all_values(rule, *values),
                    "file": file,
                }
            )
    return results


def combine_interface_and_all_values(rule, interface_value, all_value, is_forwarding):
    """Return the value that the kernel acts on, from an interface's own and conf.all's."""
    if rule == "redirects":
        rule = "and" if is_forwarding else "or"
    if rule == "or":
        return int(bool(interface_value or all_value))
    if rule == "and":
        return int(bool(interface_value and all_value))
    if rule == "max":
        return max(interface_value, all_value)
    if rule == "min":
        return min(interface_value, all_value)
    return interface_value


def describe_unneeded_kernel_modules(reader):
    """Return of each module that a web server has no use for, and of that for USB disks, whether it is on this host,
    loaded, kept from loading.
    """
    folder = "/lib/modules/" + os.uname().release
    there = (read_text(folder + "/modules.dep", 4_000_000) or "") + (read_text(folder + "/modules.builtin") or "")
    loaded_modules = {line.split(" ", 1)[0] for line in (read_text("/proc/modules") or "").splitlines()}
    program = reader.find_program("modprobe")
    stake = trusted_inputs.list_matches_and_searched_folders(
        *(folder + "/modprobe.d/*.conf" for folder in ("/etc", "/run", "/usr/local/lib", "/lib"))
    )
    taken = ProgramOutput(limit=MAX_CONFIGURATION)
    output = reader.run([program, "--showconfig"], ok=None, at_stake=stake, output=taken) if program else ""
    blocked_names = list_blocked_kernel_modules(output)
    return [
        {
            "name": name,
            "available": re.search(r"/%s\.ko" % name.replace("_", "[-_]"), there) is not None,
            "loaded": name in loaded_modules,
            "blocked": name in blocked_names,
        }
        for name in (*UNUSED_MODULES, USB_STORAGE)
    ]


def list_blocked_kernel_modules(configuration):
    """Return modules whose install command in ``modprobe --showconfig`` loads nothing."""
    pattern = r"(?m)^install\s+(\S+)\s+(?:/usr)?/bin/(?:false|true)\s*$"
    return {name.replace("-", "_") for name in re.findall(pattern, configuration)}


def describe_apparmor_profiles():
    is_enabled = (read_text("/sys/module/apparmor/parameters/enabled", 10) or "").strip() == "Y"
    lines = (read_text("/sys/kernel/security/apparmor/profiles") or "").splitlines() if is_enabled else []
    modes = [re.match(r"(.*) \((\w+)\)$", line) for line in lines]
    return {
        "enabled": is_enabled,
        "enforcing": sum(1 for mode in modes if mode and mode.group(2) == "enforce"),
        "complaining": [mode.group(1) for mode in modes if mode and mode.group(2) == "complain"],
    }


def describe_boot_loader_protection(configuration):
    """Return where the boot loader is configured, and whether changing what it boots takes a password, from
    its text.
    """
    users = re.search(r"(?m)^[ \t]*set[ \t]+superusers=[\"']?\w", configuration or "")
    password_match = re.search(r"(?m)^[ \t]*password(?:_pbkdf2)?[ \t]+\S+[ \t]+\S", configuration or "")
    return {"boot_loader": "" if configuration is None else GRUB, "boot_password": bool(users and password_match)}


def list_software_needing_forwarding(reader):
    """Return what on this host needs packets to be forwarded: container and VPN software by name."""
    reasons = {name for name, program in FORWARDING_PROGRAMS if reader.find_program(program)}
    for interface in sorted(os.listdir("/sys/class/net")):
        if re.match(r"(docker|br-|virbr|lxcbr|lxdbr|podman|cni|wg|tun|ppp|cali|flannel)", interface):
            reasons.add("interface " + interface)
    return sorted(reasons)


FORWARDING_PROGRAMS = (
    ("docker", "dockerd"),
    ("podman", "podman"),
    ("containerd", "containerd"),
    ("kubernetes", "kubelet"),
    ("lxc", "lxc-start"),
    ("libvirt", "libvirtd"),
    ("wireguard", "wg-quick"),
    ("openvpn", "openvpn"),
    ("strongswan", "ipsec"),
)


def list_software_needing_user_namespaces(reader):
    """Return what on this host makes user namespaces without being root: browsers and container software by name."""
    reasons = {name for name in USERNS_PROGRAMS if reader.find_program(name)}
    reasons |= {(read_text(path, 100) or "").strip() for path in glob.iglob("/proc/[0-9]*/comm")} & USERNS_RUNNING
    folders = (path for pattern in USERNS_FOLDERS for path in glob.glob(pattern))
    return sorted(reasons | {"folder " + path for path in itertools.islice(folders, 5)})


USERNS_PROGRAMS = (
    *("bwrap", "chromium", "chromium-browser", "firefox", "flatpak", "google-chrome", "google-chrome-stable"),
    *("lxc-start", "podman", "rootlesskit", "slirp4netns", "snap", "pasta", "buildah"),
)
USERNS_RUNNING = {"bwrap", "chrome", "chromium", "firefox", "headless_shell", "rootlesskit", "slirp4netns", "pasta"}
USERNS_FOLDERS = tuple(
    home + "/.cache/" + name
    for home in ("/home/*", "/root", "/var/www", "/srv/*")
    for name in ("puppeteer", "ms-playwright")
)
"""Where Node's browsers keep a Chromium of their own."""


def is_ipv6_set_by_router_advertisements():
    """Return whether the host's IPv6 address or default route comes from router advertisements."""
    routes = (line.split() for line in (read_text("/proc/net/ipv6_route") or "").splitlines())
    by_route = any(
        len(part) == 10 and part[0] == "0" * 32 and part[1] == "00" and int(part[8], 16) & 0x40002 == 0x40002
        for part in routes
    )
    addresses = (line.split() for line in (read_text("/proc/net/if_inet6") or "").splitlines())
    by_address = any(len(part) == 6 and part[3] == "00" and not int(part[4], 16) & 0x80 for part in addresses)
    return by_route or by_address


def read_ufw_file_in_force_after_ours():
    """Return the file of ufw's that is put in force after ours at boot, with its text; None where there is none."""
    return next(({"path": path, "text": text} for path, text in list_ufw_sysctl_files()), None)


def read_changeable_sysctl_values(reader):
    """Return live values, by path below /proc/sys, of what the kernel role may change on this host.

    Left out is what cannot be written here, and what something on this host depends on.
    """
    needed_keys = set()
    if list_software_needing_forwarding(reader):
        needed_keys |= {"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"}
        needed_keys |= {key for key in read_live_sysctl_values() if key.endswith((".route_localnet", ".accept_local"))}
    if list_software_needing_user_namespaces(reader):
        needed_keys.add("kernel.unprivileged_userns_clone")
    by_router = is_ipv6_set_by_router_advertisements()
    values = {}
    for key, value in read_live_sysctl_values().items():
        if key in needed_keys or (by_router and BY_ROUTER.search(key)):
            continue
        path = _get_path_below_proc_sys(key)
        if os.access("/proc/sys/" + path, os.W_OK):
            values[path] = value
    return values


def _get_path_below_proc_sys(key):
    """Return a dotted key as a path below /proc/sys."""
    return key.replace(".", "\0").replace("/", ".").replace("\0", "/")
