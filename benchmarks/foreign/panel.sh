# A server as aaPanel sets one up: nginx, two PHPs and the panel's files below /www/server, the site in /www/wwwroot, HAProxy before Varnish
# before nginx. Its programs are Debian's, moved to the panel's places.
server=/www/server
site=/www/wwwroot/antruc.test
install -d $server/nginx/sbin $server/nginx/conf $server/nginx/logs $server/panel/vhost/nginx $server/panel/class $server/data /www/wwwroot /www/wwwlogs
echo '8.0.5' >$server/panel/class/version.pl
install -m 755 "$(readlink -f /usr/sbin/nginx)" $server/nginx/sbin/nginx
cp /etc/nginx/mime.types /etc/nginx/fastcgi_params $server/nginx/conf/
mv /var/www/antruc.test $site
sed -i "s,/var/www/antruc.test,$site," /usr/local/sbin/sao-luu-antruc.test
systemctl disable --quiet --now nginx php8.4-fpm
rm -f $site/wp-content/uploads/2026/03/kiem-tra.php
printf '[mariadbd]\nbind-address = 127.0.0.1\n' >/etc/mysql/mariadb.conf.d/70-panel.cnf
systemctl restart mariadb

for version in 74 82; do
    install -d $server/php/$version/sbin $server/php/$version/etc $server/php/$version/var/log
    install -m 755 /usr/sbin/php-fpm8.4 $server/php/$version/sbin/php-fpm
    cp /etc/php/8.4/fpm/php.ini $server/php/$version/etc/php.ini
    for extension in mysqlnd mysqli gd xml mbstring curl dom simplexml xmlreader xmlwriter intl ctype fileinfo iconv tokenizer; do
        if [ -f /etc/php/8.4/mods-available/$extension.ini ]; then cat /etc/php/8.4/mods-available/$extension.ini; fi
    done >>$server/php/$version/etc/php.ini
    cat >$server/php/$version/etc/php-fpm.conf <<END
[global]
pid = $server/php/$version/var/run.pid
error_log = $server/php/$version/var/log/php-fpm.log
[www]
listen = /run/php-cgi-$version.sock
listen.owner = www-data
listen.group = www-data
user = www-data
group = www-data
pm = ondemand
pm.max_children = 8
END
    cat >/etc/systemd/system/php-fpm-$version.service <<END
[Service]
Environment=PHP_INI_SCAN_DIR=
ExecStart=$server/php/$version/sbin/php-fpm --nodaemonize -c $server/php/$version/etc/php.ini --fpm-config $server/php/$version/etc/php-fpm.conf
[Install]
WantedBy=multi-user.target
END
    systemctl enable --quiet --now php-fpm-$version
done

cat >$server/nginx/conf/enable-php-82.conf <<END
location ~ [^/]\.php(/|$) {
    try_files \$uri =404;
    fastcgi_pass unix:/run/php-cgi-82.sock;
    fastcgi_index index.php;
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
    fastcgi_param HTTPS on;
}
END
cat >$server/nginx/conf/nginx.conf <<END
user www-data www-data;
worker_processes auto;
error_log /www/wwwlogs/nginx_error.log crit;
pid $server/nginx/logs/nginx.pid;
events { worker_connections 1024; }
http {
    include mime.types;
    default_type application/octet-stream;
    sendfile on;
    client_max_body_size 50m;
    server_tokens off;
    access_log /www/wwwlogs/access.log;
    server {
        listen 888;
        server_name phpmyadmin;
        index index.html index.php;
        root $server/phpmyadmin;
        include enable-php-82.conf;
    }
    include $server/panel/vhost/nginx/*.conf;
}
END
cat >$server/panel/vhost/nginx/antruc.test.conf <<END
server {
    listen 127.0.0.1:8081;
    server_name antruc.test www.antruc.test;
    index index.php index.html;
    root $site;
    location ~ ^/(\.user.ini|\.htaccess|\.git|\.env|\.svn|LICENSE|README.md) { return 404; }
    location ~* /(uploads|upload|files|images|media|cache|tmp|temp|userfiles|attachments|avatars)/.*\.(php\d?|pht|phtml?|phar|phps)(/|\$) { deny all; }
    location / { try_files \$uri \$uri/ /index.php?\$args; }
    include enable-php-82.conf;
    access_log /www/wwwlogs/antruc.test.log;
}
END
cat >/etc/systemd/system/nginx-panel.service <<END
[Unit]
After=network.target
[Service]
Type=forking
ExecStart=$server/nginx/sbin/nginx -c $server/nginx/conf/nginx.conf
ExecReload=/bin/kill -HUP \$MAINPID
PIDFile=$server/nginx/logs/nginx.pid
[Install]
WantedBy=multi-user.target
END
$server/nginx/sbin/nginx -t -c $server/nginx/conf/nginx.conf
systemctl enable --quiet --now nginx-panel

cat >/etc/varnish/default.vcl <<'END'
vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "8081"; }
sub vcl_recv { return (pass); }
END
install -d /etc/systemd/system/varnish.service.d
cat >/etc/systemd/system/varnish.service.d/port.conf <<'END'
[Service]
ExecStart=
ExecStart=/usr/sbin/varnishd -F -j unix,user=vcache -a 127.0.0.1:6081 -f /etc/varnish/default.vcl -s malloc,64m -p cc_command="exec gcc-12 -O1 -fpic -shared -o %%o %%s"
END
install -d -m 700 /etc/haproxy/tls
cat /etc/nginx/ssl/antruc.test.crt /etc/nginx/ssl/antruc.test.key >/etc/haproxy/tls/antruc.pem
chmod 600 /etc/haproxy/tls/antruc.pem
haproxy_with <<'END'
frontend web
    bind :80
    bind :443 ssl crt /etc/haproxy/tls/antruc.pem
    http-request set-header X-Forwarded-Proto https if { ssl_fc }
    default_backend cache
backend cache
    server varnish 127.0.0.1:6081
END
haproxy -c -q -f /etc/haproxy/haproxy.cfg
systemctl daemon-reload
systemctl enable --quiet varnish haproxy
systemctl reset-failed varnish haproxy || true
systemctl restart varnish haproxy || { journalctl -u varnish -n 20 --no-pager; exit 1; }
