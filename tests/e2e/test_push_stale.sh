#!/bin/bash
# A reload that says it succeeded, and the old certificate is served still: with `restart` in the playbook the
# service is restarted; without, or if that doesn't help, the old files are put back.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push

# ovh with SERVICE's words, and a short wait for both
soon() {
	host_vars ovh <<-END
		certpush:
		  nginx: {wait: 1, $1}
		  dovecot: {wait: 1, $1}
	END
}
old_served='FAILED! (dovecot|nginx): (IMAP|IMAPS|HTTPS) [^ ]*:[0-9]+: serves the certificate of [^,]* GMT, the store has that of .* GMT'

taken_back() {
	remember ovh
	ends 1 certpush push -l "ovh${1:+,$1}"
	(($(grep -Ec "^fatal: \[ovh\] $old_served; the old files are back$" "$dir/err") == 2)) || fail 'not told of both'
	(($(wc -l <"$dir/err") == 2)) || fail 'more is told'
	says '^ovh +: ok=0 +changed=0 +reloaded=0 +verified=0 +unreachable=0 +failed=2'
	as_before ovh
	nothing_left ovh
}

"$lab" break ovh stale
mint_all
soon 'restart: ~'
taken_back panix
up_to_date panix
soon ''
taken_back
"$lab" mend ovh
ends 0 certpush push -l ovh
up_to_date ovh

"$lab" break ovh deaf
mint_all
soon 'restart: ~'
taken_back
soon ''
ends 0 certpush push -l ovh
says '^restarted: \[ovh\] => nginx \(service nginx restart\)$'
up_to_date ovh
nothing_left ovh

# never: what fails stays; the next run goes on from there
mint www.example.net
soon 'restart: ~, rollback: never'
ends 1 certpush push -l ovh nginx
told_once "^fatal: \[ovh\] $old_served$"
[[ $(pair ovh /etc/nginx/tls) == "$(stored www.example.net)" ]] || fail 'rollback: never, and yet'
"$lab" mend ovh
ends 0 certpush push -l ovh
says '^reloaded: \[ovh\] => nginx \(nginx -s reload\)'
says_not '^changed: '
up_to_date ovh
nothing_left ovh

# The old files are back, and then the reload fails: that is told too.
"$lab" exec ovh rm -f /run/once
mint www.example.net
host_vars ovh <<'END'
certpush:
  nginx: {wait: 1, restart: ~, reload: 'test ! -e /run/once && touch /run/once'}
END
remember ovh
ends 1 certpush push -l ovh nginx
told_once "^fatal: \[ovh\] $old_served; the old files are back, but the service would not take them up: .*exit status 1"
as_before ovh
host_vars ovh </dev/null
ends 0 certpush push -l ovh
up_to_date ovh
nothing_left ovh
