#!/bin/sh
# hosts: web2 web3
# seen by: hunt
# A file with code is larger than what hunts read whole: the host was not hunted on as a whole. The file has holes, and takes no room.
set -eu
root=/var/www/bennua.test
[ -d "$root" ] || root=/var/www/gotre.test
printf '<?php exit; /* luytre-lab: inert */' >"$root/luytre-lab.bin"
truncate -s 1T "$root/luytre-lab.bin"
