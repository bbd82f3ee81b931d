#!/bin/bash
# certpush, or what it runs on a host, is ended there, and what was begun is finished or taken back: what test_push_faults.sh
# has no row for.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push -l panix

# The command waits there until it is let go, so that it's known where the push is.
held_up() {
	host_vars panix <<-END
		certpush:
		  apache: {$1: "touch /run/here; while [ -e /run/here ]; do sleep 0.1; done; $2"}
	END
}
begin_push() {
	start push -l panix
	until "$lab" exec panix test -e /run/here; do kill -0 $pid || fail 'it ended before'; done
}
let_go() { "$lab" exec panix rm /run/here; }

# the script itself is killed, with all that it began, and then the new certificate turns out to be wrong: what was last proved is what
# comes back
mint www.example.net
"$lab" break panix reload
remember panix
held_up reload true
begin_push
# shellcheck disable=SC2016 # expanded there
"$lab" exec panix sh -c 'kill -9 "$(cat /root/.certpush-lock/pid)"'
wait $pid || :
let_go
mint www.example.net
host_vars panix </dev/null
ends 1 certpush push -l panix
as_before panix
"$lab" mend panix
ends 0 certpush push -l panix
up_to_date panix
nothing_left panix

# SIGTERM in the midst of it waits for the end; a second one doesn't
mint www.example.net
held_up reload 'apachectl graceful'
begin_push
kill -TERM $pid
sleep 0.3
kill -0 $pid || fail 'it did not finish what it had begun'
let_go
status=0
wait $pid || status=$?
((status == 130)) || fail "exit status $status"
up_to_date panix
nothing_left panix
mint www.example.net
begin_push
kill -INT $pid
sleep 0.1
kill -INT $pid
status=0
wait $pid || status=$?
((status == 130)) || fail "exit status $status"
let_go
host_vars panix </dev/null
ends 0 certpush push -l panix
up_to_date panix
nothing_left panix

# Between two services: the one at work is finished, the next isn't begun; the next push does that.
quiet certpush push -l ovh
mint www.example.net
mint imap.example.net
host_vars ovh <<-END
	certpush:
	  dovecot: {reload: "touch /run/here; while [ -e /run/here ]; do sleep 0.1; done; doveadm reload"}
END
start push -l ovh
until "$lab" exec ovh test -e /run/here; do kill -0 $pid || fail 'it ended before'; done
kill -TERM $pid
"$lab" exec ovh rm /run/here
status=0
wait $pid || status=$?
((status == 130)) || fail "exit status $status"
told_once '^fatal: \[ovh\] FAILED! nginx: not begun: interrupted$'
says '^verified: \[ovh\] => dovecot '
says '^ovh +: ok=0 +changed=2 +reloaded=1 +verified=4 +unreachable=0 +failed=1$'
[[ $(pair ovh /etc/dovecot/tls) == "$(stored imap.example.net)" ]] || fail 'dovecot holds another pair'
nothing_left ovh
host_vars ovh </dev/null
ends 0 certpush push -l ovh
says_not '=> dovecot'
up_to_date ovh
nothing_left ovh
