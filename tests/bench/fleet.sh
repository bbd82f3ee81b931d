#!/bin/bash
# fleet.sh - what does a push to a thousand hosts cost certpush itself, in CPU and memory, and does a host of many cost more
# than one of few?
#
# HOSTS (1000) distinct addresses 127.1.x.y of one real sshd, each with a home and files of its own, and a known_hosts with a
# line for each of them. A push that finds all as it should be, and one that changes both files and
# reloads, to a hundred of them and to all; certpush as it is released. Beside it, at the same sshd, bare libssh2
# (fleet/bare.c): its handshake alone, and a session with login and a command, with a key that is parsed once. CPU is user and
# system time; sshd's isn't in it, but takes the same two cores, and so decides how long it all takes.
#
# ROUNDS (3); the figures are medians.
# shellcheck source=lib.sh disable=SC2317,SC2154 # called through quietly; from lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
hosts=${HOSTS:-1000}
bench_begin "$@"

rounds=${ROUNDS:-3}
port=2222
few=100
((hosts % few == 0)) || die "HOSTS: hundreds"

# ---- what there is ----

a_sshd() {
	mkdir -p "$dir/sshd" /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$dir/sshd/host"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/sshd/user"
	# the same for bare, which reads no other format
	openssl genpkey -algorithm ed25519 -out "$dir/sshd/pem"
	{
		cat "$dir/sshd/user.pub"
		echo "ssh-ed25519 $({
			printf '\0\0\0\013ssh-ed25519\0\0\0\040'
			openssl pkey -in "$dir/sshd/pem" -pubout -outform DER | tail -c 32
		} | base64 -w 0)"
	} >"$dir/sshd/authorized"
	cat >"$dir/sshd/config" <<-END
		Port $port
		ListenAddress 0.0.0.0
		HostKey $dir/sshd/host
		AuthorizedKeysFile $dir/sshd/authorized
		MaxStartups 200:100:200
		PermitRootLogin yes
		StrictModes no
		UsePAM no
		UseDNS no
		PidFile none
		SetEnv HOME=$dir/home
		Subsystem sftp /usr/lib/openssh/sftp-server
		ForceCommand set -- \$SSH_CONNECTION; HOME=$dir/files/\$3 exec sh -c "\$SSH_ORIGINAL_COMMAND"
	END
	setpriv --pdeathsig TERM /usr/sbin/sshd -D -f "$dir/sshd/config" -E "$dir/sshd/log" &
	sshd=$!
	trap 'kill "$sshd"' EXIT
	until (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do kill -0 "$sshd"; done
}

addresses() {
	local i
	for ((i = 0; i < hosts; i++)); do echo "127.1.$((i / 100)).$((i % 100 + 1))"; done
}

a_fleet() {
	local control=$dir/certpush/control pub
	"$lab" control "$dir/certpush"
	rm -rf "$control/inventory"
	mkdir "$control/inventory" "$control/playbooks" "$dir/tmp"
	pub=$(cut -d' ' -f1,2 "$dir/sshd/host.pub")
	addresses | sed "s|.*|[&]:$port $pub|" >"$dir/known_hosts"
	addresses | sed "s|^|$dir/files/|" | xargs mkdir -p
	cat >"$control/playbooks/fleet.yml" <<-END
		- service: fleet
		  files:
		    - {part: privkey, path: /x/privkey.pem}
		    - {part: fullchain, path: /x/fullchain.pem}
		  reload: ":"
	END
	cat >"$control/inventory/hosts.yml" <<-END
		all:
		  hosts: {"127.1.[0:$((hosts / 100 - 1))].[1:100]": }
		  vars:
		    ansible_user: root
		    ansible_port: $port
		    ansible_remote_tmp: "$dir/tmp/{{ inventory_hostname }}"
		    ansible_ssh_private_key_file: $dir/sshd/user
		    ansible_ssh_common_args: -o UserKnownHostsFile=$dir/known_hosts
		    certpush:
		      fleet:
		        certificate: plain.example.net
		        files:
		          - {part: privkey, path: "$dir/files/{{ inventory_hostname }}/privkey.pem"}
		          - {part: fullchain, path: "$dir/files/{{ inventory_hostname }}/fullchain.pem"}
	END
}

bare() {
	# shellcheck disable=SC2046 # words
	quietly cc -O2 -o "$dir/bare" "$here/fleet/bare.c" $(pkg-config --cflags --libs libssh2 libcrypto) -pthread
}

# ---- measuring ----

push() { used "$1" "$2" "$CERTPUSH" -c "$dir/certpush/control/certpush.yml" push --force -l "$3"; }
idle() {
	push "$@"
	grep -q "^nothing to do: $2 services on $2 hosts" "$dir/said" || die 'there was something to do'
}
all_there() {
	local want wrong
	want=$(sha256sum <"$dir/certpush/store/plain.example.net/fullchain.pem")
	wrong=$(addresses | head -n "$1" | sed "s|.*|$dir/files/&/fullchain.pem|" | xargs sha256sum | grep -cv "^${want%% *}") || :
	[[ $wrong == 0 ]] || die "$wrong hosts don't hold it"
}

# all_and_few: both pushes to all and to few, who are then as all others again: each turn changes every host that it is for.
all_and_few() {
	turn
	push changed.all "$hosts" all
	all_there "$hosts"
	idle unchanged.all "$hosts" all
	turn
	push changed.few $few '127.1.0.*'
	idle unchanged.few $few '127.1.0.*'
	turn
	push warm $few '127.1.0.*'
}

say "setting up: $hosts hosts"
quietly two_certificates
a_sshd
a_fleet
bare
say 'warming up'
turn
push warm "$hosts" all
say 'series: CPU and time in ms for a host, peak memory in MiB'
for ((round = 1; round <= rounds; round++)); do
	say "round $round of $rounds"
	all_and_few
	used bare.handshake "$hosts" "$dir/bare" handshake $port "$hosts" root "$dir/sshd/pem"
	used bare.session "$hosts" "$dir/bare" session $port "$hosts" root "$dir/sshd/pem"
done

bare=$(column bare.session 1)
figure_of_cpu fleet_unchanged_cpu "$(column unchanged.all 1)" 1.5 "$bare" 1.10
figure fleet_changed_cpu "$(column changed.all 1)" ms
figure fleet_bare_handshake_cpu "$(column bare.handshake 1)" ms
figure fleet_bare_session_cpu "$bare" ms
figure fleet_above_bare_cpu "$(ratio "$(column unchanged.all 1)" "$bare")" times '<=' 1.4
figure fleet_memory "$(cat "$dir"/series.*changed.all | cut -d' ' -f3 | sort -n | tail -n 1)" MiB '<=' 150
figure fleet_unchanged_growth "$(ratio "$(column unchanged.all 2)" "$(column unchanged.few 2)")" times '<=' 1.2
figure fleet_changed_growth "$(ratio "$(column changed.all 2)" "$(column changed.few 2)")" times '<=' 1.2
figure fleet_unchanged_time "$(column unchanged.all 2)" ms
figure fleet_changed_time "$(column changed.all 2)" ms
exit "$missed"
