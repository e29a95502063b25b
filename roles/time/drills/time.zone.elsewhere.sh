#!/bin/sh
# hosts: web2 web1
# /etc/timezone still says Vietnam; the zone in force does not.
set -eu
printf 'Asia/Ho_Chi_Minh\n' > /etc/timezone
ln -sfn ../usr/share/zoneinfo/America/New_York /etc/localtime
