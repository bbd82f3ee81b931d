#!/bin/sh
# examples.sh CERTPUSH - what examples/, inventory/ and playbooks/ show is what certpush takes, and the hook does
# what it says.
set -eu
certpush=$(realpath "$1")
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
export ASAN_OPTIONS=detect_leaks=0 # the search for them takes longer than all the rest

fail() {
	echo "examples.sh: $*" >&2
	exit 1
}

"$certpush" -c examples/certpush.yml inventory --graph >"$scratch/graph"
for host in linode panix ovh; do grep -q -- "--$host\$" "$scratch/graph" || fail "no $host"; done

# All its certificates are known, those of domains.txt among them.
"$certpush" -c examples/certpush.yml check >"$scratch/out" 2>"$scratch/err" && fail 'check finds a store'
for name in linode.example.net www.example.net ovh.example.net shop.example.org wildcard.example.org; do
	grep -qF "[$name]" "$scratch/err" || fail "no certificate $name: $(cat "$scratch/err")"
done

mkdir "$scratch/bin"
printf '#!/bin/sh\necho "$@"\ncat\n' >"$scratch/bin/nsupdate"
chmod +x "$scratch/bin/nsupdate"
hook() { PATH=$scratch/bin:$PATH examples/hook-nsupdate.sh "$@"; }
says() { grep -qxF -- "$1" "$scratch/out" || fail "the hook doesn't say: $1"; }
hook deploy_challenge a.example.net token value b.example.net token other >"$scratch/out"
says 'update add _acme-challenge.a.example.net. 60 TXT "value"'
says 'update add _acme-challenge.b.example.net. 60 TXT "other"'
hook clean_challenge a.example.net token value >"$scratch/out"
says 'update delete _acme-challenge.a.example.net. TXT "value"'
hook this_hookscript_is_broken__dehydrated_is_working_fine__please_ignore_unknown_hooks_in_your_script >"$scratch/out"
[ ! -s "$scratch/out" ] || fail 'the hook does something unasked'
