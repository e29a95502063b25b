# As system.sh, with packages of other releases unpacked beside the image: those that do not depend on a release.
. /run/luytre-build/apt.sh
cd /run/luytre-extra
for list in /run/luytre-build/unpacked-*; do
    release=${list##*-}
    # Debian 12 knows the keyring by its older name only.
    [ -e /usr/share/keyrings/debian-archive-keyring.pgp ] ||
        sed -i 's/keyring\.pgp\]/keyring.gpg]/' "/run/luytre-build/sources-$release"
    mkdir -p "/run/luytre-other/$release/partial"
    for step in update "download $(tr '\n' ' ' <"$list")"; do
        # shellcheck disable=SC2086  one word a package
        build_apt -o Dir::Etc::SourceList="/run/luytre-build/sources-$release" \
            -o Dir::State::Lists="/run/luytre-other/$release" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= $step
    done
done
. /run/luytre-build/system.sh
