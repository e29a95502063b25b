#!/bin/sh
# hosts: web2 web3
# A login script of its own, after login.defs was set right.
set -eu
printf 'if [ -t 0 ]; then umask 002; fi\n' > /etc/profile.d/zz-lam-viec.sh
