# shellcheck shell=bash
# control - what the control side is given: its files in $share, and a control directory as a user would write it.

control_make() {
	local plain=$1
	known_hosts >"$share/known_hosts"
	hook_script >"$share/hook.sh"
	chmod 0755 "$share/hook.sh"
	mkdir -p "$share/control/inventory/group_vars" "$share/control/inventory/host_vars"
	settings_file "$plain" >"$share/control/certpush.yml"
	inventory_file "$plain" >"$share/control/inventory/hosts.yml"
	group_vars_all >"$share/control/inventory/group_vars/all.yml"
	printf 'ansible_user: root\nansible_become: false\n' | tee "$share/control/inventory/host_vars/panix.yml" \
		>"$share/control/inventory/group_vars/plain.yml"
}

known_hosts() {
	local host addresses file type key
	for host in $(lab_hosts); do
		addresses=$(host_addresses "$host")
		for file in "$lab_state/hosts/$host.root"/etc/ssh/*.pub; do
			read -r type key _ <"$file"
			echo "$host.example.net,${addresses// /,} $type $key"
		done
	done
}

settings_file() {
	cat <<-END
		store: ../store
		inventory: inventory
		trust: $share/roots.pem
		acme:
		  ca: https://pebble.example.net:$acme_port/dir
		  ca_file: $share/pebble-ca.pem
		  contact: [mailto:hostmaster@example.net]
		dns:
		  - provider: rfc2136
		    server: primary.example.net
		    tsig: {name: certpush, algorithm: hmac-sha256, secret_file: $share/tsig.key}
		    propagation: {check: authoritative, timeout: 30s, settle: 0s, resolvers: [$(host_v4 home)]}
		certificates:
	END
	local name names
	while read -r name names; do
		case $name in
		'') ;;
		plain.*) if (($1 > 0)); then certificate_entry "$name" "$names"; fi ;;
		*) certificate_entry "$name" "$names" ;;
		esac
	done <<<"$certificates"
}
certificate_entry() { echo "  $1: {names: [$(sed 's/ /, /g; s/\(\*[^,]*\)/"\1"/' <<<"$2")]}"; }

inventory_file() {
	cat <<-'END'
		all:
		  children:
		    mail:
		      hosts:
		        linode:
		          certpush:
		            postfix: {certificate: linode.example.net}
		            inn: {certificate: linode.example.net}
		    web:
		      hosts:
		        panix:
		          certpush:
		            apache: {certificate: www.example.net}
		        ovh:
		          certpush:
		            nginx: {certificate: www.example.net}
		            dovecot: {certificate: imap.example.net}
	END
	(($1 > 0)) || return 0
	cat <<-END
		    plain:
		      hosts:
		        plain[1:$1]:
		      vars:
		        certpush:
		          nginx: {certificate: plain.example.net}
	END
}

group_vars_all() {
	cat <<-END
		ansible_host: "{{ inventory_hostname }}.example.net"
		ansible_user: deploy
		ansible_become: true
		ansible_ssh_private_key_file: $share/id_ed25519
		ansible_ssh_common_args: -o UserKnownHostsFile=$share/known_hosts
	END
}

# A user's own hook for dehydrated: adds and deletes by nsupdate, and waits until the public servers have it.
hook_script() {
	local servers
	servers=$(for s in "${secondaries[@]}"; do host_v4 "$s"; done | paste -sd' ')
	sed "s|@KEY@|$share/tsig.key|; s|@SERVERS@|$servers|" "$lab_dir/lib/hook.in"
}
