# Make one image layer: build.sh PLACE LOWER APT EXTRA. PLACE/inputs holds what it is made from, PLACE/files receives it;
# LOWER names the layers below (empty: a whole root file system), APT the folder with the release's package lists,
# EXTRA one for files that layers above may use and the machine never sees.
place=$1 lower=$2 apt=$3 extra=$4
root=$place/root
mkdir "$root"

if [ -z "$lower" ]; then
    mkdir "$apt" "$apt/lists"
    mmdebstrap --variant=apt --format=directory --quiet \
        --aptopt="$place/inputs/apt.conf" --aptopt='Acquire::Languages "none"' \
        --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --skip=cleanup/apt/lists \
        --include="$(tr '\n' ',' <"$place/inputs/packages")" \
        "$(cat "$place/inputs/release")" "$root" "$place/inputs/sources"
    mv "$root"/var/lib/apt/lists/* "$apt/lists/"
    rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/apt/sources.list" \
        "$root"/etc/apt/sources.list.d/*
    rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
    echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
    rmdir "$place/files"
    mv "$root" "$place/files"
    mkdir "$root"
    mount --bind "$place/files" "$root"
else
    mkdir "$place/work"
    mount -t overlay overlay -o "lowerdir=$lower,upperdir=$place/files,workdir=$place/work" "$root"
fi

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir "$root/run/luytre-build" "$root/run/lock"
cp -r "$place/inputs/." "$root/run/luytre-build"
chmod -R u=rwX,go=rX "$root/run/luytre-build"
mkdir "$root/run/luytre-apt"
cp -a "$apt/." "$root/run/luytre-apt" # with their times, by which apt tells whether what it made of the lists is still good
mkdir "$root/run/luytre-apt/archives"
mount -t tmpfs tmpfs "$root/var/cache/apt"
mkdir -p "$extra" "$root/run/luytre-extra"
mount --bind "$extra" "$root/run/luytre-extra"
cp /etc/resolv.conf "$root/run/luytre-build/resolv.conf"
mount --bind "$root/run/luytre-build/resolv.conf" "$root/etc/resolv.conf"

printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" env -i PATH="$PATH" LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive \
    sh -eu /run/luytre-build/script
rm "$root/usr/sbin/policy-rc.d"
[ -n "$lower" ] || cp -a "$root/run/luytre-apt/srcpkgcache.bin" "$apt"
