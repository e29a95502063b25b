#!/bin/sh
# hosts: web1 web2
# As it should be after the next boot, and not now.
set -eu
mount -o remount,bind,exec,nodev,nosuid /var/tmp
