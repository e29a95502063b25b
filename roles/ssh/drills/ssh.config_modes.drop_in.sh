#!/bin/sh
# hosts: web2 web1
# The main file is closed; one beside it that holds a setting is not.
set -eu
printf 'PrintMotd no\n' > /etc/ssh/sshd_config.d/50-office.conf
chmod 0644 /etc/ssh/sshd_config.d/50-office.conf
