#!/bin/bash
# dehydrated's own store is read as it is and taken over by the first renewal; at every moment keys are 0600 and directories
# 0700; no secret is in argv, in an environment, or in what is said.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
control
old=$(stored www.example.net)
ends 0 certpush check --days 1
silent
ends 1 certpush check --days 20
says '^expiry: \[www\.example\.net\] expires in 8 days'
keep_store
ends 0 certpush renew -n
same_store

# The run, with every name that is opened to be written or made, and every program that is started.
samples() {
	while kill -0 "$pid" 2>/dev/null; do
		cat /proc/"$pid"/{cmdline,environ} /proc/"$pid"/task/*/children 2>/dev/null | tr '\0' '\n' || :
		sleep 0.1
	done
}
# LeakSanitizer can't look while another does.
ASAN_OPTIONS=detect_leaks=0 "$lab" run strace -f -qq -s 4096 -o "$dir/trace" \
	-e trace=open,openat,creat,mkdir,mkdirat,chmod,fchmod,fchmodat,umask,execve \
	"$CERTPUSH" renew -vv >"$dir/out" 2>"$dir/err" &
pid=$!
samples >"$dir/seen"
finished
((status == 0)) || fail "exit status $status"
for name in linode.example.net www.example.net imap.example.net; do
	says "^issued: \[$name\]"
	whole "$name"
done
[[ $(stored www.example.net) != "$old" ]] || fail 'it is the old certificate'

made() { grep -E 'O_CREAT|creat\(|mkdir' "$dir/trace" | grep -E "\"[^\"]*$1" || :; }
(($(made privkey | wc -l) >= 6)) || fail 'no key is seen to be made'
made '(privkey|account_key|order|dns-records)' | grep -v mkdir | grep -Ev ', 0600(\)| <unfinished)' >"$dir/wrong" || :
[[ ! -s $dir/wrong ]] || fail "made with other modes: $(cat "$dir/wrong")"
made . | grep mkdir | grep -F "$dir/store" | grep -Ev ', 0700(\)| <unfinished)' >"$dir/wrong" || :
[[ ! -s $dir/wrong ]] || fail "directories made with other modes: $(cat "$dir/wrong")"
[[ ! $(find "$dir/store" "$dir/control/accounts" -type d ! -perm 0700) ]] || fail 'a directory is open to others'
[[ ! $(find "$dir/store" "$dir/control/accounts" -name '*key*' -type f ! -perm 0600) ]] || fail 'a key is open to others'

# Every secret of the run, line by line.
secret_lines() {
	cat "$dir"/store/*/generations/*/privkey.pem "$dir"/control/accounts/*/account_key.pem | grep -v -e '-----'
	sed -n 's/.*secret "\(.*\)";/\1/p' "$share/tsig.key"
}
secret_lines >"$dir/secrets"
(($(wc -l <"$dir/secrets") > 8)) || fail 'no secrets were found to look for'
# The trace's first lines have what certpush was started with; later ones, what it starts.
for place in seen trace out err; do
	! grep -nFf "$dir/secrets" "$dir/$place" || fail "a secret is in $place"
done
ends 0 certpush renew --force --format json -vv
secret_lines >"$dir/secrets"
! grep -nFf "$dir/secrets" "$dir/out" "$dir/err" || fail 'a secret is in what it says'
[[ $(jq -r 'select(.event == "issued") | .certificate' "$dir/out" | sort | paste -sd' ') == \
	'imap.example.net linode.example.net www.example.net' ]] || fail 'the JSON does not tell what was issued'
says "\"fingerprint\":\"$(stored imap.example.net)\""

# The old files stay where dehydrated put them, and are the generation before.
[[ -f $(echo "$dir"/store/www.example.net/privkey-*.pem) ]] || fail "dehydrated's own files are gone"
[[ $(fingerprint <"$(find "$dir/store/www.example.net/generations" -name fullchain.pem | sort | head -n 1)") == "$old" ]] ||
	fail 'the oldest generation is not the old certificate'
