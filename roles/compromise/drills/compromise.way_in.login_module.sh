#!/bin/sh
# hosts: web2 web3
# seen by: hunt
# A module lies among those of the login procedure that no package brought. No service names it.
set -eu
cp /usr/lib/x86_64-linux-gnu/libm.so.6 /usr/lib/x86_64-linux-gnu/security/pam_luytre_lab.so
