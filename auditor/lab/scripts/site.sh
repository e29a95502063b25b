# On a machine's system: who it is, who may enter, its sites, and everything that is wrong with it on purpose.
umask 022
cd /run/luytre-build
. ./lib.sh
host=$(cat name)
user=$(cat automation_user)

echo "$host" >/etc/hostname
printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost ip6-loopback\n' "$host" >/etc/hosts
rm -f /etc/machine-id
systemd-machine-id-setup
rm -f /etc/ssh/ssh_host_*
ssh-keygen -q -A
ln -sf /usr/share/zoneinfo/Asia/Ho_Chi_Minh /etc/localtime
echo Asia/Ho_Chi_Minh >/etc/timezone
echo LANG=C.UTF-8 >/etc/default/locale

useradd --create-home --shell /bin/bash --comment 'Lũy Tre automation' "$user"
install -d -m 700 -o "$user" -g "$user" "/home/$user/.ssh"
options=restrict,pty
[ "$host" != web3 ] || options="$options,from=\"10.213.47.0/24\""
echo "$options $(cat automation.pub)" >"/home/$user/.ssh/authorized_keys"
chown "$user:$user" "/home/$user/.ssh/authorized_keys"
chmod 600 "/home/$user/.ssh/authorized_keys"
echo "$user ALL=(ALL:ALL) NOPASSWD: ALL" >/etc/sudoers.d/"$user"
chmod 440 /etc/sudoers.d/"$user"

useradd --create-home --shell /bin/bash --groups sudo --comment 'Quản trị hệ thống' quantri
install -d -m 700 -o quantri -g quantri /home/quantri/.ssh
ssh-keygen -q -t ed25519 -N '' -C quantri@van-phong -f /run/quantri
install -m 600 -o quantri -g quantri /run/quantri.pub /home/quantri/.ssh/authorized_keys
printf 'quantri:%s\n' "$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')" | chpasswd
printf 'root:%s\n' "$(cat root_password)" | chpasswd

if [ -d "machine/files" ]; then
    cp -r --no-preserve=mode,ownership machine/files/. /
fi
. ./machine/provision.sh

install -m 644 kept_bytecode.py /usr/lib/python3/dist-packages/luytre_lab_bytecode.py
echo 'import luytre_lab_bytecode' >/usr/lib/python3/dist-packages/luytre-lab.pth
python3 -m compileall -q /usr/lib/python3/dist-packages/luytre_lab_bytecode.py

rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/log/bootstrap.log
touch /etc/.updated /var/.updated
