#!/bin/bash
# DNSSEC, before an order is made: a root and two zones of our own, signed; the signatures of one have run out. What is bogus is refused,
# and the CA hears nothing of it; what only seems so from here is not.
# shellcheck source=renew_lib.sh disable=SC2317 # called by the trap
. "$(dirname "$0")/renew_lib.sh"
fresh
"$CERTPUSH" --version | grep -q 'DNSSEC: by libunbound' || fail 'no libunbound'

# Where libunbound knows the root's name servers to be: with only a few of them it gives up now and then.
root=198.41.0.4
roots="$root 170.247.170.2 199.9.14.201 192.33.4.12 199.7.91.13 192.203.230.10 192.5.5.241 192.112.36.4 198.97.190.53 192.36.148.17
	192.58.128.30 193.0.14.129 199.7.83.42 202.12.27.33"
in_home() { "$lab" exec home "$@"; }
stripper=
leave_dnssec() {
	local status=$?
	set +e
	if [[ $stripper ]]; then kill "$stripper" 2>/dev/null; fi
	# shellcheck disable=SC2016 # expanded there
	in_home sh -c 'for f in /run/certpush-test/*.pid; do [ ! -e "$f" ] || kill "$(cat "$f")"; done; rm -rf /run/certpush-test
		for a in $1; do ip addr del "$a/32" dev lo; done' dnssec "$roots" 2>/dev/null
	(exit $status)
	leave
}
trap leave_dnssec EXIT

# ---- the zones
# shellcheck disable=SC2016 # expanded there
put() { in_home sh -c 'cat >"/run/certpush-test/$0"' "$1"; }
keymgr() { in_home keymgr -c /run/certpush-test/knot.conf "$@"; }
zone() { # NAME NAME-SERVER
	printf '%s\n' "$1 60 SOA $2 host.$2 1 3600 600 86400 60" "$1 60 NS $2" "$2 60 A $root"
}

# shellcheck disable=SC2016 # expanded there
in_home sh -ec 'mkdir /run/certpush-test; for a in $0; do ip addr add "$a/32" dev lo; done' "$roots"
put knot.conf <<-	END
	server:
	    rundir: /run/certpush-test
	    pidfile: knot.pid
	    listen: [$(for a in $roots; do echo -n "${comma-}$a"; comma=', '; done)]
	log:
	  - target: /run/certpush-test/log
	    any: info
	database:
	    storage: /run/certpush-test
	key:
	  - id: certpush
	    algorithm: hmac-sha256
	    secret: $(sed -n 's/.*secret "\(.*\)";/\1/p' "$share/tsig.key")
	acl:
	  - id: update
	    key: certpush
	    action: update
	    update-type: TXT
	policy:
	  - id: ours
	    manual: on
	    single-type-signing: on
	template:
	  - id: default
	    storage: /run/certpush-test
	    zonefile-sync: -1
	zone:
	  - domain: .
	    file: root.zone
	    dnssec-signing: on
	    dnssec-policy: ours
	  - domain: sound.example
	    file: sound.zone
	    dnssec-signing: on
	    dnssec-policy: ours
	    acl: update
	  - domain: expired.example
	    file: expired.signed
	  - domain: plain.example
	    file: plain.zone
	END
for name in . sound.example.; do keymgr $name generate algorithm=13 ksk=yes zsk=yes >/dev/null; done
zone sound.example. ns.sound.example. | put sound.zone
zone expired.example. ns.expired.example. | put expired.zone
zone plain.example. ns.plain.example. | put plain.zone
past() { date -ud "$1 days ago" +%Y%m%d%H%M%S; }
# shellcheck disable=SC2016 # expanded there
in_home sh -ec 'cd /run/certpush-test
	dnssec-keygen -q -a ECDSAP256SHA256 -f KSK -L 60 expired.example >/dev/null
	cat Kexpired.example.*.key >>expired.zone
	dnssec-signzone -q -P -z -s "$0" -e "$1" -o expired.example -f expired.signed expired.zone >/dev/null' "$(past 30)" "$(past 5)"
{
	zone . a.root-servers.net.
	for name in sound expired plain; do zone $name.example. ns.$name.example. | grep -v SOA; done
	keymgr sound.example. ds
	in_home cat /run/certpush-test/dsset-expired.example.
} | put root.zone
keymgr . dnskey >root.key
in_home knotd -d -c /run/certpush-test/knot.conf

