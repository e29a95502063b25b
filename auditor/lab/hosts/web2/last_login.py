"""Write when people last logged in: last_login.py (USER DAYS_AGO)..."""

import pwd
import struct
import sys
import time
from pathlib import Path

RECORD = struct.Struct("=i32s256s")

with Path("/var/log/lastlog").open("r+b") as file:
    for name, days in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        file.seek(pwd.getpwnam(name).pw_uid * RECORD.size)
        moment = int(time.time()) - int(days) * 86400
        file.write(RECORD.pack(moment, b"pts/0", b"10.20.0.15"))
