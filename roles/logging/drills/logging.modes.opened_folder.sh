#!/bin/sh
# hosts: web2
# Apache's log was always readable by others; only its folder kept them out, until now.
set -eu
chmod 0644 /var/log/apache2/*.log
chmod 0755 /var/log/apache2
