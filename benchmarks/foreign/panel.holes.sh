# What a careless administrator leaves on it.
site=/www/wwwroot/antruc.test
echo 'INSERT INTO wp_users VALUES (1);' >$site/antruc_2026.sql
cp $site/wp-config.php $site/wp-config.php.bak
echo '<?php phpinfo();' >$site/info.php
install -d /www/server/phpmyadmin/phpmyadmin_3f9a
echo '<?php echo "phpMyAdmin";' >/www/server/phpmyadmin/phpmyadmin_3f9a/index.php
cat >>/etc/haproxy/haproxy.cfg <<'END'
listen statistics
    bind :8404
    stats enable
    stats uri /haproxy
    stats auth admin:admin
    stats admin if TRUE
END
systemctl restart haproxy
