# shellcheck shell=bash
# host - one host: namespaces of its own (mount, pid, uts, ipc, net) below the instance's, and a root with its own changes over it.

host_pid() { alive "$lab_state/hosts/$1"; }
host_is_up() { host_pid "$1" >/dev/null; }

# Returns once pid 1 runs; its services are still on their way up then (ready.sh).
host_start() {
	local host=$1 instance
	instance=$(instance_pid)
	net_addresses "$host" >"$lab_state/hosts/$host.net"
	nsenter --pid="/proc/$instance/ns/pid" -- unshare --mount --uts --ipc --net -- \
		"$lab_dir/lib/host-start" "$host" "$(host_mac "$host")" "$(host_port "$host")" \
		"$instance" "$lab_state" "$(rootfs_dir "$(host_rootfs "$host")")" \
		</dev/null >"$lab_state/log/$host" 2>&1 9>&-
}

# What a killed `lab zoo` has left, if anything.
host_end() {
	local pid
	if pid=$(host_pid "$1"); then
		kill -KILL "$pid"
		until_true 30 is_gone "$pid" || die "host '$1' (pid $pid) doesn't end"
	fi
	rm -rf --one-file-system "$lab_state/hosts/$1" "$lab_state/hosts/$1.root" "$lab_state/hosts/$1.net"
}

in_host() {
	local pid
	pid=$(host_pid "$1") || die "host '$1' is not running"
	shift
	nsenter --target "$pid" --mount --uts --ipc --net --pid -- \
		env -i HOME=/root LANG=C.UTF-8 PATH="$host_path" ${TERM:+TERM="$TERM"} "$@" 9>&-
}
host_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# What is laid over the root: what all hosts have, made once (common.root), and each host's own (hosts/HOST.root).
hosts_furnish_common() {
	local dir=$lab_state/common.root home
	mkdir -p "$dir/usr/local/lib" "$dir/usr/local/bin" "$dir"/{etc/ssh,etc/ssl/certs,root/.ssh,home/deploy/.ssh}
	: >"$dir/etc/ssl/certs/ca-certificates.crt" # the world's CAs know nobody here, and some servers read them all for each connection
	cp "$share/hosts" "$share/resolv.conf" "$dir/etc/"
	common_environment >"$dir/etc/lab.env"
	cp -R "$lab_dir/host" "$dir/usr/local/lib/lab"
	ln -s ../lib/lab/systemctl "$dir/usr/local/bin/systemctl"
	for home in root home/deploy; do cp "$share/id_ed25519.pub" "$dir/$home/.ssh/authorized_keys"; done
}

common_environment() {
	cat <<-END
		home_addresses='$(host_addresses home)'
		primary_addresses='$(primary_addresses)'
		primary_v4=$primary_v4
		secondary_addresses='$(for s in "${secondaries[@]}"; do host_v4 "$s"; done | paste -sd' ')'
		secondaries='${secondaries[*]}'
		zones='${zones[*]}'
		. /etc/lab.host
	END
}

host_furnish() {
	local host=$1 dir=$lab_state/hosts/$1.root type
	mkdir -p "$dir/etc/ssh"
	for type in ed25519 ecdsa; do
		ssh-keygen -q -t $type -N '' -C "root@$host" -f "$dir/etc/ssh/ssh_host_${type}_key"
	done
	host_tls "$host" "$dir"
	if [[ $host == home ]]; then home_files "$dir"; fi
}

# The services' certificates, and what the host's own scripts must know of the host.
host_tls() {
	local roles='' dirs='' role directory name
	while read -r role directory name; do
		[[ $role ]] || continue
		roles+=" $role" dirs+=" $directory"
		mkdir -p "$2$directory"
		cp "$share/store/$name/privkey.pem" "$share/store/$name/fullchain.pem" "$2$directory/"
	done <<<"$(role_certificates "$1")"
	cat >"$2/etc/lab.host" <<-END
		host=$1
		roles='$(host_roles "$1")'
		addresses='$(host_addresses "$1")'
		tls_roles='$roles'
		tls_dirs='$dirs'
	END
	echo "$1" >"$2/etc/hostname"
}

home_files() {
	local zone
	mkdir -p "$1/etc/lab"
	ca_environment >"$1/etc/lab/pebble.env"
	cp "$share/tsig.key" "$lab_state"/pki/pebble.{key,pem} "$1/etc/lab/"
	for zone in "${zones[@]}"; do zone_file "$zone" >"$1/etc/lab/$zone.zone"; done
}
