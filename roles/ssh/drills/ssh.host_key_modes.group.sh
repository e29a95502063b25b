#!/bin/sh
# hosts: web2 web3
# Not readable by all, but by a group of people.
set -eu
chgrp adm /etc/ssh/ssh_host_rsa_key
chmod 0640 /etc/ssh/ssh_host_rsa_key
