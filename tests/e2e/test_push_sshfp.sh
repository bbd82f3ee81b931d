#!/bin/bash
# SSHFP: a host that known_hosts doesn't know is let pass where a record of a signed zone matches, by each carrier; never on
# an answer that DNSSEC doesn't prove, and never against known_hosts. And hosts trust --sshfp.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
# shellcheck source=signed_lib.sh
. "$here/signed_lib.sh"
own_control
"$CERTPUSH" --version | grep -q 'DNSSEC: by libunbound' || fail 'no libunbound'
quiet certpush push --force
# ---- example.net, signed, with the hosts' keys: linode's as they are, ovh's another one's, panix's none
key_of() { "$lab" run ssh-keyscan -t ed25519 "$1.example.net" 2>/dev/null | cut -d' ' -f3 | base64 -d | sha256sum | cut -d' ' -f1; }
signed_zone <<-END
	linode.example.net. 60 A 10.53.0.11
	linode.example.net. 60 SSHFP 4 2 $(key_of linode)
	linode.example.net. 60 SSHFP 4 1 0123456789012345678901234567890123456789
	ovh.example.net. 60 A 10.53.0.13
	ovh.example.net. 60 SSHFP 4 2 $(key_of linode)
END

# ---- the settings: known_hosts is empty
known=$dir/known_hosts
all=$dir/control/inventory/group_vars/all.yml
sed -i "s|UserKnownHostsFile=[^ ]*|UserKnownHostsFile=$known|" "$all"
cp "$all" "$dir/all.yml"
# by CARRIER YES|NO
by() { { cat "$dir/all.yml" && printf '%s\n' "certpush_transport: $1" "certpush_sshfp: $2"; } >"$all"; }

for carrier in libssh2 openssh; do
	: >"$known"
	by $carrier no
	ends 1 certpush plan -l linode
	complains "host key of linode.example.net isn't known: .*certpush hosts trust linode$"
	by $carrier yes
	ends 0 certpush plan -v -l linode
	complains '^linode: ssh-ed25519 SHA256:[^ ]+ \(by SSHFP\), by '
	[[ ! -s $known ]] || fail 'something was written'
	ends 1 certpush plan -l ovh,panix
	complains "^fatal: \[ovh\] FAILED! host key of ovh.example.net isn't known: .*\(.*SSHFP record"
	complains "^fatal: \[panix\] FAILED! host key of panix.example.net isn't known: .*\(.*panix.example.net has no SSHFP record"
	# an answer that nothing proves
	unproved
	ends 1 certpush plan -l linode
	complains "isn't known: .*\(its SSHFP record matches, but DNSSEC doesn't prove it\)"
	proved
	# another key is on file
	ssh-keygen -q -t ed25519 -N '' -f "$dir/other" <<<y >"$dir/said"
	echo "linode.example.net $(cut -d' ' -f1,2 "$dir/other.pub")" >"$known"
	ends 1 certpush plan -l linode
	complains 'host key of linode.example.net has changed: .*--replace linode$'
done

: >"$known"
ends 1 certpush hosts trust --sshfp
says '^    NEW +ssh-ed25519 .*\(SSHFP matches, proved by DNSSEC\)$'
says '^    NEW +ssh-ed25519 .*\(SSHFP says ANOTHER key, by DNSSEC\)$'
says '^trusted: \[linode\] => ssh-ed25519 .* \(by SSHFP and DNSSEC\)$'
[[ $(wc -l <"$known") == 1 ]] || fail 'more than that one key'
complains '^fatal: \[ovh\] FAILED! nothing that was said vouches for one of its keys$'
by auto no
ends 0 certpush plan -l linode
