#!/bin/bash
# Whatever the login shell is, and however much it and the host have to say at a login; and /bin/sh of any kind.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push
on() { "$lab" exec "$@"; }

# What is printed at a login: by a shell's start-up files, by the host, and before and after it.
noise() {
	# shellcheck disable=SC2016 # expanded there
	on "$1" sh -c 'echo "Use is monitored." >/etc/banner
	for home in /root /home/deploy; do
		cd $home
		for file in .bashrc .bash_profile .profile .mkshrc .tcshrc .zshenv; do
			[ -e $file.kept ] || [ ! -e $file ] || mv $file $file.kept
			echo "echo Welcome to \"the host\"; echo more of it >/dev/stderr; echo certpush too" >$file
		done
		mkdir -p .config/fish .ssh
		echo "echo Welcome; echo certpush too" >.config/fish/config.fish
		echo "echo Welcome by rc" >.ssh/rc
		chown -R --reference=. .config .ssh/rc .[bmptz]*rc .*profile .zshenv
	done
	echo "Message of the day" >/etc/motd
	grep -q ^Banner /etc/ssh/sshd_config || sed -i "1i Banner /etc/banner" /etc/ssh/sshd_config
	kill -HUP "$(cat /run/sshd.pid)"'
}
silence() {
	# shellcheck disable=SC2016 # expanded there
	on "$1" sh -c '[ -e /etc/banner ] || exit 0
	for home in /root /home/deploy; do
		cd $home
		for file in .bashrc .bash_profile .profile .mkshrc .tcshrc .zshenv; do
			rm $file
			[ ! -e $file.kept ] || mv $file.kept $file
		done
		rm -r .config/fish .ssh/rc
	done
	rm /etc/banner
	: >/etc/motd
	sed -i /^Banner/d /etc/ssh/sshd_config
	kill -HUP "$(cat /run/sshd.pid)"
	usermod -s /bin/bash root
	usermod -s /bin/bash deploy
	ln -sf dash /bin/sh
	rm -r /usr/local/busybox'
}
put_back() { for host in panix ovh; do silence "$host"; done; }
noise panix
noise ovh
for host in panix ovh; do on "$host" sh -c 'mkdir /usr/local/busybox && ln -s /bin/busybox /usr/local/busybox/sh'; done

# LOGIN-SHELL SH: root's on panix, deploy's with sudo on ovh
rows='
/bin/dash                 dash
/bin/bash                 bash
/bin/bash                 /usr/local/busybox/sh
/bin/mksh                 mksh
/usr/local/busybox/sh     dash
/bin/tcsh                 dash
/bin/csh                  bash
/usr/bin/fish             dash
/usr/bin/fish             /bin/mksh
'
while read -r login sh; do
	[[ $login ]] || continue
	for host in panix ovh; do
		on "$host" sh -c "usermod -s $login root; usermod -s $login deploy"
		on "$host" ln -sf "$sh" /bin/sh
	done
	for carrier in libssh2 openssh; do
		for host in panix ovh; do host_vars "$host" <<<"certpush_transport: $carrier"; done
		mint_all
		ends 0 certpush push -l panix,ovh
		for host in panix ovh; do up_to_date "$host"; done
		nothing_left panix ovh
		ends 0 certpush push -l panix,ovh
		says '^nothing to do: '
	done
done <<<"$rows"

# Who isn't let in by the login shell is told.
on panix usermod -s /usr/sbin/nologin root
mint www.example.net
remember panix
ends 1 certpush push -l panix
told_once '^fatal: \[panix\] FAILED! no script could be run there: .*not available'
as_before panix
put_back
ends 0 certpush push
# shellcheck disable=SC2086 # words
up_to_date $hosts
