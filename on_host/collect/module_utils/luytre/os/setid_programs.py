"""Setuid and setgid programs that Debian's packages bring."""

DISTRIBUTION_SETID = frozenset(
    """
    /usr/bin/at /usr/bin/bsd-write /usr/bin/chage /usr/bin/chfn /usr/bin/chsh /usr/bin/crontab /usr/bin/dotlockfile
    /usr/bin/dotlock.mailutils /usr/bin/expiry /usr/bin/firejail /usr/bin/fusermount /usr/bin/fusermount3
    /usr/bin/gpasswd /usr/bin/locate /usr/bin/lockfile /usr/bin/mlocate /usr/bin/mount /usr/bin/mtr-packet
    /usr/bin/newgidmap
    /usr/bin/newgrp /usr/bin/newuidmap /usr/bin/ntfs-3g /usr/bin/passwd /usr/bin/ping /usr/bin/pkexec /usr/bin/plocate
    /usr/bin/procmail /usr/bin/screen /usr/bin/sg /usr/bin/ssh-agent /usr/bin/su /usr/bin/sudo
    /usr/bin/traceroute6.iputils
    /usr/bin/umount /usr/bin/wall /usr/bin/write /usr/bin/write.ul /usr/bin/X /usr/bin/dumpcap /usr/bin/tmux
    /usr/bin/mail-lock /usr/bin/mail-touchlock /usr/bin/mail-unlock /usr/bin/bwrap /usr/bin/cgexec /usr/bin/ksu
    /usr/bin/kismet_capture /usr/bin/vmware-user-suid-wrapper /usr/bin/sudo.ws /usr/bin/cvsuser
    /usr/sbin/exim4 /usr/sbin/mount.cifs /usr/sbin/mount.ecryptfs_private /usr/sbin/mount.nfs
    /usr/sbin/pam_extrausers_chkpwd
    /usr/sbin/postdrop /usr/sbin/postqueue /usr/sbin/pppd /usr/sbin/sendmail /usr/sbin/unix_chkpwd /usr/sbin/unix_update
    /usr/sbin/apache2-suexec /usr/sbin/mailq /usr/sbin/userhelper /usr/sbin/ccreds_chkpwd /usr/sbin/sensible-mda
    /usr/lib/apache2/suexec-custom /usr/lib/apache2/suexec-pristine /usr/lib/dbus-1.0/dbus-daemon-launch-helper
    /usr/lib/eject/dmcrypt-get-device /usr/lib/mysql/plugin/auth_pam_tool_dir/auth_pam_tool
    /usr/lib/openssh/ssh-keysign /usr/lib/polkit-1/polkit-agent-helper-1 /usr/lib/policykit-1/polkit-agent-helper-1
    /usr/lib/qemu/qemu-bridge-helper /usr/lib/snapd/snap-confine /usr/lib/sudo/sesh /usr/lib/uucp/uucico
    /usr/lib/xorg/Xorg.wrap /usr/lib/x86_64-linux-gnu/utempter/utempter /usr/lib/aarch64-linux-gnu/utempter/utempter
    /usr/lib/spice-gtk/spice-client-glib-usb-acl-helper /usr/libexec/camel-lock-helper-1.2
    /usr/libexec/polkit-agent-helper-1 /usr/libexec/spice-client-glib-usb-acl-helper /usr/libexec/utempter/utempter
    /usr/libexec/incus/incus-user
    """.split()
)
"""Programs that Debian's packages install with the SUID or SGID bit."""
