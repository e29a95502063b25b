#!/bin/sh
# hosts: web2 web1
# last: fail2ban reads its files again when another drill adds a jail
# The files are as they should be, but somebody has told the running fail2ban to end its jail for SSH.
set -eu
fail2ban-client stop sshd
