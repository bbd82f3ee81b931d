#!/bin/bash
# plan --out FILE and push FILE: exactly that plan, and only where the world is as it was then.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push
on() { "$lab" exec "$@"; }

# What was planned is done, and nothing else: ovh's files differ too by then, and one more of linode's services.
mint_all
on linode sh -c 'cp -p /etc/news/tls/privkey.pem /root/kept.pem'
ends 0 certpush plan -l linode,panix postfix apache --out plan.json
says '^the plan is in plan\.json: certpush push plan\.json carries it out$'
[[ $(stat -c %a plan.json) == 600 ]] || fail 'the plan is for others to read'
! grep -q 'PRIVATE\|BEGIN' plan.json || fail 'a key in the plan'
jq -e '[.hosts[].host] == ["linode", "panix"] and ([.hosts[].services[].service] == ["postfix", "apache"])' plan.json >/dev/null ||
	fail "the plan: $(cat plan.json)"
remember ovh
"$lab" exec linode sha256sum /etc/news/tls/privkey.pem >"$dir/inn.before"
ends 0 certpush push -n plan.json
says '^would change: \[linode\] => postfix'
ends 0 certpush push plan.json
says '^changed: \[linode\] => postfix'
says '^verified: \[panix\] => apache'
says_not 'inn|ovh'
as_before ovh
"$lab" exec linode sha256sum /etc/news/tls/privkey.pem | diff "$dir/inn.before" - || fail 'inn was not in the plan'
up_to_date panix

# Once more: it is all there.
ends 0 certpush push plan.json
says '^ok: \[linode\] => postfix: has all that was planned$'
says '^nothing to do: '
quiet certpush push
# shellcheck disable=SC2086 # words
up_to_date $hosts

# What a host holds has changed: it is refused, the others go on.
mint_all
quiet certpush plan --out plan.json
on linode rm /etc/postfix/tls/privkey.pem
remember linode
ends 1 certpush push plan.json
told_once '^fatal: \[linode\] FAILED! postfix: /etc/postfix/tls/privkey\.pem was content, is now missing: plan again$'
as_before linode
up_to_date panix ovh
quiet certpush push

# The store has changed: of www, so linode's go on.
mint_all
quiet certpush plan --out plan.json
mint www.example.net
remember panix ovh
ends 1 certpush push plan.json
complains "^fatal: \[panix\] FAILED! apache: the store's certificate was [0-9a-f]{60}, is now [0-9a-f]{60}: plan again$"
complains '^fatal: \[ovh\] FAILED! nginx: '
(($(wc -l <"$dir/err") == 2)) || fail 'not a line for each'
as_before panix ovh
up_to_date linode
quiet certpush push

# So have the settings; a host is gone; a certificate is.
mint_all
quiet certpush plan --out plan.json
host_vars ovh <<'END'
certpush:
  nginx: {reload: "service nginx reload"}
END
remember ovh
ends 1 certpush push plan.json
told_once '^fatal: \[ovh\] FAILED! nginx: reload was nginx -s reload, is now service nginx reload: plan again$'
as_before ovh
host_vars ovh </dev/null
jq '.hosts[0].host = "gone"' plan.json >other.json
ends 1 certpush push other.json
complains '^fatal: \[gone\] FAILED! isn.t in the inventory any more: plan again$'
quiet certpush push

# Commands in the file are compared and never run.
mint_all
quiet certpush plan --out plan.json
jq '(.hosts[].services[].wants.reload) |= "touch /tmp/pwned"' plan.json >other.json
ends 1 certpush push other.json
complains 'reload was touch /tmp/pwned, is now '
on linode test ! -e /tmp/pwned || fail 'a command of the file was run'
quiet certpush push plan.json

# A plan of nothing.
quiet certpush plan --out plan.json
jq -e '.hosts == []' plan.json >/dev/null || fail 'a plan with hosts in it'
ends 0 certpush push plan.json
says '^nothing to do: there is nothing in the plan$'

# Not to be mixed up with other words, cut, of another store or version, or nothing at all.
wrong() {
	ends 2 certpush push "${@:2}"
	told_once "$1"
}
mint_all
quiet certpush plan --out plan.json
wrong 'plan\.json: a plan says itself which hosts' plan.json postfix
wrong 'plan\.json: a plan says itself which hosts' -l linode plan.json
wrong 'plan\.json: a plan says itself which hosts' --start-at linode plan.json
head -c 700 plan.json >cut.json
wrong '^certpush: cut\.json: no plan, or one that was cut$' cut.json
sed 's/"certpush_plan":.*1/"certpush_plan": 9/' plan.json >nine.json
wrong '^certpush: nine\.json: a plan of format 9' nine.json
sed 's/"store":.*"[0-9a-f]*"/"store": "0123456789abcdef"/' plan.json >other.json
wrong '^certpush: other\.json: a plan for another store' other.json
wrong 'neither a service nor a playbook' none.json
ends 1 certpush plan --out nowhere/plan.json
complains 'nowhere'

# --start-at: those from there on, in the inventory's order.
ends 2 certpush push --start-at panx
complains "'panx' is none of the hosts: did you mean panix\?"
ends 2 certpush push -l linode,panix --start-at ovh
ends 0 certpush plan --start-at panix
says '=> apache'
says '=> nginx'
says_not 'linode'
ends 0 certpush push -l linode,panix --start-at panix
up_to_date panix
says_not 'linode|ovh'
quiet certpush push
# shellcheck disable=SC2086 # words
nothing_left $hosts
