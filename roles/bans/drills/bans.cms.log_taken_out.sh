#!/bin/sh
# hosts: web1
# last: fail2ban reads its files again when another drill adds a jail
# The jail runs, but no longer reads the log that the site's requests go to.
set -eu
fail2ban-client get luytre-wordpress logpath | sed -n 's/^[|`]- //p' | while read -r log; do
    fail2ban-client set luytre-wordpress dellogpath "$log"
done
