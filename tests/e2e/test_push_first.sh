#!/bin/bash
# The first install: neither files nor directories are there, by root's login and by deploy with sudo. What can't
# be proved leaves nothing behind, not even the directories.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push -l panix,ovh

# HOST SERVICE WORDS: its files in a place that doesn't exist yet. What is served already is the certificate.
elsewhere() {
	host_vars "$1" <<-END
		certpush:
		  $2:
		    reload: "echo \"\$(id -un) \$(umask)\" >/run/first-install"
		    files:
		    - {part: privkey, path: /etc/first/of/all/key.pem, owner: root, group: ${3:-root}, mode: "0640"}
		    - {part: fullchain, path: "/etc/first/it's all/chain.pem"}
		    - {part: cert, path: /etc/first/of/all/cert.pem}
		    - {part: chain, path: /etc/first/of/all/ca.pem, mode: "0444"}
		    ${4-}
	END
}
looks() {
	"$lab" exec "$1" stat -c '%A %U:%G %n' /etc/first/of/all/key.pem "/etc/first/it's all/chain.pem" /etc/first/of/all \
		/etc/first/of/all/ca.pem
}
first() {
	local host=$1 service=$2 group=$3
	elsewhere "$host" "$service" "$group"
	ends 0 certpush plan -l "$host" "$service"
	says "^would change: \[$host\] => $service key\.pem \(missing\)"
	ends 0 certpush push -v -l "$host" "$service"
	says "^changed: \[$host\] => $service chain\.pem \(missing\)"
	looks "$host" | diff - <(
		cat <<-END
			-rw-r----- root:$group /etc/first/of/all/key.pem
			-rw-r--r-- root:root /etc/first/it's all/chain.pem
			drwxr-xr-x root:root /etc/first/of/all
			-r--r--r-- root:root /etc/first/of/all/ca.pem
		END
	) || fail "not as the playbook says"
	[[ $("$lab" exec "$host" cat /run/first-install) == 'root 0022' ]] || fail "reload ran as somebody else: $("$lab" exec "$host" cat /run/first-install)"
	"$lab" exec "$host" cat "/etc/first/it's all/chain.pem" | cmp - "$dir/store/$4/fullchain.pem" || fail 'content'
	"$lab" exec "$host" cat /etc/first/of/all/cert.pem | cmp - "$dir/store/$4/cert.pem" || fail 'content'
	ends 0 certpush push -l "$host" "$service"
	says '^nothing to do: '
	nothing_left "$host"
	"$lab" exec "$host" rm -r /etc/first /run/first-install
}
first panix apache www-data www.example.net
first ovh nginx ssl-cert www.example.net

# A new certificate that nobody serves: all of it goes away again.
mint www.example.net
elsewhere panix apache root $'wait: 1\n    restart: ~'
remember panix
ends 1 certpush push -l panix
told_once '^fatal: \[panix\] FAILED! apache: HTTPS .*; the old files are back$'
as_before panix
"$lab" exec panix rm -f /run/first-install
nothing_left panix

# An account that there isn't: told, and nothing stays.
elsewhere panix apache nobody-of-that-name
ends 1 certpush push -l panix
told_once '^fatal: \[panix\] FAILED! apache: /etc/first/of/all/key\.pem: install: .*nobody-of-that-name.*; nothing was changed$'
as_before panix
for host in panix ovh; do host_vars "$host" </dev/null; done
quiet certpush push -l panix,ovh
up_to_date panix ovh
