#!/bin/bash
# push.sh - how long does it take to bring key, chain and a reload to many hosts, and to find that nothing is to be done?
#
# Measured, on the same hosts (nginx in each), in turns within one run:
#   certpush  certpush push (release build) with a playbook that asks for the same and no more: both files and a reload
#   proved    the same with the playbook for nginx: nginx -t before, and every host is asked by handshake what it serves, also when nothing is due
#   ansible   ansible-playbook with push/push.yml and morning/ansible.cfg: pipelining, ControlPersist kept warm, no facts, 20 forks
#   pssh      parallel-scp of both files, then parallel-ssh nginx -s reload, 20 at a time; changed only
#   scp       xargs -P 20: scp of both files, then ssh nginx -s reload; changed only
#   tar       xargs -P 20: one ssh for each host, tar on its standard input, nginx -s reload; changed only
#   sum       xargs -P 20: one ssh for each host with sha256sum of both files; unchanged only
#
# Two certificates take turns, so that each push changes all hosts. A warm-up comes before.
#
# HOSTS (20), ROUNDS (3) of all; within each, TIMES (3) pushes by certpush. The figures are medians.
# shellcheck source=lib.sh disable=SC2317,SC2154,SC2086 # called through quietly and timed; from lib.sh; lists of words
. "$(dirname "$(readlink -f "$0")")/lib.sh"
hosts=${HOSTS:-20}
bench_plain=$hosts
bench_begin "$@"

rounds=${ROUNDS:-3}
times=${TIMES:-3}
tls=/etc/nginx/tls
ssh_options="-o BatchMode=yes -o UserKnownHostsFile=$share/known_hosts -i $share/id_ed25519"
each() { seq 1 "$hosts" | sed 's/.*/root@plain&.example.net/' | xargs -P 20 -I HOST "$@"; }

# ---- what there is ----

sides() {
	"$lab" control "$dir/certpush"
	mkdir "$dir/certpush/control/playbooks" "$dir/sockets"
	cat >"$dir/certpush/control/playbooks/bare.yml" <<-END
		- service: bare
		  files:
		    - {part: privkey, path: $tls/privkey.pem, owner: root, group: root, mode: "0600"}
		    - {part: fullchain, path: $tls/fullchain.pem, owner: root, group: root, mode: "0644"}
		  reload: nginx -s reload
	END
	inventory bare
	inventory nginx
	cp "$here/push/push.yml" "$here/morning/ansible.cfg" "$dir/"
	seq 1 "$hosts" | sed 's/.*/root@plain&.example.net/' >"$dir/hosts"
}
inventory() {
	mkdir "$dir/$1"
	cat >"$dir/$1/hosts.yml" <<-END
		all:
		  hosts: {"plain[1:$hosts]": }
		  vars:
		    ansible_host: "{{ inventory_hostname }}.example.net"
		    ansible_user: root
		    ansible_ssh_private_key_file: $share/id_ed25519
		    ansible_ssh_common_args: -o UserKnownHostsFile=$share/known_hosts
		    certpush: {$1: {certificate: plain.example.net}}
	END
}

# ---- the sides ----

push_by() { "$CERTPUSH" -c "$dir/certpush/control/certpush.yml" -i "$dir/$1" push --force; }
certpush() { push_by bare; }
proved() { push_by nginx; }
ansible_push() {
	ANSIBLE_CONFIG=$dir/ansible.cfg ANSIBLE_SSH_CONTROL_PATH_DIR=$dir/sockets ansible-playbook \
		-i "$dir/bare" -e store="$dir/certpush/store/plain.example.net" -e tls=$tls "$dir/push.yml"
}
here_is() { echo "$dir/certpush/store/plain.example.net"; }
pssh_push() {
	parallel-scp -h "$dir/hosts" -p 20 -x "$ssh_options" "$(here_is)/privkey.pem" "$(here_is)/fullchain.pem" $tls/
	parallel-ssh -h "$dir/hosts" -p 20 -x "$ssh_options" nginx -s reload
}
scp_push() {
	each sh -c "scp -q $ssh_options $(here_is)/privkey.pem $(here_is)/fullchain.pem \$1:$tls/ && ssh $ssh_options \$1 nginx -s reload" sh HOST
}
tar_push() {
	tar -C "$(here_is)" -cf "$dir/both.tar" privkey.pem fullchain.pem
	each sh -c "ssh $ssh_options \$1 'tar -C $tls -xf - && nginx -s reload' <$dir/both.tar" sh HOST
}
sum_look() { each ssh -n $ssh_options HOST sha256sum $tls/privkey.pem $tls/fullchain.pem; }

# All hosts hold what they were brought.
all_there() {
	local want n
	want=$(sha256sum <"$(here_is)/fullchain.pem")
	for ((n = 1; n <= hosts; n++)); do
		[[ $("$lab" exec "plain$n" sh -c "sha256sum <$tls/fullchain.pem") == "$want" ]] || die "$1: plain$n doesn't hold it"
	done
}
changed() {
	turn
	timed "$1.changed" "$2"
	all_there "$1"
}

say "setting up: $hosts hosts"
quietly two_certificates
sides
cd "$dir"
say 'warming up'
turn
quietly proved
turn
quietly ansible_push

for ((round = 1; round <= rounds; round++)); do
	say "round $round of $rounds"
	for ((n = 0; n < times; n++)); do
		for way in certpush proved; do
			changed $way $way
			timed $way.unchanged $way
			grep -q "^nothing to do: $hosts services on $hosts hosts" "$dir/said" || die "$way: there was something to do"
		done
	done
	changed ansible ansible_push
	timed ansible.unchanged ansible_push
	changed pssh pssh_push
	changed scp scp_push
	changed tar tar_push
	timed sum.unchanged sum_look
done

ours=$(median certpush.changed)
idle=$(median certpush.unchanged)
figure push_changed_ansible "$(ratio "$(median ansible.changed)" "$ours")" times '>=' 12
figure push_changed_tar "$(ratio "$ours" "$(median tar.changed)")" times '<=' 0.65
figure push_unchanged_ansible "$(ratio "$(median ansible.unchanged)" "$idle")" times '>=' 14
figure push_unchanged_sum "$(ratio "$idle" "$(median sum.unchanged)")" times '<=' 0.5
for side in certpush proved ansible pssh scp tar; do figure "push_changed_${side}_time" "$(median $side.changed)" s; done
for side in certpush proved ansible sum; do figure "push_unchanged_${side}_time" "$(median $side.unchanged)" s; done
exit $missed
