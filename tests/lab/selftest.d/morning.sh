# shellcheck shell=bash
# morning - DNS from the update to all secondaries, the user's hook, the CA.

challenge=_acme-challenge.www.example.net

has_txt() { lab run dig +short "@$1" "$challenge" TXT | grep -qxF "\"$2\""; }
update() { printf 'server primary.example.net\nupdate %s\nsend\n' "$1" | lab run nsupdate -k "$share/tsig.key"; }

test_morning() {
	local server root
	check 'a TXT record is taken' update "add $challenge. 60 TXT one"
	for server in 10.53.0.11 10.53.0.12 10.53.0.13; do
		check "it travels to $server" eventually 15 has_txt $server one
	done
	check 'the resolver sees it' has_txt 10.53.0.1 one
	check 'and is taken out by value' update "delete $challenge. TXT one"
	refuse 'an address is not taken' update 'add other.example.net. 60 A 192.0.2.1'

	check 'hook.sh puts a challenge in place' lab run "$share/hook.sh" deploy_challenge www.example.net token two
	for server in 10.53.0.11 10.53.0.12 10.53.0.13; do check "and waits for $server" has_txt $server two; done
	check 'hook.sh cleans up' lab run "$share/hook.sh" clean_challenge www.example.net token two
	check 'hook.sh lets other calls pass' lab run "$share/hook.sh" unchanged_cert www.example.net

	expect 'Pebble answers over HTTPS' newOrder ca_directory
	root=$(sha256sum <"$share/roots.pem")
	check 'Pebble starts anew with other settings' lab ca PEBBLE_WFE_NONCEREJECT=90 PEBBLE_ALTERNATE_ROOTS=1
	# shellcheck disable=SC2016 # expanded there
	expect 'and has them' PEBBLE_WFE_NONCEREJECT=90 lab exec home sh -c 'tr "\0" "\n" </proc/$(cat /run/pebble.pid)/environ'
	expect 'its roots have been fetched again' 3 grep -c BEGIN "$share/roots.pem"
	refuse 'and are other ones' test "$root" == "$(sha256sum <"$share/roots.pem")"
	check 'Pebble as before' lab ca
	refuse 'ca: a setting that is none' lab ca 'PEBBLE_X=a b'
}

ca_directory() { lab run curl -sf --cacert "$share/pebble-ca.pem" https://pebble.example.net:14000/dir; }
