#!/bin/sh
# hosts: web2
# Stopped and taken out of the boot, with its configuration left as it was.
set -eu
systemctl disable --now chrony.service
