# A server whose admin built everything below /opt: HAProxy in front, nginx behind it, a PHP-FPM that locks each site into its folder, Joomla on
# PostgreSQL, and a service of Node that HAProxy reaches by itself.
own=/opt/web
home=/srv/khach/baihop
systemctl disable --quiet --now nginx php8.4-fpm dong-goi ct-thongke ct-thongke-web
sed -i 's/^bind .*/bind 127.0.0.1/; s/^protected-mode .*/protected-mode yes/' /etc/redis/redis.conf
sed -i 's/^-l .*/-l 127.0.0.1/' /etc/memcached.conf
systemctl restart redis-server memcached
rm -f /etc/cron.d/nhac-viec
sed -i '/0.0.0.0\/0 trust/d' /etc/postgresql/17/main/pg_hba.conf
rm -f /etc/postgresql/17/main/conf.d/xa.conf
systemctl restart postgresql

install -d $own/nginx/sbin $own/nginx/logs $own/php/sbin $own/php/etc $own/php/var/log $home/tmp
install -m 755 "$(readlink -f /usr/sbin/nginx)" $own/nginx/sbin/nginx
install -m 755 /usr/sbin/php-fpm8.4 $own/php/sbin/php-fpm
cp /etc/nginx/mime.types /etc/nginx/fastcgi_params $own/nginx/
mv /var/www/baihop.test/public $home/public
cd $home/public
rm -rf images/banners/logo.php .env baihop-2025.tar.gz baihop.sql configuration.php.save configuration.php.swp installation htaccess.txt
find . -perm -o=w -exec chmod o-w {} +
chown root: $home
chmod 640 configuration.php
sed -i 's/debug = true/debug = false/' configuration.php

cp /etc/php/8.4/fpm/php.ini $own/php/etc/php.ini
for extension in pdo pgsql pdo_pgsql mbstring ctype tokenizer; do
    if [ -f /etc/php/8.4/mods-available/$extension.ini ]; then cat /etc/php/8.4/mods-available/$extension.ini; fi
done >>$own/php/etc/php.ini
cat >$own/php/etc/php-fpm.conf <<END
[global]
error_log = $own/php/var/log/fpm.log
[baihop]
user = baihop
group = baihop
listen = /run/fpm-baihop.sock
listen.owner = www-data
listen.group = www-data
listen.mode = 0660
chroot = $home
chdir = /
pm = static
pm.max_children = 2
END
cat >/etc/systemd/system/fpm-own.service <<END
[Service]
Environment=PHP_INI_SCAN_DIR=
ExecStart=$own/php/sbin/php-fpm --nodaemonize -c $own/php/etc/php.ini --fpm-config $own/php/etc/php-fpm.conf
[Install]
WantedBy=multi-user.target
END
cat >$own/nginx/nginx.conf <<END
user www-data;
pid /run/nginx-own.pid;
events {}
http {
    include mime.types;
    server_tokens off;
    access_log logs/access.log;
    server {
        listen 127.0.0.1:8080;
        server_name baihop.test www.baihop.test;
        root $home/public;
        index index.php;
        location ~* /(images|media|cache|tmp|logs|files|upload|uploads|temp|userfiles|attachments|avatars|administrator/cache|administrator/logs)/.*\.(php\d?|pht|phtml?|phar|phps)(/|\$) { deny all; }
        location / { try_files \$uri \$uri/ /index.php?\$args; }
        location ~ \.php\$ {
            try_files \$uri =404;
            include fastcgi_params;
            fastcgi_param SCRIPT_FILENAME /public\$fastcgi_script_name;
            fastcgi_param DOCUMENT_ROOT /public;
            fastcgi_pass unix:/run/fpm-baihop.sock;
        }
    }
}
END
cat >/etc/systemd/system/nginx-own.service <<END
[Service]
ExecStart=$own/nginx/sbin/nginx -p $own/nginx -c nginx.conf -g 'daemon off;'
[Install]
WantedBy=multi-user.target
END
$own/nginx/sbin/nginx -t -p $own/nginx -c nginx.conf
haproxy_with <<'END'
frontend web
    bind :80
    use_backend service if { hdr(host) -i dichvu.baihop.test }
    default_backend pages
backend pages
    server nginx 127.0.0.1:8080
backend service
    server node 127.0.0.1:3000
END
systemctl daemon-reload
systemctl enable --quiet --now fpm-own nginx-own haproxy
systemctl restart haproxy
