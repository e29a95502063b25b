#!/bin/sh
# hosts: web2 web3
# An account with the web server's number.
set -eu
useradd -o -u "$(id -u www-data)" -g nogroup -M -d /nonexistent -s /usr/sbin/nologin bientap
