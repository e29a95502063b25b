#!/bin/sh
# hosts: web2
# The module is gone, and with it its configuration.
set -eu
a2dismod -q -f reqtimeout
systemctl reload apache2
