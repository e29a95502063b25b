"""nginx's own test of its configuration, and who can change the files of it."""

import os
import re

from ansible.module_utils.luytre.os import nginx_daemons
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import (
    BadConfig,
    load_nginx_config,
)
from ansible.module_utils.luytre.web_servers import (
    nginx_trusted_inputs,
)
from ansible.module_utils.luytre_shared.access import administrators
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.os.area_reader import WITH_ERRORS, NotRun, UnreadableFact, read_text
from ansible.module_utils.luytre_shared.os.file_writers import describe_file_if_changeable_by_others

FOLDER = "/etc/nginx"
PROBLEM = re.compile(r"\[(?:emerg|alert|crit|error)\]|conflicting server name|protocol options redefined")
MAX_WALKED = 5000


def test_nginx_configuration(reader):
    """Return what nginx says of its configuration now: ``{config_ok, config_message, untold}``."""
    daemon = nginx_daemons.list_running_nginx_daemons(reader)[0]
    try:
        result = run_nginx_config_test(reader, daemon, load_nginx_config(daemon.main, read_text))
    except BadConfig as error:
        return {"config_ok": False, "config_message": str(error)[:300], "untold": {}}
    return {"config_message": "", "untold": {}, **result}


def run_nginx_config_test(reader, daemon, config):
    """Return what nginx itself says of its configuration.

    Not asked where another could have it load or write something.
    """
    read, write_paths = nginx_trusted_inputs.list_nginx_test_paths(config, daemon.prefix)
    try:
        argv = [
            daemon.program,
            "-t",
            *([] if daemon.prefix == nginx_daemons.PREFIX else ["-p", daemon.prefix]),
            "-c",
            daemon.main,
        ]
        at_stake = [daemon.main, *read]
        trust = administrators.make_trust_for_daemon_test(reader, at_stake, write_paths)
        output = reader.make_reader_with_input_trust(trust).run(
            argv, ok=None, at_stake=at_stake, writes=write_paths, output=WITH_ERRORS
        )
        lines = output.strip().splitlines()
    except NotRun as refusal:
        return {"config_ok": None, "untold": {"config_ok": str(refusal)}}
    except UnreadableFact as late:
        return {"config_ok": None, "config_message": str(late)[:300], "untold": {"config_ok": str(late)}}
    return {
        "config_ok": any("test is successful" in line for line in lines),
        "config_message": lines[-1][:300] if lines else "",
        "problems": [line[:300] for line in lines if PROBLEM.search(line)][:20],
    }


def find_linked_config_folders():
    """Return folders for files of ours that are links: what lies behind one may be anywhere."""
    folders = [path for path in (FOLDER, FOLDER + "/conf.d") if os.path.islink(path)]
    enabled_folder = FOLDER + "/sites-enabled"
    return [
        *folders,
        *([enabled_folder] if os.path.islink(enabled_folder) and os.path.lexists(enabled_folder + "/default") else []),
    ]


def find_loose_nginx_files(config):
    """Return configuration that somebody other than root could change: what is in force, and all below /etc/nginx."""
    paths = set(config.texts) | set(_iter_paths_below(FOLDER))
    for path in config.texts:
        real = os.path.realpath(path)
        paths.add(real)
        paths.update(_iter_parent_folders(path))
        paths.update(_iter_parent_folders(real))
    return _select_loose_paths(sorted(paths))[:200]


def _select_loose_paths(paths):
    """Return what is loose.

    Of /etc/nginx this is what is not closed; of what lies elsewhere and is not for a role to close, what others could
    write.
    """
    results = (
        describe_file_if_changeable_by_others(
            path, ownership.STRICT_ROOT if (path + "/").startswith(FOLDER + "/") else ownership.ROOT
        )
        for path in paths
    )
    return [facts for facts in results if facts is not None]


def find_loose_paths_below_etc_nginx():
    """Return what of /etc/nginx is loose, folders before what is in them."""
    return _select_loose_paths([FOLDER, *_iter_paths_below(FOLDER)])


def _iter_parent_folders(path):
    while path not in ("/", ""):
        path = os.path.dirname(path)
        yield path


def _iter_paths_below(top):
    count = 0
    for folder, folders, files in os.walk(top):
        for name in [*folders, *files]:
            count += 1
            if count > MAX_WALKED:
                return
            yield os.path.join(folder, name)
