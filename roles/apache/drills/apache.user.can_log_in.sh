#!/bin/sh
# hosts: web2
# The user is the right one, and has a shell.
set -eu
usermod -s /bin/bash www-data
