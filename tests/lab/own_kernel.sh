# Make a bootable disk of a lab machine: own_kernel.sh PLACE LOWER. PLACE/name, PLACE/address and PLACE/kernel are its own,
# PLACE/sources and PLACE/apt.conf say where packages come from, LOWER names the machine's layers. Leaves disk.img, vmlinuz and initrd in PLACE;
# with PLACE/loader, the disk has a partition and a boot loader, too, by which it starts itself.
place=$1 lower=$2
root=$place/root
loader=
! [ -e "$place/loader" ] || loader=grub-pc
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
chroot "$root" env -i PATH="$PATH" KERNEL="$(cat "$place/kernel")" LOADER="$loader" \
    LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh -eu <<'END'
apt="apt-get -q -c /run/apt.conf -o Dir::Etc::SourceList=/run/sources -o Dir::Etc::SourceParts=/dev/null
 -o Dir::Etc::Trusted=/run/keyring.gpg -o APT::Sandbox::User=root -o DPkg::Use-Pty=false"
$apt update
[ -z "$LOADER" ] || echo 'grub-pc grub-pc/install_devices_empty boolean true' | debconf-set-selections
# With what the kernel recommends and every installation has.
$apt install -y --no-install-recommends "$KERNEL" initramfs-tools ifupdown apparmor $LOADER
# From the first sectors, which is where grub-install puts it, once the disk is one.
[ -z "$LOADER" ] || grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o /run/core.img biosdisk part_msdos ext2 normal
END
rm "$root/usr/sbin/policy-rc.d"
printf 'auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n  address %s\n' "$(cat "$place/address")" \
    >"$root/etc/network/interfaces"
cat "$place/name" >"$root/etc/hostname"
cp "$root"/boot/vmlinuz-* "$place/vmlinuz"
cp "$root"/boot/initrd.img-* "$place/initrd"
start=0 disk=/dev/vda
if [ "$loader" ]; then
    start=1048576 disk=/dev/vda1
    mkdir -p "$root/boot/grub"
    cp -r "$root/usr/lib/grub/i386-pc" "$root/boot/grub"
    cat >"$root/boot/grub/grub.cfg" <<END
linux /boot/$(basename "$root"/boot/vmlinuz-*) root=$disk rw $(cat "$place/arguments")
initrd /boot/$(basename "$root"/boot/initrd.img-*)
boot
END
    cat >>"$root/etc/default/grub" <<END
GRUB_CMDLINE_LINUX="$(cat "$place/arguments")"
GRUB_TERMINAL="serial console"
END
    # One partition, from the second mebibyte on.
    truncate -s 3G "$place/disk.img"
    printf '\200\0\0\0\203\0\0\0\0\010\0\0\0\370\137\0' | dd of="$place/disk.img" bs=1 seek=446 conv=notrunc status=none
    printf '\125\252' | dd of="$place/disk.img" bs=1 seek=510 conv=notrunc status=none
    dd if="$root/usr/lib/grub/i386-pc/boot.img" of="$place/disk.img" bs=440 count=1 conv=notrunc status=none
    dd if="$root/run/core.img" of="$place/disk.img" bs=512 seek=1 conv=notrunc status=none
fi
echo "$disk / ext4 defaults 0 1" >"$root/etc/fstab"
for inner in proc dev run tmp; do umount -l "$root/$inner"; done
umount "$root/etc/resolv.conf" "$root/var/cache/apt" "$root/var/lib/apt/lists"
mke2fs -q -t ext4 -d "$root" -E offset=$start "$place/disk.img" $(((3 << 20) - start / 1024))k
umount "$root"
rm -rf "$root" "$place/upper" "$place/work"
