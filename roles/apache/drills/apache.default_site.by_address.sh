#!/bin/sh
# hosts: web2
# A virtual host for the very address comes before those for any address.
set -eu
address=$(hostname -I | cut -d' ' -f1)
cat > /etc/apache2/sites-enabled/000-dia-chi.conf <<END
<VirtualHost $address:80>
    ServerName bennua.test
    ServerAlias www.bennua.test
    Include sites-available/bennua.test.inc
</VirtualHost>
END
systemctl reload apache2
