#!/bin/sh
# hosts: web2 web3
# The module's own line counts before its file.
set -eu
sed -i 's/pam_pwquality\.so/pam_pwquality.so minlen=6 minclass=1/' /etc/pam.d/common-password
