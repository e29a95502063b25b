"""Commands that a person types as root on a host, as their words go into a step by hand. Pure.

Names that a host says become one quoted word of a command. Each command ends with 0 when it has done what its step
says.
"""

from __future__ import annotations

import os
import re
import shlex
import string
from collections.abc import Sequence

from auditor.incidents.response import as_root
from auditor.incidents.response.located_trace import CUT
from auditor.text import paths

BACKUP_FOLDER = "/root/luytre-kept"
ARCHIVE = f"{BACKUP_FOLDER}/kept.tar"
_PLAIN = frozenset(string.ascii_letters + string.digits + "/._-+")
_EACH_PROCESS = (
    """while read -r n; do printf '%s%s  %s\\n' "$n" "$(readlink -n "/proc/$n/exe" | tr '\\n' '?')" """
    """"$(ps -o user=,lstart=,args= -p "$n")"; done | cat -v"""
)
"""Writes a process's number and program as ``contain process`` takes them, then whose it is, since when, and its
command line; a line each, whatever it calls itself.
"""
INERT = "cat -v"
"""What hosts' names and rows are shown through: none of them gives a terminal orders."""
_A_LINE_EACH = rf"tr '\n\0' '?\n' | {INERT}"
"""Writes names that end with a zero byte, a line each."""
_OF_NAMES = "[^A-Za-z0-9_.+-]"


def quote_path_for_shell(path: str) -> str:
    """Return a path as one word of a shell's command, all of it printed: the very bytes that its trace spells."""
    if "%" not in path:
        return shlex.quote(path)
    spelt = (
        chr(byte) if chr(byte) in _PLAIN else f"\\x{byte:02x}" for byte in os.fsencode(paths.percent_decode_path(path))
    )
    return f"$'{''.join(spelt)}'"


def build_commands_to_back_up_file(path: str) -> tuple[str, ...]:
    """Return the commands that copy a file as it is, and have root change it in spite of an immutable flag.

    The copy goes into an archive, to which each copy is added: what somebody has laid there instead meanwhile is kept
    as it is, and nothing is written through it.
    """
    return (
        f"sudo install -d -m 0700 {BACKUP_FOLDER}",
        f"sudo tar --xattrs --acls -rPf {ARCHIVE} -- {quote_path_for_shell(path)}",
        f"sudo chattr -ia -- {quote_path_for_shell(path)} 2>/dev/null || true",
    )


def build_commands_to_remove_file(path: str) -> tuple[str, ...]:
    """Return the commands that keep a copy of a file and take it away."""
    return (
        *build_commands_to_back_up_file(path),
        f"sudo python3 -I -c {shlex.quote(as_root.REMOVE)} {quote_path_for_shell(path)}",
    )


def build_commands_to_comment_out_lines(path: str, comment_mark: str, line_digests: str) -> tuple[str, ...]:
    """Return the commands that copy a file and turn some of its lines into comments.

    ``line_digests`` tell which lines.
    """
    program = shlex.quote(as_root.LINES_OUT)
    return (
        *build_commands_to_back_up_file(path),
        f"sudo python3 -I -c {program} {quote_path_for_shell(path)} {shlex.quote(comment_mark)} {line_digests}",
    )


def build_command_to_show_file_starts(files: Sequence[str]) -> str:
    """Return the command that shows how some files begin, what is not printed spelt."""
    return f"sudo head -v -c 2000 -- {' '.join(map(quote_path_for_shell, files))} | cat -v"


def build_commands_to_show_numbered_lines(path: str) -> tuple[str, ...]:
    """Return the commands that copy a file and show each of its lines with its number.

    Characters that cannot be printed are spelt.
    """
    return (*build_commands_to_back_up_file(path), f"sudo cat -A -n -- {quote_path_for_shell(path)}")


def build_commands_to_clear_setuid_bits(path: str) -> tuple[str, ...]:
    """Return the commands after which a file lends nobody the rights of another."""
    return (
        *build_commands_to_back_up_file(path),
        f"sudo python3 -I -c {shlex.quote(as_root.UNLEND)} {quote_path_for_shell(path)}",
    )


def build_commands_to_reinstall_package_of_file(path: str) -> tuple[str, ...]:
    """Return the commands that keep a copy of a file and install its package again.

    Before Debian 13, packages name what lies in /usr/bin, /usr/sbin and /usr/lib without /usr, too.
    """
    names = (
        f"{quote_path_for_shell(path)} {quote_path_for_shell(path.removeprefix('/usr'))}"
        if path.startswith("/usr/")
        else quote_path_for_shell(path)
    )
    package = f"$(dpkg-query -S {names} 2>/dev/null | head -n 1 | cut -d: -f1)"
    return (*build_commands_to_back_up_file(path), f'sudo apt-get install --reinstall -y "{package}"')


