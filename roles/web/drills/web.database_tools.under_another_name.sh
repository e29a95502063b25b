#!/bin/sh
# hosts: web2
# One file under a name of its own, known by what it says of itself.
set -eu
install -d /var/www/bennua.test/noi-bo
{
    printf '<?php\n/** Adminer - Compact database management\n*/\n'
    head -c 200000 /dev/zero | tr '\0' '#'
} > /var/www/bennua.test/noi-bo/du-lieu.php
