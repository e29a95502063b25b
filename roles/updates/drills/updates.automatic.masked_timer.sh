#!/bin/sh
# hosts: web1 web2
# The settings are right, but the timer that acts on them is masked.
set -eu
systemctl mask --now apt-daily-upgrade.timer