# ---- the resolvers: one as they should be; one with a sound.example of its own; one that knows no signatures
resolver() { # PORT MORE...
	local port=$1
	shift
	{
		printf '%s\n' 'server:' "interface: 10.53.0.1@$port" "pidfile: /run/certpush-test/unbound-$port.pid" \
			'module-config: "iterator"' 'access-control: 10.53.0.0/16 allow' 'do-ip6: no' 'use-syslog: no' 'chroot: ""' \
			'username: ""' 'cache-max-ttl: 0' 'cache-max-negative-ttl: 0' "$@" \
			'stub-zone:' 'name: "."' "stub-addr: $root" 'remote-control:' 'control-enable: no'
	} | put "unbound-$port.conf"
	in_home unbound -c "/run/certpush-test/unbound-$port.conf"
}
resolver 5301
resolver 5303 'local-zone: sound.example. static' "$(zone sound.example. ns.sound.example. | sed "s/.*/local-data: '&'/")"
"$lab" run python3 "$here/no_dnssec.py" 10.53.0.1 5302 5301 &
stripper=$!
answers() { "$lab" run dig +short +time=1 +tries=1 @10.53.0.1 -p "$1" "$2" SOA | grep -q .; }
for port in 5301 5302 5303; do
	eventually answers $port sound.example || fail "no answer from $port: $(in_home tail -n 3 /run/certpush-test/log)"
done

# ---- runs
# by PORT [MORE]: a hook that does nothing; the scripted CA doesn't look.
by() { dns="  - {provider: hook, hook: /bin/true, propagation: {check: none, resolvers: [\"10.53.0.1:$1\"], trust_anchor: ${2-root.key}}}"; }
fake_ca
settings_for() { settings "$1: {names: [$1, \"*.$1\"]}"; }
issued() {
	forget
	ends 0 certpush renew --force
	(($(asked new-order) == 1)) || fail "$(asked new-order) orders"
}

# Sound: with a record that is really added, signed and seen.
dns="  - {provider: rfc2136, server: $root, tsig: {secret_file: $share/tsig.key}, propagation: {timeout: 30s, resolvers: [\"10.53.0.1:5301\"], trust_anchor: root.key}}"
settings_for www.sound.example
issued
whole www.sound.example

# Expired: the CA isn't asked for an order.
by 5301
settings_for www.expired.example
forget
ends 1 certpush renew
fails_with www.expired.example \
	'www\.expired\.example: DNSSEC is bogus, so that CAs must refuse it: .*<www\.expired\.example\. [A-Z]+ IN>: signature expired'
(($(asked new-account) + $(asked account) > 0)) || fail 'the CA was not reached at all'
(($(asked new-order) == 0)) || fail 'an order was made'

# Beside it, another certificate is issued.
settings 'www.expired.example:' 'b.sound.example:'
ends 1 certpush renew --force
fails_with www.expired.example 'DNSSEC is bogus'
whole b.sound.example

# No suspicion where the resolver drops signatures, or has another view than the world; nor where it isn't wanted.
by 5302
settings_for www.sound.example
issued
by 5303
settings_for www.sound.example
issued
by 5302
settings_for www.expired.example
issued
by 5301 /dev/null
settings_for www.expired.example
issued

# An anchor that isn't there.
by 5301 nowhere.key
settings_for www.sound.example
forget
ends 2 certpush renew --force
fails_with www.sound.example 'trust_anchor: (.*/)?nowhere\.key: [Nn]o such file'
(($(asked new-order) == 0)) || fail 'an order was made'

# TLSA records of a zone that isn't signed count for nobody: said once. Those of a zone that is are only missing.
mkdir inventory
cat >inventory/hosts.yml <<-END
	mail:
	  hosts: {linode: {ansible_host: linode.example.net}}
	  vars:
	    ansible_user: root
	    ansible_ssh_private_key_file: $share/id_ed25519
	    ansible_ssh_common_args: -o UserKnownHostsFile=$share/known_hosts
	    certpush:
	      postfix:
	        certificate: www.sound.example
	        tlsa: require
	        checks: [{protocol: smtp, name: mail.plain.example}, {protocol: smtp, name: mail.sound.example}]
END
by 5301
more="trust: $dir/ca/root.pem" settings_for www.sound.example
ends 0 certpush renew
ends 1 certpush plan
complains "^\[WARNING\]: TLSA records that DNSSEC doesn't sign count for nobody: _25\._tcp\.mail\.plain\.example$"
complains '^fatal: \[linode\] FAILED! postfix: before its new key can be served, publish: _25\._tcp\.mail\.(plain|sound)\.example\. 3600 IN TLSA 3 1 1 [0-9a-f]{64} - .*: no such name$'
(($(wc -l <"$dir/err") == 2)) || fail 'more than that is said'
