#!/bin/bash
# check-remote --wait: until what is served has been right three times in a row, or the time is over.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
has_ended() { ! kill -0 "$1" 2>/dev/null; }
own_control
mint_all
quiet certpush push
ends 0 certpush check-remote --wait 60s https panix

mint www.example.net
ends 1 certpush check-remote https panix
says 'OLDER'
ends 1 certpush check-remote --wait 1 https panix
says 'OLDER'

# it goes on asking while the old one is served, and ends well once a push was made meanwhile
start check-remote --wait 10m --format json https panix
sleep 2
kill -0 "$pid" || fail 'it has not waited'
mv "$dir/out" "$dir/waited"
quiet certpush push -l panix
wait "$pid" || fail "it ended with $?"
jq -e -s 'map(select(.event == "probe")) | length > 0 and all(.verdict == "ok")' "$dir/waited" >/dev/null || fail 'not well at the end'

# it doesn't hold up a stop
mint imap.example.net
start check-remote --wait 10m imaps ovh
sleep 1
kill -INT "$pid"
eventually has_ended "$pid" || fail 'it goes on after SIGINT'
