#!/bin/bash
# Several services on one host: each is pushed, proved, or taken back by itself, in the playbooks' order; those that share a command
# stand or fall together, and it runs once.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push
on() { "$lab" exec "$@"; }

# directory_of HOST SERVICE, ports_of HOST SERVICE, certificate_of HOST SERVICE
directory_of() { services "$1" | sed -n "s|^$2 \([^ ]*\) .*|\1|p"; }
certificate_of() { services "$1" | sed -n "s|^$2 [^ ]* \([^ ]*\) .*|\1|p"; }
ports_of() { services "$1" | sed -n "s|^$2 [^ ]* [^ ]* ||p" | sed 's|/[a-z]*||g'; }
# holds_and_serves HOST SERVICE FINGERPRINT
holds_and_serves() {
	[[ $(pair "$1" "$(directory_of "$1" "$2")") == "$3" ]] || fail "$1: $2 holds another pair"
	faces "$1" >"$dir/faces"
	for port in $(ports_of "$1" "$2"); do
		[[ $(sed -n "s/^$port //p" "$dir/faces") == "$3" ]] || fail "$1: $2 serves something else at port $port"
	done
}

# half HOST FAILS LINE GOES RECAP: the one fails and is as it was; the other is done; then the next push does the rest.
half() {
	local was name
	was=$(stored "$(certificate_of "$1" "$2")")
	for name in $(services "$1" | cut -d' ' -f3 | sort -u); do mint "$name"; done
	ends 1 certpush push -l "$1"
	told_once "^fatal: \[$1\] FAILED! $2: $3"
	says "^$1 +: $5$"
	says "^changed: \[$1\] => $4 privkey\.pem$"
	says "^verified: \[$1\] => $4 "
	says_not "=> $2"
	holds_and_serves "$1" "$2" "$was"
	holds_and_serves "$1" "$4" "$(stored "$(certificate_of "$1" "$4")")"
	nothing_left "$1"
	host_vars "$1" </dev/null
	ends 0 certpush push -l "$1"
	says_not "=> $4"
	says "^verified: \[$1\] => $2 "
	up_to_date "$1"
}

# At validate, at the reload, at the proof: of the first, and of the second.
host_vars ovh <<<'certpush: {dovecot: {validate: "echo that will not do; exit 3"}}'
half ovh dovecot 'echo that will not do; exit 3: exit status 3: that will not do *; the old files are back$' nginx \
	'ok=0 +changed=2 +reloaded=1 +verified=2 +unreachable=0 +failed=1'
host_vars ovh <<<'certpush: {nginx: {validate: "echo that will not do; exit 3"}}'
half ovh nginx 'echo that will not do; exit 3: exit status 3: that will not do *; the old files are back$' dovecot \
	'ok=0 +changed=2 +reloaded=1 +verified=4 +unreachable=0 +failed=1'
on ovh rm -f /run/once /run/reloads
host_vars ovh <<<'certpush: {dovecot: {reload: "test -e /run/once || ! touch /run/once"}}'
half ovh dovecot 'test -e /run/once .*: exit status 1: *; the old files are back$' nginx 'ok=0 +changed=2 .* failed=1'
host_vars ovh <<<'certpush: {nginx: {reload: "true", restart: ~, wait: 1}}'
half ovh nginx 'HTTPS .*; the old files are back$' dovecot 'ok=0 +changed=2 .* failed=1'
host_vars ovh <<<'certpush: {nginx: {checks: [{protocol: https, host: nowhere.example.net}], wait: 1}}'
half ovh nginx 'HTTPS: .*nowhere\.example\.net.*; the old files are back$' dovecot 'ok=0 +changed=2 .* failed=1'
host_vars linode <<<'certpush: {inn: {checks: [{protocol: nntp, port: 9}], wait: 1}}'
half linode inn 'NNTP .*:9: .*; the old files are back, BUT THE SERVICE DOES NOT ANSWER$' postfix \
	'ok=0 +changed=2 +reloaded=1 +verified=4 +unreachable=0 +failed=1'
host_vars linode <<<'certpush: {postfix: {reload: "exit 1"}}'
half linode postfix 'exit 1: exit status 1: *; the old files are back, but the service would not take them up$' inn \
	'ok=0 +changed=2 +reloaded=0 +verified=4 +unreachable=0 +failed=1'

