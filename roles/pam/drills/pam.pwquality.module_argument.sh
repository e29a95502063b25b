#!/bin/sh
# hosts: web1 web2
# The module's own line counts before its file.
set -eu
sed -i 's/pam_pwquality\.so/pam_pwquality.so minlen=6 minclass=1/' /etc/pam.d/common-password
