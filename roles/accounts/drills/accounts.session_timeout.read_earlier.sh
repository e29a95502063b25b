#!/bin/sh
# hosts: web2 web3
# A script read before ours makes a day read-only, so that ours cannot change it.
set -eu
printf 'readonly TMOUT=86400\nexport TMOUT\n' > /etc/profile.d/00-aaa.sh
