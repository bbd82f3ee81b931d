#!/bin/bash
# A dry run with a staging CA issues for real, into a store that is thrown away, and plans with the result: nothing else is written, here or on
# the hosts.
# shellcheck source=renew_lib.sh disable=SC2119
. "$(dirname "$0")/renew_lib.sh"
fake_ca
fresh
staged() {
	cat >certpush.yml <<-END
		store: ../store
		acme: {ca: "$pebble", staging: trials, ca_file: "$share/pebble-ca.pem", timeout: 10s}
		cas: {trials: {directory: "$fake", ca_file: "$share/pebble-ca.pem"}}
		dns:
		${dns-$(native)}
		certificates: {a.example.net: , b.example.net: {names: [b.example.net, "*.b.example.net"]}}
	END
}
staged
ends 0 certpush renew a.example.net
keep_store
forget
ends 0 certpush renew -n
says '^due: \[b\.example\.net\]: none yet$'
says '^would issue: \[b\.example\.net\] notAfter=.*: trials$'
says_not 'a\.example\.net'
same_store
(($(asked finalize) == 1)) || fail 'the staging CA was not asked'
[[ ! -e $dir/store/.certpush/trial && ! -e $dir/store/b.example.net ]] || fail 'something is left'
no_records b.example.net
# What the CA refuses there is told, and fails.
mode 'finalize status 403'
ends 1 certpush renew -n
fails_with b.example.net 'finalize: .*the database is on fire'
same_store
behave
# It isn't held against the next run, nor is what limits the real ones held against a dry run.
ends 0 certpush renew -n
ends 0 certpush renew -n
ends 0 certpush renew
whole b.example.net
keep_store
ends 0 certpush renew -n --force
says 'would issue: \[a\.example\.net\]'
same_store
# Killed in the midst of it: the next run takes the records out.
mode 'challenge hang'
forget
start renew -n --force
eventually grep -qx challenge "$dir/ca/log" || fail 'it never gets so far'
kill -KILL "$pid"
finished
behave
ends 0 certpush renew
same_store
no_records a.example.net b.example.net

# With --push: what a push would do with it, and the hosts stay as they are.
cd "$dir"
"$lab" control "$dir/fleet" >/dev/null
cd "$dir/fleet/control"
sed -i '/^acme:/a \  staging: trials' certpush.yml
cat >>certpush.yml <<-END
	cas: {trials: {directory: "$fake", ca_file: "$share/pebble-ca.pem"}}
END
trees() { for host in linode panix ovh; do "$lab" tree "$host"; done; }
trees >"$dir/hosts.before"
ends 0 certpush renew -n --push --force
says '^would issue: \[linode\.example\.net\]'
says '^would change: \[linode\] => postfix privkey\.pem'
says '^RECAP \[DRY RUN\]'
trees >"$dir/hosts.after"
diff "$dir/hosts.before" "$dir/hosts.after" || fail 'a dry run has written to a host'
