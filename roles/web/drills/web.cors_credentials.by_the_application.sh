#!/bin/sh
# hosts: web2
# No configuration says so: the application does, to whoever asks.
set -eu
sed -i '0,/^declare(strict_types=1);/s//&\nheader("Access-Control-Allow-Origin: " . ($_SERVER["HTTP_ORIGIN"] ?? "*"));\nheader("Access-Control-Allow-Credentials: true");/' /var/www/bennua.test/index.php
