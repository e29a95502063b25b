#!/bin/sh
# hosts: web2 web3
# A second PASS_MAX_DAYS at the end of login.defs, which counts; -1 is without end.
set -eu
printf 'PASS_MAX_DAYS\t-1\n' >> /etc/login.defs
