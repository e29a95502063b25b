#!/bin/sh
# hosts: web2 web3
# seen by: hunt
# A program lies in a hidden folder in memory. It is a copy of true, and nothing runs it.
set -eu
mkdir -p /dev/shm/.luytre-lab
cp /usr/bin/true /dev/shm/.luytre-lab/x
