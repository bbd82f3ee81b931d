#!/bin/bash
# --format json: each line of a push is an object with the fields that docs/events.md names for its kind.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push

# KIND, then its fields; those in brackets needn't be there.
fields='
section     detail
step        host detail
note        [host] detail
ok          host service [detail]
changed     host service item path part [fingerprint] [not_after] [old_fingerprint] [old_not_after] [names_gained] [names_lost] detail [diff]
validated   host service item [detail]
reloaded    host service item [detail]
restarted   host service item [detail]
verified    host service protocol address not_after fingerprint
owed        host until detail
held        host service detail
failed      host [service] detail
unreachable host [service] detail
recap       host recap
summary     detail
'
well_formed() {
	local kind must
	while read -r line; do jq -e 'type == "object" and (.time | test("^2[0-9]{3}-[0-9-]{5}T[0-9:]{8}Z$"))' <<<"$line" >/dev/null || fail "no event: $line"; done < <(head -n 3 "$dir/out")
	jq -r '[.event, (keys_unsorted - ["time", "event", "dry"] | .[])] | join(" ")' "$dir/out" >"$dir/kinds" || fail 'not JSON'
	while read -r kind got; do
		must=$(sed -n "s/^$kind  *//p" <<<"$fields")
		[[ $must ]] || fail "$kind: no kind that docs/events.md knows"
		for field in $got; do [[ " ${must//[\[\]]/} " == *" $field "* ]] || fail "$kind: a field '$field'"; done
		for field in $must; do [[ $field == \[* || " $got " == *" $field "* ]] || fail "$kind: no field '$field'"; done
	done < <(sort -u "$dir/kinds")
}
# all FILTER: true of each event
all() { jq -e -s "all(.[]; $1)" "$dir/out" >/dev/null || fail "not of all: $1"; }
some() { jq -e -s "any(.[]; $1)" "$dir/out" >/dev/null || fail "of none: $1"; }

mint www.example.net
mint imap.example.net
ends 0 certpush plan --format json
well_formed
all 'if .event == "changed" or .event == "reloaded" then .dry == true else true end'

"$lab" break linode sshd
"$lab" break panix reload
ends 1 certpush push -v --format json
[[ ! -s $dir/err ]] || fail 'errors are events'
well_formed
all 'has("dry") | not'
print=$(stored www.example.net)
some ".event == \"changed\" and .part == \"fullchain\" and .fingerprint == \"$print\""
all 'if .part == "privkey" then has("fingerprint") | not else true end'
some ".event == \"verified\" and .protocol == \"HTTPS\" and .address == \"10.53.0.13:443\" and .fingerprint == \"$print\""
some '.event == "unreachable" and .host == "linode"'
some '.event == "failed" and .host == "panix" and .service == "apache"'
some '.event == "recap" and .host == "ovh" and .recap.changed == 4 and .recap.reloaded == 2 and .recap.verified >= 3 and .recap.failed == 0'
some '.event == "recap" and .host == "linode" and .recap.unreachable == 1'
! grep -q 'PRIVATE KEY' "$dir/out" || fail 'a private key'
"$lab" mend linode
"$lab" mend panix
ends 0 certpush push --format json
well_formed
ends 0 certpush push --format json
some '.event == "summary" and (.detail | startswith("nothing to do: "))'
ends 0 certpush push -q
silent
