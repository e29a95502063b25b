#!/bin/sh
# hosts: web2 web1
# The files are closed; who is in their folder, anybody can see.
set -eu
chmod 0755 /etc/sudoers.d
