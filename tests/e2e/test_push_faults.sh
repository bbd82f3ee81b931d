#!/bin/bash
# The connection is cut, certpush is killed, or the script that it runs on a host is, at each step of a push: what the host then holds and
# serves, what is told, and that the next push mends it. And two controllers at once.
# shellcheck source=faults_lib.sh
. "$(dirname "$0")/faults_lib.sh"
own_control
mint_all
quiet certpush push

try_rows panix apache <<'END'
look     | cut      |   1 | old   | old |                  | ^fatal: \[HOST\] UNREACHABLE! .*the host hung up
look     | kill     |   1 | old   | old |                  | ^fatal: \[HOST\] FAILED! the answer breaks off
look     | certpush | 137 | old   | old |                  |
send     | cut      |   1 | old   | old |                  | ^fatal: \[HOST\] UNREACHABLE! .*the host hung up
send     | certpush | 137 | old   | old |                  |
half     | cut      |   1 | old   | old |                  | ^fatal: \[HOST\] UNREACHABLE! apache: while the files were put in place: the next run will tell: .*the host hung up
half     | kill     |   1 | old   | old |                  | ^fatal: \[HOST\] FAILED! apache: while the files were put in place: the next run will tell: no script could be run there
stage    | cut      |   1 | new   | new |                  | ^fatal: \[HOST\] UNREACHABLE! apache: while the files were put in place: the next run will tell: .*the host hung up
stage    | kill     |   1 | old   | old |                  | ^fatal: \[HOST\] FAILED! apache: while the files were put in place: the next run will tell: the answer breaks off
stage    | certpush | 137 | new   | new |                  |
keep     | cut      |   1 | new   | new |                  | ^fatal: \[HOST\] UNREACHABLE! apache: while the files .*the host hung up
keep     | kill     |   1 | old   | old |                  | ^fatal: \[HOST\] FAILED! apache: while the files .*: the answer breaks off
keep     | certpush | 137 | new   | new |                  |
swap     | cut      |   1 | new   | new |                  | ^fatal: \[HOST\] UNREACHABLE! apache: while the files .*the host hung up
swap     | kill     |   1 | mixed | old |                  | ^fatal: \[HOST\] FAILED! apache: while the files .*: the answer breaks off
swap     | certpush | 137 | new   | new |                  |
settle   | kill     |   1 | new   | old |                  | ^fatal: \[HOST\] FAILED! apache: while the files .*: the answer breaks off
validate | cut      |   1 | new   | new | validate: at-step validate | ^fatal: \[HOST\] UNREACHABLE! apache: while the files .*the host hung up
validate | kill     |   1 | new   | old | validate: at-step validate | ^fatal: \[HOST\] FAILED! apache: while the files .*: the answer breaks off
validate | certpush | 137 | new   | new | validate: at-step validate |
restore  | kill     |   1 | mixed | old | validate: "false"     | ^fatal: \[HOST\] FAILED! apache: while the files .*: the answer breaks off
restore  | cut      |   1 | old   | old | validate: "false"     | ^fatal: \[HOST\] UNREACHABLE! apache: while the files .*the host hung up
restore  | certpush | 137 | old   | old | validate: "false"     |
reload   | cut      |   1 | new   | new | reload: at-step reload; RELOAD | ^fatal: \[HOST\] UNREACHABLE! apache: while the files .*the host hung up
reload   | kill     |   1 | new   | old | reload: at-step reload; RELOAD | ^fatal: \[HOST\] FAILED! apache: while the files .*: the answer breaks off
reload   | certpush | 137 | new   | new | reload: at-step reload; RELOAD |
proving  | certpush | 137 | new   | old | reload: "true", restart: ~ |
proving  | cut      |   1 | new   | old | reload: "true", restart: ~ | ^fatal: \[HOST\] FAILED! .*; while the old files were put back: .*hung up
commit   | cut      |   0 | new   | new |                  | WARNING.: HOST: .*hung up.*; all is proved there, the next run will reload once more$
commit   | kill     |   0 | new   | new |                  | WARNING.: HOST: .*the answer breaks off; all is proved there
commit   | certpush | 137 | new   | new |                  |
commit   | cut      |   1 | new   | new | checks: []       | ^fatal: \[HOST\] UNREACHABLE! apache: while the files .*the host hung up
commit   | kill     |   1 | new   | new | checks: []       | ^fatal: \[HOST\] FAILED! apache: while the files .*: the answer breaks off
commit   | certpush | 137 | new   | new | checks: []       |
END

# With sudo between, and two services: Dovecot's transaction comes first. When the connection is gone, or nobody knows how it has ended,
# nginx's isn't begun.
gone='^fatal: \[HOST\] FAILED! nginx: not begun: the connection is lost$'
try_rows ovh dovecot <<END
half     | cut      |   1 | old     | old     |                  | ^fatal: \[HOST\] UNREACHABLE! dovecot: while the files .*the host hung up | $gone
stage    | cut      |   1 | new old | new old |                  | ^fatal: \[HOST\] UNREACHABLE! dovecot: while the files .*the host hung up | $gone
stage    | kill     |   1 | old     | old     |                  | ^fatal: \[HOST\] FAILED! dovecot: while the files .*: the answer breaks off | ^fatal: \[HOST\] FAILED! nginx: not begun: dovecot must be settled first$
swap     | cut      |   1 | new old | new old |                  | ^fatal: \[HOST\] UNREACHABLE! dovecot: while the files .*the host hung up | $gone
swap     | certpush | 137 | new old | new old |                  |
reload   | cut      |   1 | new old | new old | reload: at-step reload; RELOAD | ^fatal: \[HOST\] UNREACHABLE! dovecot: while the files .*the host hung up | $gone
reload   | certpush | 137 | new old | new old | reload: at-step reload; RELOAD |
proving  | cut      |   1 | new old | old     | reload: "true", restart: ~ | ^fatal: \[HOST\] FAILED! dovecot: .*; while the old files were put back: .*hung up | $gone
commit   | cut      |   1 | new old | new old |                  | WARNING.: HOST: .*hung up.*; all is proved there, the next run will reload once more$ | $gone
commit   | kill     |   0 | new     | new     |                  | WARNING.: HOST: .*the answer breaks off; all is proved there
END
# What happens to nginx's doesn't touch Dovecot's.
try_rows ovh nginx <<'END'
restore  | cut      |   1 | new old | new old | validate: "false" | ^fatal: \[HOST\] UNREACHABLE! nginx: while the files .*the host hung up
reload   | cut      |   1 | new     | new     | reload: at-step reload; RELOAD | ^fatal: \[HOST\] UNREACHABLE! nginx: while the files .*the host hung up
reload   | certpush | 137 | new     | new     | reload: at-step reload; RELOAD |
END

# Two controllers at once: the second waits, and both end well.
row='another controller'
mint_all
mkdir "$dir/second"
cp -r "$dir/control" "$dir/store" "$dir/second"
"$lab" break ovh step stage hold
start push -l ovh
held_up ovh
"$lab" run "$CERTPUSH" -c "$dir/second/control/certpush.yml" push -vv -l ovh >"$dir/second.out" 2>"$dir/second.err" &
second=$!
until grep -q applying "$dir/second.err"; do kill -0 $second || fail "the second ended before: $(cat "$dir/second.err")"; done
on ovh rm /run/lab/step/here
wait $pid || fail 'the first failed'
wait $second || fail "the second failed: $(cat "$dir/second.err")"
"$lab" mend ovh
up_to_date ovh
nothing_left ovh
ends 0 certpush push -l ovh
says '^nothing to do: '
