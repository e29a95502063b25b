"""In a mount namespace of its own, with an /etc of its own: a run and somebody else change it, and the run goes back."""

import json
import os
import pathlib
import subprocess
import sys
import time

import ansible.module_utils

ansible.module_utils.__path__.extend(sys.argv[2].split(":"))

from ansible.module_utils.luytre_guard.changes import recorder  # noqa: E402
from ansible.module_utils.luytre_guard.files import scope, store, walk  # noqa: E402
from ansible.module_utils.luytre_guard.rollback_point import restore, restore_plan, snapshot, steps, verify  # noqa: E402

HOME, RUN = sys.argv[1] + "/guard", "r"
NGINX = ("nginx/nginx.conf", "nginx/mime.types")
STEP = """
import os, subprocess
def write(path, text, how="w"):
    with open(path, how) as file: file.write(text)
os.mkdir("/etc/nginx/luytre"); write("/etc/nginx/luytre/a.conf", "ours"); write("/etc/nginx/conf.d/00-luytre.conf", "ours")
write("/etc/nginx/nginx.conf", "# ours\\n", "a"); os.chmod("/etc/crontab", 0o600)
subprocess.run(["/bin/sh", "-c", "echo _chrony:x:101:101::/:/bin/false >> /etc/passwd; echo x > /etc/by-program"], check=True)
"""
ADMIN = """
printf 'binh:x:1001:1001::/home/binh:/bin/bash\\n' >> /etc/passwd; echo binh > /etc/nginx/sites-available/moi
ln -s ../sites-available/moi /etc/nginx/sites-enabled/moi; echo x > /etc/cron.d/moi; mkdir /etc/moi; echo x > /etc/moi/key
echo '# theirs' >> /etc/hosts; echo theirs >> /etc/nginx/mime.types; echo theirs > /etc/nginx/luytre/theirs.conf
echo theirs >> /etc/nginx/conf.d/00-luytre.conf; echo 'DenyUsers *' > /etc/ssh/a.conf
"""

os.umask(0o022)
for folder in ("nginx/sites-available", "nginx/sites-enabled", "nginx/conf.d", "cron.d", "ssh"):
    pathlib.Path("/etc/" + folder).mkdir(parents=True)
for name in (*NGINX, "crontab", "hosts"):
    pathlib.Path("/etc/" + name).write_text("before\n")
pathlib.Path("/etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nan:x:1000:1000::/home/an:/bin/sh\n")

kept = store.RunStore(HOME)
kept.make_store_folder_of_root()
pathlib.Path(kept.get_folder_of_run(RUN)).mkdir()
wanted, blob = scope.SnapshotScope([], []), snapshot.ContentBlob(kept.get_path_of_run_file(RUN, "content"))
entries = snapshot.read_all_entries_in_scope_before_run(wanted, blob.append_content_once, walk.WalkNotes())
blob.flush_to_disk_and_close()
manifest = {"version": 2, "scope": wanted.to_document(), "entries": entries, "places": blob.places, "packages": {}}
store.write_json(kept.get_path_of_run_file(RUN, "manifest.json"), manifest)
python = steps.install_interpreter(kept, RUN)
while time.time() - pathlib.Path("/etc/hosts").stat().st_ctime < 2 * recorder.SLACK:
    time.sleep(0.01)
subprocess.run([python, "-c", STEP], check=True)
subprocess.run(["/bin/sh", "-ec", ADMIN], check=True)
subprocess.run([python, "-c", "open('/etc/late', 'w').close()"], check=True)

snap = restore_plan.Snapshot(kept, RUN)
paths = verify.find_root_differences(snap, walk.WalkNotes())
back = restore_plan.RestorePlan(snap, paths)
back.put_back_files_of_root()
restore.restore_mtimes_of_unchanged_folders(snap)
again = verify.find_root_differences(snap, walk.WalkNotes())
told = {
    "paths": paths,
    "left": sorted(snap.shares.left),
    "aside": sorted(snap.shares.aside),
    "problems": [*back.problems, *back.failed],
    "again": again,
    "etc": {name: pathlib.Path("/etc", name).read_text() for name in ("passwd", "hosts", *NGINX)},
    "names": sorted(str(path) for path in pathlib.Path("/etc").rglob("*")),
    "crontab": pathlib.Path("/etc/crontab").stat().st_mode & 0o777,
}
json.dump(told, sys.stdout)
