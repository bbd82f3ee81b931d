# shellcheck shell=bash disable=SC2317 # called by the trap
# primaries_lib - name servers of a test's own, in home: Knot, BIND and PowerDNS, each with one zone that takes TXT records with a TSIG key
# and is as empty as a zone can be. On top of renew_lib.sh.
#
# `skew=+1h` before a begin_*: that server's clock is an hour ahead.
# shellcheck source=renew_lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/renew_lib.sh"

place=/run/certpush-test
skew=

in_home() { "$lab" exec home "$@"; }
end_primaries() {
	# shellcheck disable=SC2016 # expanded there
	in_home sh -c '
		for f in "$1"/*.pid; do
			pid=$(cat "$f" 2>/dev/null) && kill -KILL "$pid" || continue
			while [ -e "/proc/$pid" ]; do sleep 0.02; done
		done
		rm -rf "$1"' end $place || :
}
leave_primaries() {
	local status=$?
	set +e
	end_primaries
	(exit $status)
	leave
}
trap leave_primaries EXIT

# address_answers ADDRESS PORT ZONE
address_answers() { "$lab" run dig +short +time=1 +tries=1 "@$1" -p "$2" "$3" SOA | grep -q .; }
up_or_fail() { # WHAT ADDRESS PORT ZONE LOG
	eventually address_answers "$2" "$3" "$4" || fail "$1 doesn't answer: $(in_home tail -n 3 "$5")"
}
# there PORT NAME [ADDRESS]: the TXT records at NAME's challenge.
there() { "$lab" run dig +short +time=1 +tries=1 "@${3-10.53.0.1}" -p "$1" "_acme-challenge.$2" TXT; }

# tsig_key NAME [ALGORITHM]: NAME.key, as BIND writes one.
tsig_key() {
	(
		umask 077
		printf 'key "%s" {\n\talgorithm hmac-%s;\n\tsecret "%s";\n};\n' "$1" "${2-sha256}" "$(openssl rand -base64 32)" >"$1.key"
	)
}
secret_of() { sed -n 's/.*secret "\(.*\)".*/\1/p' "$1"; }

zone_text() { # NAME-OF-SERVER
	cat <<-END
		@ 60 SOA $1. hostmaster.example.net. 1 3600 600 86400 60
		@ 60 NS $1.
	END
}

# The words before a server's command line that set its clock.
clock_words() {
	[[ $skew ]] || return 0
	if ! in_home test -e $place/clock.so; then
		in_home mkdir -p $place
		in_home sh -c "cat >$place/clock.so" </usr/lib/"$(uname -m)"-linux-gnu/faketime/libfaketimeMT.so.1
	fi
	echo "env LD_PRELOAD=$place/clock.so FAKETIME=$skew FAKETIME_DONT_FAKE_MONOTONIC=1"
}
# started NAME COMMAND: in the background, in home.
started() {
	in_home sh -c "setsid $(clock_words) $2 </dev/null >$place/$1/log 2>&1 & echo \$! >$place/$1.pid"
}

# begin_knot ADDRESS PORT ZONE KEY [NAME]
begin_knot() {
	in_home mkdir -p $place/knot
	zone_text "${5-ns.$3}" | in_home sh -c "cat >$place/knot/$3.zone"
	in_home sh -c "cat >$place/knot/knot.conf" <<-END
		server:
		    rundir: $place/knot
		    listen: $1@$2
		log:
		  - target: stderr
		    any: info
		database:
		    storage: $place/knot
		key:
		  - id: $4
		    algorithm: hmac-sha256
		    secret: $(secret_of "$4.key")
		acl:
		  - id: update
		    key: $4
		    action: update
		    update-type: [TXT]
		zone:
		  - domain: $3
		    storage: $place/knot
		    file: $3.zone
		    zonefile-sync: -1
		    acl: update
	END
	started knot "knotd -c $place/knot/knot.conf"
	up_or_fail Knot "$1" "$2" "$3" $place/knot/log
}

# begin_bind PORT ZONE KEY...
begin_bind() {
	local port=$1 zone=$2
	shift 2
	in_home mkdir -p $place/bind
	cat "${@/%/.key}" | in_home sh -c "cat >$place/bind/keys"
	zone_text ns.example.net | in_home sh -c "cat >$place/bind/zone"
	in_home sh -c "cat >$place/bind/named.conf" <<-END
		include "$place/bind/keys";
		options {
			directory "$place/bind";
			pid-file none;
			session-keyfile none;
			listen-on port $port { 10.53.0.1; };
			listen-on-v6 { none; };
			recursion no;
			dnssec-validation no;
		};
		controls { };
		zone "$zone" {
			type primary;
			file "zone";
			update-policy { $(printf 'grant %s wildcard * TXT; ' "$@") };
		};
	END
	started bind "named -g -c $place/bind/named.conf"
	up_or_fail BIND 10.53.0.1 "$port" "$zone" $place/bind/log
}

# begin_pdns PORT ZONE KEY; its API is at 127.0.0.1:8081, the key `an-api-key`.
begin_pdns() {
	in_home mkdir -p $place/pdns
	in_home sh -c "cat >$place/pdns/pdns.conf" <<-END
		launch=gsqlite3
		gsqlite3-database=$place/pdns/db
		local-address=10.53.0.1
		local-port=$1
		socket-dir=$place/pdns
		dnsupdate=yes
		allow-dnsupdate-from=10.53.0.0/24
		api=yes
		api-key=an-api-key
		webserver-address=127.0.0.1
		webserver-port=8081
		security-poll-suffix=
	END
	# shellcheck disable=SC2016 # expanded there
	in_home sh -ec '
		place=$4
		sqlite3 "$place/pdns/db" </usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
		pdnsutil() { command pdnsutil --config-dir="$place/pdns" "$@"; }
		pdnsutil create-zone "$1" "ns.$1"
		pdnsutil import-tsig-key "$2" hmac-sha256 "$3"
		pdnsutil set-meta "$1" TSIG-ALLOW-DNSUPDATE "$2"' pdns "$2" "$3" "$(secret_of "$3.key")" $place >/dev/null 2>&1
	started pdns "pdns_server --config-dir=$place/pdns --daemon=no"
	up_or_fail PowerDNS 10.53.0.1 "$1" "$2" $place/pdns/log
}

# An entry that asks this server for all of it: update_at PORT KEY-FILE [ADDRESS]
update_at() {
	local at=${3-10.53.0.1}:$1
	dns="  - {provider: rfc2136, server: \"$at\", tsig: {secret_file: $2}, propagation: {check: servers, servers: [\"$at\"], timeout: 10s}}"
}
