#!/bin/sh
# hosts: web1 web2
# All of /etc/logrotate.d is in place and nothing runs it.
set -eu
systemctl mask --now logrotate.timer
