#!/bin/bash
# SSHFP: a host that known_hosts doesn't know is let pass where a record of a signed zone matches, by each carrier; never on
# an answer that DNSSEC doesn't prove, and never against known_hosts. And hosts trust --sshfp.
# shellcheck source=push_lib.sh disable=SC2317 # called by the trap
. "$(dirname "$0")/push_lib.sh"
own_control
"$CERTPUSH" --version | grep -q 'DNSSEC: by libunbound' || fail 'built without libunbound'
quiet certpush push --force
in_home() { "$lab" exec home "$@"; }
leave() {
	local status=$?
	set +e
	# shellcheck disable=SC2016 # expanded there
	in_home sh -c '[ ! -e /run/certpush-sshfp/knot.pid ] || kill "$(cat /run/certpush-sshfp/knot.pid)"; rm -rf /run/certpush-sshfp' 2>/dev/null
	(exit $status)
	clean_up
}
trap leave EXIT

# ---- example.net, signed, with the hosts' keys: linode's as they are, ovh's another one's, panix's none
port=5399
key_of() { "$lab" run ssh-keyscan -t ed25519 "$1.example.net" 2>/dev/null | cut -d' ' -f3 | base64 -d | sha256sum | cut -d' ' -f1; }
# shellcheck disable=SC2016 # expanded there
put() { in_home sh -c 'cat >"/run/certpush-sshfp/$0"' "$1"; }
in_home mkdir -p /run/certpush-sshfp
put knot.conf <<-END
	server:
	    rundir: /run/certpush-sshfp
	    pidfile: knot.pid
	    listen: 127.0.0.1@$port
	database:
	    storage: /run/certpush-sshfp
	policy:
	  - id: ours
	    manual: on
	    single-type-signing: on
	template:
	  - id: default
	    storage: /run/certpush-sshfp
	    zonefile-sync: -1
	    dnssec-signing: on
	    dnssec-policy: ours
	zone:
	  - domain: example.net
END
in_home keymgr -c /run/certpush-sshfp/knot.conf example.net. generate algorithm=13 ksk=yes zsk=yes >"$dir/said"
put example.net.zone <<-END
	example.net. 60 SOA ns.example.net. host.example.net. 1 3600 600 86400 60
	example.net. 60 NS ns.example.net.
	ns.example.net. 60 A 127.0.0.1
	linode.example.net. 60 A 10.53.0.11
	linode.example.net. 60 SSHFP 4 2 $(key_of linode)
	linode.example.net. 60 SSHFP 4 1 0123456789012345678901234567890123456789
	ovh.example.net. 60 A 10.53.0.13
	ovh.example.net. 60 SSHFP 4 2 $(key_of linode)
END
in_home keymgr -c /run/certpush-sshfp/knot.conf example.net. dnskey >"$dir/anchor"
in_home knotd -d -c /run/certpush-sshfp/knot.conf
until "$lab" run dig +short +time=1 +tries=1 @127.0.0.1 -p $port linode.example.net SSHFP | grep -q .; do sleep 0.2; done

# ---- the settings: known_hosts is empty
known=$dir/known_hosts
all=$dir/control/inventory/group_vars/all.yml
sed -i "s|resolvers: \[10.53.0.1\]|resolvers: [\"127.0.0.1:$port\"], trust_anchor: $dir/anchor|" "$dir/control/certpush.yml"
grep -q "$dir/anchor" "$dir/control/certpush.yml" || fail 'the lab names its resolvers elsewhere'
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
	mv "$dir/anchor" "$dir/anchor.away"
	echo 'other.example. DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D' >"$dir/anchor"
	ends 1 certpush plan -l linode
	complains "isn't known: .*\(its SSHFP record matches, but DNSSEC doesn't prove it\)"
	mv "$dir/anchor.away" "$dir/anchor"
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
