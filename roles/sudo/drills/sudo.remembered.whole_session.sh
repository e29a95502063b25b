#!/bin/sh
# hosts: web2 web1
# Once in a session, for one group, in a file that is read after ours.
set -eu
printf 'Defaults:%%sudo timestamp_timeout=-1, insults\n' > /etc/sudoers.d/zzz-tien-loi
chmod 0440 /etc/sudoers.d/zzz-tien-loi
