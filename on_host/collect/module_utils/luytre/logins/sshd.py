"""What sshd itself says of its configuration, and the configuration's lines in the order in which sshd reads them."""

import concurrent.futures
import fnmatch
import glob
import ipaddress
import os
import re

from ansible.module_utils.luytre_shared.os import process_table, trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

CONFIG = "/etc/ssh/sshd_config"
DROPIN = "/etc/ssh/sshd_config.d/00-luytre.conf"
LISTENS = re.compile(r"sshd: [^ ]*sshd (?:.* )?-f ?(/[^ ]+) (?:.* )?\[listener\]")
"""The title of a daemon that has a configuration file of its own."""
MAX_DAEMONS = 8
LISTS = {
    "acceptenv": None,
    "allowgroups": None,
    "allowusers": None,
    "authenticationmethods": None,
    "authorizedkeysfile": None,
    "ciphers": ",",
    "denygroups": None,
    "denyusers": None,
    "hostkey": None,
    "hostkeyalgorithms": ",",
    "kexalgorithms": ",",
    "listenaddress": None,
    "macs": ",",
}
"""Keywords that carry several values, and what separates them on one line (None: blanks)."""
KEYWORD_ALIASES = {"challengeresponseauthentication": "kbdinteractiveauthentication"}
OFFER_KEYWORDS = (
    *("allowgroups", "allowtcpforwarding", "allowusers", "authenticationmethods", "authorizedprincipalsfile"),
    *(
        "denygroups",
        "denyusers",
        "disableforwarding",
        "gssapiauthentication",
        "hostbasedauthentication",
        "kbdinteractiveauthentication",
    ),
    *("passwordauthentication", "permitemptypasswords", "permitrootlogin", "pubkeyauthentication", "strictmodes"),
    *("trustedusercakeys", "usepam"),
)
"""What decides who gets in, and what may then go through."""
ASKS_ABOUT = {"user": 0, "group": 0, "invalid-user": 0, "address": 1, "host": 1, "localport": 2}
"""What a Match block's criterion is about: account, source or port. Any other may be about all three."""
SAME_FOR_ALL = ("all", "final", "canonical", "localaddress", "rdomain", "localnetwork")
NOBODY = "user=luytre-nobody,host=192.0.2.1,addr=192.0.2.1,laddr=192.0.2.2,lport=1"
MAX_INCLUDES = 16
MAX_LINES = 5000
MAX_ASKED = 40
AT_ONCE = 4


def read_effective_sshd_config(reader, *options, config_text=None):
    """Return ``sshd -T`` as a dict: lower-case keyword to text, whole number or list of texts.

    ``config_text``: as for ``run_sshd_config_test``.
    """
    return parse_sshd_settings(run_sshd_config_test(reader, *options, config_text=config_text))


def list_authorized_keys_patterns(reader):
    """Return where sshd looks for keys: as it says for everybody, and as any Match block has it for some.

    Raises UnreadableFact.

    A file that counts for an account only from some address, or in some group, is read for every account: none that
    lets in is missed.
    """
    for_some = [
        word
        for _path, _line, criteria, keyword, value in iter_sshd_settings()
        if keyword == "authorizedkeysfile" and criteria is not None
        for word in split_sshd_arguments(value)
    ]
    return [
        pattern
        for pattern in dict.fromkeys([*read_effective_sshd_config(reader)["authorizedkeysfile"], *for_some])
        if pattern != "none"
    ]


def _ensure_sshd_runtime_folder():
    """Have the folder of sshd's unit.

    sshd says nothing without it; its unit makes it at each start, and takes it away when it stops.
    """
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)


