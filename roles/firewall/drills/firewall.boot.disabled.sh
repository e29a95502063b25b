#!/bin/sh
# hosts: web1 web2
# Rules and files are in order, but nothing loads them at boot.
set -eu
systemctl disable --quiet luytre-firewall.service
