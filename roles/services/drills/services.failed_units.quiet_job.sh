#!/bin/sh
# hosts: web2 web3
# A job that ran once and failed: no daemon is missing, nobody notices.
set -eu
systemctl reset-failed luytre-drill-job 2>/dev/null || :
systemd-run --quiet --unit=luytre-drill-job --property=Type=oneshot /bin/false 2>/dev/null || :