def run_sshd_config_test(reader, *options, config_text=None):
    """Return what ``sshd -T`` says, as text. Raises NotRun when another than root could change what sshd believes.

    ``config_text``: a configuration, as if it were the host's; what it includes has to be among what the host's
    includes. Where a Match block is about a local port or address, sshd says nothing unless it is told of a connection:
    then of one that no block should be about.
    """
    _ensure_sshd_runtime_folder()
    stake = [trusted_inputs.OPENSSL, *trusted_inputs.list_file_with_its_includes(CONFIG, _list_include_patterns)]
    argv = ["sshd", "-T", *options, *(["-f", "/dev/stdin"] if config_text is not None else [])]
    try:
        return reader.run(argv, at_stake=stake, input_text=config_text)
    except UnreadableFact as silent:
        if "-C" in options or "connection test specification" not in str(silent):
            raise
        return reader.run([*argv, "-C", NOBODY], at_stake=stake, input_text=config_text)


def list_sshd_offers_by_connection(reader, questions, local=None, settings_file=None):
    """Return what sshd says that it offers each, and how many were left out.

    An offer is ``{account, source, port, ours, settings}``.

    ``ours``: whether the daemon at that port reads the settings that we make. ``settings_file``: a file with such
    settings, as if it were there already. ``local`` is an address of the host. Raises UnreadableFact, also when sshd
    would not start with that.
    """
    _ensure_sshd_runtime_folder()
    daemons = _list_other_sshd_configs_by_port(reader)
    about = {config: _list_match_criteria_of_config(config) for config in {CONFIG, *daemons.values()}}
    questions_by_key = {}
    for question in questions:
        config = daemons.get(question["port"], CONFIG)
        key = tuple(
            question[name] if part in about[config] else None for part, name in enumerate(("account", "source", "port"))
        )
        questions_by_key.setdefault((config, *key), []).append(question)
    stakes = {
        config: [trusted_inputs.OPENSSL, *trusted_inputs.list_file_with_its_includes(config, _list_include_patterns)]
        for config in about
    }
    trials = {config: (None, config == CONFIG) for config in about}
    for config in about:
        text, ours = replace_dropin_in_config(config, read_text(config) or "", settings_file or DROPIN)
        trials[config] = (text if settings_file is not None and ours else None, ours)

    def ask_one(config, members):
        config_text, ours = trials[config]
        options = ["-f", "/dev/stdin"] if config_text is not None else [] if config == CONFIG else ["-f", config]
        argv = ["sshd", "-T", *options, "-C", _format_connection_spec(members[0], local)]
        effective_settings = parse_sshd_settings(reader.run(argv, at_stake=stakes[config], input_text=config_text))
        settings = {key: effective_settings.get(key, "") for key in OFFER_KEYWORDS}
        return [{**member, "ours": ours, "settings": settings} for member in members]

    groups = [(key[0], members) for key, members in questions_by_key.items()]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda group: ask_one(*group), groups[:MAX_ASKED]))
    return [offer for answer in answers for offer in answer], sum(len(members) for _, members in groups[MAX_ASKED:])


def _list_other_sshd_configs_by_port(reader):
    """Return port to the configuration of the daemon there that has a file of its own, beside the one of the host."""
    titles = (
        LISTENS.match(each.title) for each in process_table.list_processes_of_program(reader.find_program("sshd") or "")
    )
    configs = {}
    for config in sorted({title.group(1) for title in titles if title} - {CONFIG})[:MAX_DAEMONS]:
        stake = [trusted_inputs.OPENSSL, *trusted_inputs.list_file_with_its_includes(config, _list_include_patterns)]
        output = reader.run(["sshd", "-T", "-f", config, "-C", NOBODY], at_stake=stake)
        configs.update({int(port): config for port in re.findall(r"(?m)^port (\d{1,5})$", output)})
    return configs


def replace_dropin_in_config(config, config_text, settings_file):
    """Return a configuration that reads a file where it would read our drop-in.

    It is ``(text, whether it reads our settings)``.
    """
    if config == CONFIG:
        return "Include %s\n%s" % (settings_file, config_text), True
    for raw in config_text.splitlines():
        if any(fnmatch.fnmatchcase(DROPIN, pattern) for pattern in _list_include_patterns(raw)):
            return config_text.replace(raw, "Include %s\n%s" % (settings_file, raw), 1), True
    return config_text, False


