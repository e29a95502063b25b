#!/bin/sh
# hosts: web3
# The folder where one happens to be, at the end of the path, by an empty part.
set -eu
printf 'export PATH="$PATH:/usr/local/games:"\n' >> /root/.bashrc
