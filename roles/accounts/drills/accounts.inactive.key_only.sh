#!/bin/sh
# hosts: web1 web3
# Its password is locked, but a key still opens it.
set -eu
useradd -m -s /bin/bash canbo.cu
chage -d 2023-02-01 canbo.cu
install -d -m 0700 -o canbo.cu -g canbo.cu /home/canbo.cu/.ssh
printf '%s\n' 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICclehRvgpyQZy1kS4VTY8qnB5EGCAoNAkQTeB0y9cR/ may-cu' > /home/canbo.cu/.ssh/authorized_keys
chown canbo.cu:canbo.cu /home/canbo.cu/.ssh/authorized_keys
