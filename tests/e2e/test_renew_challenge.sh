#!/bin/bash
# dns-account-01: the record stands at a label of the account's. dns-persist-01: nothing is added, a record that the user has published
# is looked for; plan prints it as long as it isn't there.
# shellcheck source=renew_lib.sh
. "$(dirname "$0")/renew_lib.sh"
fake_ca
fresh
answered() { [[ $(sort -u "$dir/ca/methods") == "$1" ]] || fail "answered: $(cat "$dir/ca/methods")"; }

# The hook is told where; one that isn't told is no use.
cat >hook <<-'END'
	#!/bin/sh
	echo "$1 $2" >>"$(dirname "$0")/hook.log"
END
chmod +x hook
unchecked() { echo "  - {provider: hook, hook: ./hook, dialect: $1, propagation: {check: none}}"; }
dns=$(unchecked lego)
settings 'a.example.net: {names: ["*.a.example.net"], challenge: dns-account-01}'
ends 0 certpush renew
whole a.example.net
answered account
label=_$(printf '%s/account/1' "${fake%/directory}" | openssl dgst -sha256 -binary | head -c 10 | base32 | tr '[:upper:]' '[:lower:]')
[[ $(cat hook.log) == "present $label._acme-challenge.a.example.net."$'\n'"cleanup $label._acme-challenge.a.example.net." ]] ||
	fail "the hook was called with $(cat hook.log)"
keep_store
dns=$(unchecked dehydrated)
settings 'a.example.net: {names: ["*.a.example.net"], challenge: dns-account-01}'
ends 2 certpush renew --force
fails_with a.example.net "$label\._acme-challenge\.a\.example\.net: a hook of the dialect 'dehydrated' isn't told the record's name"
same_store

# A record that isn't there: told to the letter, by renew and by plan, and the CA isn't asked to look for it.
rm "$dir/ca/methods"
mode 'directory caa'
text='fake.example; accounturi=https://home.example.net:14999/account/1; policy=wildcard'
dns=$(native 2s)
settings 'b.example.net: {names: [b.example.net, "*.b.example.net"], challenge: dns-persist-01}'
ends 1 certpush renew
fails_with b.example.net "this record has to be published: _validation-persist\.b\.example\.net\. TXT \"$text\": .*isn't shown"
complains '^    ns1\.example\.net  10\.53\.0\.11 +no such name +serial'
[[ ! -e $dir/ca/methods ]] || fail 'the CA was asked to look for it'
mkdir -p inventory
echo 'all: {hosts: {}}' >inventory/hosts.yml
ends 0 certpush plan
[[ $(grep -c . "$dir/out") == 2 ]] || fail "plan says: $(cat "$dir/out")"
says "^publish: \[b\.example\.net\] _validation-persist\.b\.example\.net\. TXT \"$text\"$"

# And then it is.
update() {
	"$lab" run nsupdate -k "$share/tsig.key" <<-END
		server 10.53.0.2
		$*
		send
	END
}
update "add _validation-persist.b.example.net 60 TXT \"$text\""
dns=$(native)
settings 'b.example.net: {names: [b.example.net, "*.b.example.net"], challenge: dns-persist-01}'
ends 0 certpush renew --force
whole b.example.net
has_names b.example.net '*.b.example.net' b.example.net
answered persist
ends 0 certpush plan
says_not '^publish'
update 'delete _validation-persist.b.example.net TXT'
