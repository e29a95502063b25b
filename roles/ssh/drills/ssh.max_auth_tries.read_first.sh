#!/bin/sh
# hosts: web2 web3
# On the first line of the main file, before it includes anything.
set -eu
sed -i '1i MaxAuthTries 10' /etc/ssh/sshd_config