def build_command_to_comment_out_library_loads(library_path: str, settings_folder: str) -> str:
    """Return the command that makes comments of all lines below a folder of settings that load a library.

    By its name; where a package has a library of that name, which such lines mean, by its path alone.
    """
    name = library_path.rpartition("/")[2]
    place = f"(/usr)?{_escape_name_for_regex(library_path.removeprefix('/usr'))}"
    by_name, by_path = (
        f"(^|{_OF_NAMES}){_escape_name_for_regex(name)}($|{_OF_NAMES})",
        f"(^|[^A-Za-z0-9_.+/-]){place}($|{_OF_NAMES})",
    )
    script = (
        f"m={shlex.quote(by_name)}; dpkg-query -S {shlex.quote(f'*/{name}')} >/dev/null 2>&1 && "
        f"m={shlex.quote(by_path)}; "
        f'grep -RlZE -e "$m" {settings_folder} | xargs -0 -r sed -i '
        '-E --follow-symlinks -e "/^[[:space:]]*#/b" -e "\\,$m, s/^/'
        f'# /"'
    )
    return f"sudo sh -c {shlex.quote(script)}"


def _escape_name_for_regex(name: str) -> str:
    return re.sub(r"([.+])", r"\\\1", name)


def build_command_to_block_kernel_module(module_name: str, *, unload: bool = True) -> str:
    """Return the command that unloads a module of the kernel's and keeps it from coming back.

    One that a package has by that name, and a host may live by, is as in that after the next boot.

    Of each list of names that a boot loads and that has it, a copy is kept.
    """
    either = re.sub("[_-]", "[_-]", module_name)
    package_test = f"dpkg-query -S {shlex.quote(f'*/{either}.ko*')} >/dev/null 2>&1"
    line_pattern = f"[[:space:]]*{either}([[:space:]].*)?"
    edit = f'chattr -ia -- "$f" 2>/dev/null; sed -i --follow-symlinks -E "s/^{line_pattern}\\$/# &/" -- "$f"'
    each = f'while IFS= read -r f; do tar --xattrs --acls -rPhf {ARCHIVE} -- "$f" || exit; {edit} || exit; done'
    lists = f'install -d -m 0700 {BACKUP_FOLDER} && grep -lsxE "{line_pattern}" {_MODULE_LISTS} | {each}'
    never = f"{lists} && echo 'install {module_name} /bin/false' > /etc/modprobe.d/luytre-{module_name}.conf"
    last = f" && rmmod {module_name}" if unload else ""
    return f"sudo sh -c {shlex.quote(f'if {package_test}; then depmod -a; else {never}{last}; fi')}"


_MODULE_LISTS = " ".join(
    (
        *("/etc/modules", "/etc/initramfs-tools/modules"),
        *(f"{folder}/modules-load.d/*.conf" for folder in ("/etc", "/run", "/usr/local/lib", "/usr/lib")),
    )
)


def build_command_to_drop_module_from_initramfs(module_name: str) -> str:
    """Return the command that makes those initial file systems anew that have a module of the kernel's."""
    there = f'lsinitramfs "$i" 2>/dev/null | grep -q "/{re.sub("[-_]", "[-_]", module_name)}[.]ko"'
    again = 'update-initramfs -u -k "${i#/boot/initrd.img-}"'
    return f"sudo sh -c {shlex.quote(f'for i in /boot/initrd.img-*; do if {there}; then {again} || exit; fi; done')}"


def build_command_to_print_found_names(search_command: str) -> str:
    """Return the command that lists the files that a search writes with a zero byte after each, a line each."""
    return f"{search_command} | {_A_LINE_EACH}"


def build_command_to_find_shortened_path(shortened_path: str) -> str:
    """Return the command that lists the files whose path begins and ends as a shortened place does.

    A trace shows no more of such a place.
    """
    begins, _, ends = shortened_path.partition(CUT)
    begins, ends = re.sub("%[0-9A-F]?$", "", begins), ends[2:] if "%" in shortened_path else ends
    return build_command_to_print_found_names(
        f"sudo find {quote_path_for_shell(begins.rpartition('/')[0] or '/')} -xdev -path "
        f"{quote_path_for_shell(f'{_escape_path_for_glob(begins)}*{_escape_path_for_glob(ends)}')} -print0"
    )


def _escape_path_for_glob(path: str) -> str:
    """Return a path as a pattern that nothing else fits."""
    return re.sub(r"([\\*?\[])", r"\\\1", path)


def build_command_to_list_processes_of_program(program_path: str) -> str:
    """Return the command that lists the processes of a program."""
    pattern = _escape_path_for_glob(program_path)
    find = """find /proc -maxdepth 2 -name exe -lname "$1" -printf '%h\\n' | cut -d/ -f3"""
    return f"sudo sh -c {shlex.quote(f'{find} | {_EACH_PROCESS}')} sh {quote_path_for_shell(pattern)}"


def build_command_to_list_listeners_on_port(port: str) -> str:
    """Return the command that lists the processes that listen on a port."""
    pipeline = f"ss -H -tulnp 'sport = :{port}' | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u"
    return f"sudo sh -c {shlex.quote(f'{pipeline} | {_EACH_PROCESS}')}"


def build_command_to_list_packet_sniffers() -> str:
    """Return the command that lists the processes that read whole packets."""
    pipeline = "ss -H -0 -p | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u"
    return f"sudo sh -c {shlex.quote(f'{pipeline} | {_EACH_PROCESS}')}"


def build_command_to_kill_process_of_program(pid: str, program_path: str) -> str:
    """Return the command that ends a process, if it still runs that program."""
    same = f'p=$(readlink /proc/{pid}/exe) && {{ [ "$p" = "$1" ] || [ "$p" = "$1 (deleted)" ]; }}'
    return f"sudo sh -c {shlex.quote(f'{same} && kill -KILL {pid}')} sh {quote_path_for_shell(program_path)}"
