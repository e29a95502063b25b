#!/bin/sh
# hosts: web2 web1
# The list is gone, and so is every limit.
set -eu
rm -f /etc/cron.allow
