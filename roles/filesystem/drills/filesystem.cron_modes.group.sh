#!/bin/sh
# hosts: web2 web3
# held: aside
# Nobody else may write: a group of ordinary users may.
set -eu
printf '# nothing\n' > /etc/cron.d/luytre-drill
chgrp www-data /etc/cron.d/luytre-drill
chmod 664 /etc/cron.d/luytre-drill
