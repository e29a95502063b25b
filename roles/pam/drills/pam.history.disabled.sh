#!/bin/sh
# hosts: web2
# Taken out of the stack.
set -eu
DEBIAN_FRONTEND=noninteractive pam-auth-update --disable luytre-history