def remove_dropin_from_config(config_text):
    """Return the same configuration without our drop-in: an include that reads it names the others that it reads."""
    result_lines = []
    for raw in config_text.splitlines():
        paths = [path for pattern in _list_include_patterns(raw) for path in sorted(glob.glob(pattern))]
        if DROPIN in paths:
            others = ['"%s"' % path for path in paths if path != DROPIN]
            raw = "Include %s" % " ".join(others) if others else ""
        result_lines.append(raw)
    return "\n".join(result_lines) + "\n"


def _list_match_criteria_of_config(config):
    about = [_parse_match_criteria(line[2]) for line in iter_sshd_settings(config) if line[2]]
    return set().union(*about) if about else set()


def _parse_match_criteria(criteria):
    """Return which of account, source and port (0, 1, 2) decide whether a Match block is for a connection."""
    parts, words_left = set(), split_sshd_arguments(criteria.replace("=", " "))
    while words_left:
        keyword = words_left.pop(0).lower().lstrip("!")
        if keyword in SAME_FOR_ALL[:3]:
            continue
        parts |= {ASKS_ABOUT[keyword]} if keyword in ASKS_ABOUT else set() if keyword in SAME_FOR_ALL else {0, 1, 2}
        del words_left[:1]
    return parts


def _format_connection_spec(question, local):
    source = question["source"]
    new = ":" in source
    if local is None or (":" in local) != new:
        local = "2001:db8::2" if new else "192.0.2.2"
    ipaddress.ip_address(source.partition("%")[0])
    return "user=%s,host=%s,addr=%s,laddr=%s,lport=%d" % (question["account"], source, source, local, question["port"])


def _list_include_patterns(text):
    settings = (split_sshd_line(raw) for raw in text.splitlines()[:MAX_LINES])
    return [
        os.path.join("/etc/ssh", pattern)
        for keyword, value in settings
        if keyword == "include"
        for pattern in split_sshd_arguments(value)
    ]


def parse_sshd_settings(text):
    settings = {key: [] for key in LISTS}
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        key = KEYWORD_ALIASES.get(key, key)
        if key in LISTS:
            settings[key] += [part for part in value.split(LISTS[key]) if part]
        else:
            settings[key] = int(value) if value.isdigit() and len(value) < 10 else value
    return settings


def iter_sshd_settings(path=CONFIG, match=None, depth=0):
    """Yield ``(file, line, criteria, keyword, value)`` of every setting, includes followed.

    ``criteria`` is the text after ``Match`` that the line stands under, None for the general part; ``keyword`` is in
    lower case.
    """
    text = read_text(path)
    if text is None or depth > MAX_INCLUDES:
        return
    here = match
    for number, raw in enumerate(text.splitlines()[:MAX_LINES], 1):
        keyword, value = split_sshd_line(raw)
        if not keyword:
            continue
        if keyword == "match":
            here = value
        elif keyword == "include":
            for pattern in split_sshd_arguments(value):
                for included_path in sorted(glob.glob(os.path.join("/etc/ssh", pattern))):
                    for entry in iter_sshd_settings(included_path, here, depth + 1):
                        yield entry
        else:
            yield path, number, here, KEYWORD_ALIASES.get(keyword, keyword), value


def split_sshd_line(raw):
    """Return keyword in lower case and the rest of a line; ``("", "")`` for a comment or nothing."""
    line = raw.strip()
    if not line or line.startswith("#"):
        return "", ""
    end = next((index for index, char in enumerate(line) if char in " \t="), len(line))
    rest = line[end:].lstrip()
    if rest.startswith("="):
        rest = rest[1:]
    return line[:end].lower().strip('"'), rest.strip()


def split_sshd_arguments(value):
    """Return the arguments of a line, quotes taken off, a trailing comment left out."""
    arguments, word, quote = [], "", None
    for char in value + " ":
        if quote:
            word, quote = (word, None) if char == quote else (word + char, quote)
        elif char == '"':
            quote = char
        elif char == "#" and not word:
            break
        elif char in " \t":
            if word:
                arguments.append(word)
            word = ""
        else:
            word += char
    return arguments
