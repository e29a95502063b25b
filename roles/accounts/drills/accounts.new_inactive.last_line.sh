#!/bin/sh
# hosts: web2 web1
# A second line, which counts, after the right one.
set -eu
printf 'INACTIVE=-1\n' >> /etc/default/useradd