# The files behind the script, and no SFTP server there.
for way in transfer sshd; do
	if [[ $way == sshd ]]; then configure_sshd ovh 's/^Subsystem/#&/'; else echo 'certpush_transfer: stream' | host_vars ovh; fi
	cat >>"$dir/control/inventory/host_vars/ovh.yml" <<<'certpush: {dovecot: {validate: "false"}}'
	half ovh dovecot 'false: exit status 1: *; the old files are back$' nginx 'ok=0 +changed=2 .* failed=1'
done
configure_sshd ovh ''

# What is told is in order, and a plan says the same.
mint_all
steps() { sed -n 's/^\(would [a-z]*\|[a-z]*\): \[ovh\] => \([a-z]*\).*/\1 \2/p' "$dir/out" | sed 's/^would change/changed/; s/^would reload/reloaded/; s/^would verify/verified/; /validate/d' | uniq; }
ends 0 certpush plan -l ovh
steps >"$dir/planned"
ends 0 certpush push -l ovh
steps | diff "$dir/planned" - >"$dir/diff" || fail "the plan said something else: $(cat "$dir/diff")"
printf '%s\n' 'changed dovecot' 'reloaded dovecot' 'verified dovecot' 'changed nginx' 'reloaded nginx' 'verified nginx' |
	diff - "$dir/planned" >"$dir/diff" || fail "not in order: $(cat "$dir/diff")"

# They share the reload: it runs once, and both are taken back, whichever fails.
both() {
	host_vars ovh <<-END
		certpush:
		  nginx: {reload: "nginx -s reload; doveadm reload; echo x >>/run/reloads"$1}
		  dovecot: {reload: "nginx -s reload; doveadm reload; echo x >>/run/reloads"$2}
	END
}
reloads() {
	local n
	n=$(on ovh sh -c 'wc -l </run/reloads; rm /run/reloads')
	((n == $1)) || fail "reloaded $n times"
}
both '' ''
mint_all
ends 0 certpush push -l ovh
says '^ovh +: ok=0 +changed=4 +reloaded=1 +verified=6 '
reloads 1
up_to_date ovh
mint_all
remember ovh
both '' ', checks: [{protocol: imap, port: 9}], wait: 1'
ends 1 certpush push -l ovh
told_once '^fatal: \[ovh\] FAILED! dovecot: IMAP .*; the old files of dovecot, nginx are back, BUT THE SERVICE DOES NOT ANSWER$'
says '^ovh +: ok=0 +changed=0 +reloaded=0 +verified=0 +unreachable=0 +failed=1$'
reloads 2
as_before ovh
both ', validate: "exit 3"' ''
ends 1 certpush push -l ovh --format json
jq -e -s 'map(select(.event == "failed")) | length == 1 and .[0].service == "nginx" and
	(.[0].detail | test("^exit 3: exit status 3: *; the old files of dovecot, nginx are back$"))' "$dir/out" >/dev/null ||
	fail 'not told of both'
on ovh test ! -e /run/reloads || fail 'reloaded'
# rollback: never of the one is for what that one fails in
both ', rollback: never' ', checks: [{protocol: imap, port: 9}], wait: 1'
ends 1 certpush push -l ovh
told_once 'dovecot: IMAP .*; the old files of dovecot, nginx are back'
reloads 2
as_before ovh
# nothing to take up: no reason to be together
host_vars ovh </dev/null
ends 0 certpush push -l ovh dovecot
mint www.example.net
both ', validate: "false"' ''
ends 1 certpush push -l ovh
told_once '^fatal: \[ovh\] FAILED! nginx: false: '
says '^ovh +: ok=1 '
host_vars ovh </dev/null

# What is owed of each is kept apart; a plan that was written is carried out likewise.
other=$(LC_ALL=C date -d '+3 days' +%a)
quiet certpush push
mint_all
echo "certpush_window: $other 02:00-05:00" | host_vars ovh
quiet certpush push
host_vars ovh <<<'certpush: {nginx: {validate: "false"}}'
quiet certpush plan --out plan.json -l ovh
ends 1 certpush push plan.json
told_once '^fatal: \[ovh\] FAILED! nginx: false: '
[[ $(jq -r '[.owed[].service] | join(" ")' "$dir/store/.certpush/owed.json") == nginx ]] || fail "owed: $(cat "$dir/store/.certpush/owed.json")"
host_vars ovh </dev/null
ends 0 certpush push
[[ ! -e $dir/store/.certpush/owed.json ]] || fail 'something is owed still'
# shellcheck disable=SC2086 # words
up_to_date $hosts
# shellcheck disable=SC2086 # words
nothing_left $hosts
