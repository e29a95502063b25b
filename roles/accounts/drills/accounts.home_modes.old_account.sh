#!/bin/sh
# hosts: web2 web1
# An account of the days when homes were open, beside one whose home serves a site and stays.
set -eu
useradd --create-home --shell /usr/sbin/nologin luutru
chmod 0755 /home/luutru
