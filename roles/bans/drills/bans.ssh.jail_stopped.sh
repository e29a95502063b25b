#!/bin/sh
# hosts: web2 web1
# The files are as they should be, but somebody has told the running fail2ban to end its jail for SSH.
set -eu
fail2ban-client stop sshd
