#!/bin/bash
# Who a push is made as: sudo, doas and su, with passwords and without, by both carriers; a password is nowhere to be
# seen, and a wrong one is tried once.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push
on() { "$lab" exec "$@"; }
# shellcheck disable=SC2016 # as it is
root_password='Über $secret `x` "quoted"'
deploy_password="it's another\\word"

# on linode: NOPASSWD:|'' for sudo, nopass|'' for doas
asks() {
	on linode sh -c "echo 'deploy ALL=(ALL) $1 ALL' >/etc/sudoers.d/deploy; echo 'permit $2 deploy as root' >/etc/doas.conf; chmod 0440 /etc/sudoers.d/deploy /etc/doas.conf"
}
put_back() { asks NOPASSWD: nopass; }
printf 'root:%s\ndeploy:%s\n' "$root_password" "$deploy_password" | on linode chpasswd
(umask 077 && printf '%s\n' "$root_password" >"$dir/control/inventory/root.password" && printf '%s' "$deploy_password" >"$dir/deploy.password")
mv "$dir/control/inventory/root.password" "$dir/root.password"

# become CARRIER LINE...: what linode's variables say besides.
become() {
	printf '%s\n' "certpush_transport: $1" 'certpush: {postfix: {validate: "ps axww -o args >/run/seen; cat /proc/*/environ >>/run/seen 2>/dev/null; true"}}' "${@:2}" |
		host_vars linode
}
unseen() {
	on linode cat /run/seen >"$dir/seen"
	! grep -qF -e "$root_password" -e "$deploy_password" "$dir/seen" "$dir/out" "$dir/err" || fail "a password is seen: $1"
}

# TRANSPORT SUDO DOAS LINES(;): succeeds
rows="
libssh2|NOPASSWD:|nopass|ansible_become_method: doas
openssh|NOPASSWD:|nopass|ansible_become_method: community.general.doas; ansible_become_exe: /usr/bin/doas
libssh2|||certpush_become_password_file: $dir/deploy.password
openssh|||certpush_become_password_command: cat $dir/deploy.password
libssh2|NOPASSWD:||certpush_become_password_file: $dir/deploy.password; ansible_become_flags: -H -S -n
libssh2|||ansible_become_method: su; certpush_become_password_file: $dir/root.password
openssh|||ansible_become_method: su; certpush_become_password_file: $dir/root.password; ansible_become_flags: '-'
"
while IFS='|' read -r carrier sudo doas lines; do
	[[ $carrier ]] || continue
	IFS=';' read -ra lines <<<"$lines"
	asks "$sudo" "$doas"
	become "$carrier" "${lines[@]# }"
	mint linode.example.net
	ends 0 certpush push -vvv -l linode
	unseen "${lines[*]}"
	up_to_date linode
	nothing_left linode
done <<<"$rows"

# in clear, where nobody else can read it
asks '' ''
become libssh2 "ansible_become_password: '${deploy_password//\'/\'\'}'"
mint linode.example.net
ends 2 certpush push -l linode
complains 'host_vars/linode\.yml:[0-9]+:[0-9]+: ansible_become_password: a password in clear, in a file that others can read: chmod 600 .*, or say certpush_become_password_file or certpush_become_password_command$'
unseen refused
chmod 600 "$dir/control/inventory/host_vars/linode.yml"
ends 0 certpush push -vvv -l linode
unseen 'in clear'
up_to_date linode

# TRANSPORT TEXT LINES(;): is refused, by one line, after one try
mint linode.example.net
rows="
libssh2|sudo is refused to deploy with the password of certpush_become_password_file: sudo: 1 incorrect password attempt|certpush_become_password_file: $dir/root.password
openssh|sudo is refused to deploy with the password of certpush_become_password_file: sudo: 1 incorrect password attempt|certpush_become_password_file: $dir/root.password
libssh2|sudo is refused to deploy: sudo: a password is required: certpush_become_password_file says where one is|
libssh2|doas is refused to deploy: doas: .*|ansible_become_method: doas
libssh2|su is refused to deploy with the password of certpush_become_password_file: su: Authentication failure|ansible_become_method: su; certpush_become_password_file: $dir/deploy.password
openssh|su is refused to deploy: su: Authentication failure: certpush_become_password_file says where one is|ansible_become_method: su
openssh|certpush_become_password_command: cat: exit status 1: .*No such file.*|certpush_become_password_command: cat $dir/nowhere
libssh2|.*deploy.password.*others can read.*|certpush_become_password_file: $dir/open.deploy.password
"
install -m 0644 "$dir/deploy.password" "$dir/open.deploy.password"
remember linode
while IFS='|' read -r carrier text lines; do
	[[ $carrier ]] || continue
	IFS=';' read -ra lines <<<"$lines"
	become "$carrier" "${lines[@]# }"
	ends 1 certpush push -vvv -l linode
	(($(grep -c FAILED! "$dir/err") == 1)) || fail "${lines[*]}: more than one line"
	complains "^fatal: \[linode\] FAILED! $text\$"
	unseen "${lines[*]}"
done <<<"$rows"
as_before linode

put_back
host_vars linode </dev/null
ends 0 certpush push -l linode
up_to_date linode
nothing_left linode
