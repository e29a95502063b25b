# Make a bootable disk of a lab machine: own_kernel.sh PLACE LOWER. PLACE/name, PLACE/address and PLACE/kernel are its own,
# PLACE/sources and PLACE/apt.conf say where packages come from, LOWER names the machine's layers. Leaves disk.img, vmlinuz and initrd in PLACE.
place=$1 lower=$2
root=$place/root
mkdir "$root" "$place/upper" "$place/work"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$place/upper,workdir=$place/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/var/cache/apt"
mount -t tmpfs tmpfs "$root/var/lib/apt/lists"
cp "$place/apt.conf" "$root/run"
sed "s/\[signed-by=[^]]*\] //" "$place/sources" >"$root/run/sources"
cp /usr/share/keyrings/debian-archive-keyring.pgp "$root/run/keyring.gpg"
cp /etc/resolv.conf "$root/run/resolv.conf"
mount --bind "$root/run/resolv.conf" "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" env -i PATH="$PATH" KERNEL="$(cat "$place/kernel")" LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh -eu <<'END'
apt="apt-get -q -c /run/apt.conf -o Dir::Etc::SourceList=/run/sources -o Dir::Etc::SourceParts=/dev/null
 -o Dir::Etc::Trusted=/run/keyring.gpg -o APT::Sandbox::User=root -o DPkg::Use-Pty=false"
$apt update
# With what the kernel recommends and every installation has.
$apt install -y --no-install-recommends "$KERNEL" initramfs-tools ifupdown apparmor
END
rm "$root/usr/sbin/policy-rc.d"
printf 'auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n  address %s\n' "$(cat "$place/address")" \
    >"$root/etc/network/interfaces"
cat "$place/name" >"$root/etc/hostname"
echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"
cp "$root"/boot/vmlinuz-* "$place/vmlinuz"
cp "$root"/boot/initrd.img-* "$place/initrd"
for inner in proc dev run tmp; do umount -l "$root/$inner"; done
umount "$root/etc/resolv.conf" "$root/var/cache/apt" "$root/var/lib/apt/lists"
mke2fs -q -t ext4 -d "$root" "$place/disk.img" 3G
umount "$root"
rm -rf "$root" "$place/upper" "$place/work"
