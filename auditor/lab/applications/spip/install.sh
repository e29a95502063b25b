# Sourced: SPIP out of Debian 13's package, laid out as vendors do, with its libraries where Debian has them.
# spip_install DOMAIN ROOT CONTENT ADMIN PASSWORD SERVER DATABASE [USER PASSWORD]; the tables are MariaDB's (mysql) or SQLite's.
spip_install() {
    spip_root=$2
    share=/run/luytre-extra/usr/share
    mkdir -p "$spip_root/config" "$spip_root/IMG" "$spip_root/tmp" "$spip_root/local" "$spip_root/plugins" "$spip_root/squelettes"
    for entry in ecrire plugins-dist prive squelettes-dist vendor index.php spip.php spip.png config/spip; do
        cp -rL --no-preserve=mode,ownership "$share/spip/$entry" "$spip_root/$entry"
    done
    cp --no-preserve=mode,ownership /run/luytre-extra/etc/spip/ecran_securite.php "$spip_root/config/"
    cp --no-preserve=mode,ownership "$share/doc/spip/examples/htaccess.txt" "$spip_root/.htaccess"
    for library in Algo26 Jakeasmith SpipLeague; do
        cp -r --no-preserve=mode,ownership "$share/php/$library" /usr/share/php/
    done
    sed -i "s|'/usr/share/spip/'|'$spip_root/'|" /usr/share/php/SpipLeague/Component/Kernel/InstallationDetector.php
    for step in tables site plugins content; do
        php -d memory_limit=512M spip/install.php $step "$@"
    done
    rm -rf "$spip_root"/tmp/*.log "$spip_root"/tmp/log
}
