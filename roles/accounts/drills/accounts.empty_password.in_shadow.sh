#!/bin/sh
# hosts: web1 web2
# No password in /etc/shadow, although the account has no login shell.
set -eu
useradd -M -d /nonexistent -s /usr/sbin/nologin bangtin
passwd --quiet --delete bangtin
