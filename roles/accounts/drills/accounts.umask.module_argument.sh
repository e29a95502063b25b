#!/bin/sh
# hosts: web1 web2
# pam_umask's own argument counts before login.defs.
set -eu
sed -i 's/pam_umask\.so/pam_umask.so umask=002/' /etc/pam.d/common-session
