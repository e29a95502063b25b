#!/bin/sh
# hosts: web2
# A second deny at the end of the file; 0 never locks.
set -eu
printf 'deny=0\n' >> /etc/security/faillock.conf
