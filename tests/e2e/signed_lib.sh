# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # expanded there; used by the tests; from lib.sh
# signed_lib - for the tests that want DNSSEC: example.net, signed, at a name server of its own in home. On top of push_lib.sh.
# $dir/anchor is its key; certpush goes there by the settings once signed_zone has been called.
port=5399 # its own
at=/run/certpush-signed

in_home() { "$lab" exec home "$@"; }
drop_zone() {
	in_home sh -c '[ ! -e "$0/knot.pid" ] || { pid=$(cat "$0/knot.pid"); kill "$pid"; while kill -0 "$pid"; do sleep 0.1; done; }
		rm -rf "$0"' $at 2>/dev/null
}
leave() {
	local status=$?
	set +e
	drop_zone
	(exit $status)
	clean_up
}

# signed_zone: its records, beside SOA and NS, from stdin, instead of those of an earlier call; the last of them is asked for until
# it is there.
signed_zone() {
	local records last
	records=$(cat)
	last=${records##*$'\n'}
	trap leave EXIT
	drop_zone
	in_home mkdir -p $at
	in_home sh -c 'cat >"$0/knot.conf"' $at <<-END
		server:
		    rundir: $at
		    pidfile: knot.pid
		    listen: 127.0.0.1@$port
		database:
		    storage: $at
		policy:
		  - id: ours
		    manual: on
		    single-type-signing: on
		template:
		  - id: default
		    storage: $at
		    zonefile-sync: -1
		    dnssec-signing: on
		    dnssec-policy: ours
		zone:
		  - domain: example.net
	END
	in_home keymgr -c $at/knot.conf example.net. generate algorithm=13 ksk=yes zsk=yes >"$dir/said"
	in_home sh -c 'cat >"$0/example.net.zone"' $at <<-END
		example.net. 60 SOA ns.example.net. host.example.net. 1 3600 600 86400 60
		example.net. 60 NS ns.example.net.
		ns.example.net. 60 A 127.0.0.1
		$records
	END
	in_home keymgr -c $at/knot.conf example.net. dnskey >"$dir/anchor"
	in_home knotd -d -c $at/knot.conf
	# shellcheck disable=SC2086 # NAME TTL TYPE …
	set -- $last
	until "$lab" run dig +short +time=1 +tries=1 @127.0.0.1 -p $port "$1" "$3" | grep -q .; do sleep 0.2; done
	sed -i "s|resolvers: \[10.53.0.1\]|resolvers: [\"127.0.0.1:$port\"], trust_anchor: $dir/anchor|" "$dir/control/certpush.yml"
	grep -q "$dir/anchor" "$dir/control/certpush.yml" || fail 'the lab names its resolvers elsewhere'
}

# An anchor that doesn't lead there; and back.
unproved() {
	mv "$dir/anchor" "$dir/anchor.away"
	echo 'other.example. DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D' >"$dir/anchor"
}
proved() { mv "$dir/anchor.away" "$dir/anchor"; }
