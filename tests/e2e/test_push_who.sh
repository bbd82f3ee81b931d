#!/bin/bash
# Which hosts and services, how many at a time, and one run at a time.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push

# pushed WANT ARG...: the services that a plan with these words would change, as HOST/SERVICE
pushed() {
	local want=$1
	shift
	ends 0 certpush plan --format json "$@"
	jq -r 'select(.event == "changed") | "\(.host)/\(.service)"' "$dir/out" | sort -u | paste -sd' ' >"$dir/got"
	[[ $(cat "$dir/got") == "$want" ]] || fail "$*: $(cat "$dir/got"), not $want"
}
mint_all
pushed 'linode/inn linode/postfix' -l linode
pushed 'linode/inn linode/postfix' -l mail
pushed 'ovh/dovecot ovh/nginx panix/apache' -l 'all:!mail'
pushed 'ovh/dovecot ovh/nginx' -l 'web:&o*'
pushed 'panix/apache' -l '~pan.x$'
pushed 'linode/inn ovh/nginx' nginx inn
pushed 'ovh/nginx' -l ovh nginx
pushed '' -l linode nginx
says '"nothing to do: '
ends 2 certpush push nginks
complains "'nginks' is neither a service nor a playbook"
ends 2 certpush push -l nowhere
complains 'nowhere'

# by ones and by twenties it comes to the same
ends 0 certpush push -f 1
# shellcheck disable=SC2086 # words
up_to_date $hosts
mint_all
ends 0 certpush push -f 20
# shellcheck disable=SC2086 # words
up_to_date $hosts

# the second run says who is at work
mint www.example.net
host_vars panix <<'END'
certpush:
  apache: {validate: "touch /run/here; while [ -e /run/here ]; do sleep 0.1; done"}
END
"$lab" run "$CERTPUSH" push -l panix >"$dir/first" 2>&1 &
pid=$!
until "$lab" exec panix test -e /run/here; do kill -0 $pid || fail 'it ended before'; done
ends 3 certpush push
told_once "push, pid $pid, since 2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"
ends 3 certpush renew
told_once "push, pid $pid, since"
ends 0 certpush plan -l linode
ends 0 certpush push -n -l linode
"$lab" exec panix rm /run/here
wait $pid || fail "the first run: $(cat "$dir/first")"
host_vars panix </dev/null
up_to_date panix
ends 0 certpush push
ends 0 certpush push
says '^nothing to do: 5 services on 3 hosts as they should be$'
