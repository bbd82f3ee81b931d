#!/bin/bash
# A hook that fails, hangs, isn't executable, isn't there: told as what it is; what it has deployed is given to clean_challenge; nothing in
# the store changes, and the next run goes on.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fresh
dns=$(hook hook.sh 'hook_timeout: 3s')
settings 'a.example.net: {names: [first.example.net]}'

# script LINE...: the hook, with these lines before the user's own.
script() {
	{
		echo '#!/bin/bash'
		echo "echo \"\$1 \$2\" >>$dir/calls"
		printf '%s\n' "$@"
		echo "exec $share/hook.sh \"\$@\""
	} >hook.sh
	chmod 0755 hook.sh
	rm -f "$dir/calls"
}
script
ends 0 certpush renew
keep_store
# Names that were never validated before: even with PEBBLE_AUTHZREUSE=0, Pebble reuses one answer in a hundred.
settings 'a.example.net: {names: [a.example.net, b.example.net]}'
order=

# refused PATTERN: a run with it.
refused() {
	ends 1 certpush renew --force
	fails_with a.example.net "$1"
	same_store
	[[ $(order_of a.example.net) ]] || fail 'the order is forgotten'
	[[ ! $order || $(order_of a.example.net) == "$order" ]] || fail 'another order was begun'
	order=$(order_of a.example.net)
}
ended() { [[ ! -e /proc/$1 ]] || grep -q '^State:.*Z' "/proc/$1/status"; }
called() { sort "$dir/calls" | paste -sd, | grep -Exq "$1" || fail "the calls were: $(paste -sd, "$dir/calls")"; }

script "if [[ \$1 == deploy_challenge && \$2 == b.example.net ]]; then echo first >&2; echo 'no such zone: b' >&2; exit 7; fi"
refused 'hook\.sh deploy_challenge: exit status 7: no such zone: b$'
called 'clean_challenge a\.example\.net,clean_challenge b\.example\.net,deploy_challenge a\.example\.net,deploy_challenge b\.example\.net'
no_records a.example.net b.example.net

# Ended with all that it has started.
script "if [[ \$1 == deploy_challenge ]]; then sleep 98765 & echo \$! >>$dir/sleeper; wait; fi"
refused 'hook\.sh deploy_challenge: not finished after 3 s, ended$'
while read -r sleeper; do
	eventually ended "$sleeper" || fail 'the hook has left a process'
done <"$dir/sleeper"
# shellcheck disable=SC2016 # for the hook to expand
script 'if [[ $1 == deploy_challenge ]]; then kill -SEGV $$; fi'
refused 'hook\.sh deploy_challenge: ended by signal 11$'

# Those that can't be started have nothing to clean either.
script
chmod 0644 hook.sh
refused 'hook\.sh deploy_challenge: .*[Pp]ermission denied$'
[[ ! -s $dir/calls ]] || fail 'it was called'
rm hook.sh
refused 'hook\.sh deploy_challenge: .*[Nn]o such file or directory$'
printf 'echo hello\n' >hook.sh
chmod 0755 hook.sh
refused 'hook\.sh: no program \(a script begins with #!/bin/sh\)$'

# One that can't clean: the certificate is there, and what is left is taken out by the next run.
script "[[ \$1 == clean_challenge ]] && { echo 'not today' >&2; exit 1; }"
ends 0 certpush renew --force
says '^issued: \[a\.example\.net\]'
complains '^\[WARNING\]: [ab]\.example\.net: its TXT record is still there, the next run will try again: .*clean_challenge: exit status 1: not today$'
[[ $(issued_by a.example.net) == "$order" ]] || fail "not the order that was begun: $order"
whole a.example.net
[[ $(records a.example.net) ]] || fail 'the test has lost its records'
script
ends 0 certpush renew -v
says '^nothing is due$'
complains '^2 TXT records of an earlier run taken out$'
no_records a.example.net b.example.net
called 'clean_challenge a\.example\.net,clean_challenge b\.example\.net'
