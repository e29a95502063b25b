#!/bin/sh
# hosts: web2 web3
# Only for one account, in the middle of other settings.
set -eu
printf 'Defaults:www-data env_keep += "LANG", !use_pty, insults\n' > /etc/sudoers.d/ngoai-le
chmod 0440 /etc/sudoers.d/ngoai-le
