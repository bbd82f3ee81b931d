#!/bin/bash
# Another CA than Pebble: Caddy's acme_server, an independent implementation, with other URLs, short lives and Ed25519 account keys.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fresh

caddy_begin() {
	"$lab" exec home sh -c 'mkdir -p /run/caddy; cat >/run/caddy/Caddyfile' <<-END
		{
			admin off
			auto_https disable_redirects
			skip_install_trust
			storage file_system /run/caddy/data
			http_port 14997
			https_port 14998
		}
		https://home.example.net:14998 {
			tls internal
			acme_server
		}
	END
	"$lab" exec home sh -c 'cd /run/caddy; HOME=/run/caddy setsid caddy run --config Caddyfile --adapter caddyfile </dev/null >log 2>&1 & echo $! >pid'
	eventually caddy_answers || fail "Caddy doesn't come up: $("$lab" exec home tail -n 3 /run/caddy/log)"
}
caddy_answers() {
	"$lab" exec home cat /run/caddy/data/pki/authorities/local/root.crt >"$dir/caddy.pem" 2>/dev/null &&
		"$lab" run curl -sf --max-time 5 --cacert "$dir/caddy.pem" -o /dev/null "$directory"
}
# shellcheck disable=SC2016,SC2317 # expanded there; called by the trap
caddy_end() { "$lab" exec home sh -c 'kill "$(cat /run/caddy/pid)"; rm -r /run/caddy' || :; }
leave_caddy() {
	local status=$?
	set +e
	caddy_end
	(exit $status)
	leave
}
trap leave_caddy EXIT

directory=https://home.example.net:14998/acme/local/directory
caddy_begin
configure() { # MORE-OF-ACME CERTIFICATE...
	local said=$1
	ca=$directory settings "${@:2}"
	sed -i "/^acme:/s|ca_file: [^,]*|ca_file: $dir/caddy.pem${said:+, $said}|" certpush.yml
}
configure '' 'a.example.net: {names: [a.example.net, "*.a.example.net"]}' 'b.example.net: {key: rsa2048, reuse_key: true}'
ends 0 certpush renew
for name in a b; do whole $name.example.net; done
has_names a.example.net a.example.net '*.a.example.net'
# Twelve hours: half of it is left when they are due.
ends 0 certpush renew
says '^nothing is due$'
no_records a.example.net b.example.net
was=$(spki b.example.net)
ends 0 certpush renew --force
[[ $(spki b.example.net) == "$was" ]] || fail 'not the same key'
ends 0 certpush revoke b.example.net
says '^revoked: '
ends 0 certpush revoke b.example.net
says 'it was already'
# It has no key rollover: told, and the account goes on with the key it has.
ends 1 certpush account rollover
complains 'account: key rollover: home\.example\.net:14998: '
ends 0 certpush renew --force a.example.net
ends 0 certpush account deactivate
ends 0 certpush account show
says 'none yet'
configure 'account_key: ed25519' a.example.net:
ends 0 certpush renew --force
ends 0 certpush account show
says 'valid .*\(ed25519 key'
whole a.example.net
