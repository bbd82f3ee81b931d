#!/bin/bash
# hosts trust: what a host shows, what known_hosts says of it, and on which ground a key gets in; by a jump host too. On
# a terminal, in a pipe, by each option; and nothing else of the file changes.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
known=$dir/known/hosts
sed -i "s|UserKnownHostsFile=[^ ]*|UserKnownHostsFile=$known|" "$dir/control/inventory/group_vars/all.yml"
grep -q "$known" "$dir/control/inventory/group_vars/all.yml" || fail 'the lab names its known_hosts elsewhere'
# a key of each type, as ssh-keyscan has it
keys() { "$lab" run ssh-keyscan "$1.example.net" 2>/dev/null | sort; }
prints() { keys "$1" | ssh-keygen -lf - | cut -d' ' -f2; }
untouched() { [[ ! -e $known ]] || fail 'it was changed'; }

# in a pipe: told, and no more
ends 1 certpush hosts trust </dev/null
for host in $hosts; do
	says "^$host$"
	for print in $(prints "$host"); do says "^    NEW +(ssh|ecdsa)-[^ ]+ +${print//+/[+]}\$"; done
done
complains '^\[WARNING\]: no key was added where nothing vouches for it: there is no terminal'
untouched

# by a fingerprint: that one alone
print=$(prints linode | head -n 1)
ends 0 certpush hosts trust --fingerprint "$print" linode
says "^trusted: \[linode\] => .* ${print//+/[+]} in $known \(by its fingerprint\)$"
[[ $(stat -c %a "$known") == 600 && $(stat -c %a "${known%/*}") == 700 ]] || fail 'others can read it'
[[ $(wc -l <"$known") == 1 && $(ssh-keygen -lf "$known" | cut -d' ' -f2) == "$print" ]] || fail 'not that one alone'
ends 1 certpush hosts trust --fingerprint "$print" panix
complains "^fatal: \[panix\] FAILED! nothing that was said vouches for one of its keys$"
ends 2 certpush hosts trust --fingerprint SHA256:abc
complains '^certpush: --fingerprint: expected SHA256:… as ssh-keygen -l prints it'

# on first use, and only then; what is there stays, byte by byte
printf '# mine\n\n bad line' >>"$known"
cp "$known" "$dir/before"
ends 0 certpush hosts trust --yes panix
says '^trusted: \[panix\] => ssh-ed25519 .* \(on first use\)$'
cmp -n "$(stat -c %s "$dir/before")" "$dir/before" "$known" || fail 'what was there has changed'
keys panix | cut -d' ' -f2- | sort >"$dir/wanted"
grep '^panix' "$known" | cut -d' ' -f2- | sort | cmp - "$dir/wanted" || fail 'not the keys that ssh-keyscan gets'
cp "$known" "$dir/before"
ends 0 certpush hosts trust --yes linode
says_not '^trusted'
ends 0 certpush hosts trust panix </dev/null
cmp "$dir/before" "$known" || fail 'it was changed'

# answers HOST ANSWER...: on a terminal
answers() {
	cat >"$dir/answers.py" <<-'END'
		import os, pty, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp(sys.argv[2], sys.argv[2:])
		said, answers = b'', sys.argv[1].split('|')
		while True:
		    try:
		        data = os.read(fd, 4096)
		    except OSError:
		        break
		    if not data:
		        break
		    sys.stdout.buffer.write(data)
		    said += data
		    if said.endswith((b') ', b': ')) and answers:
		        os.write(fd, (answers.pop(0) + '\n').encode())
		        said = b''
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
	local host=$1 words=$2
	shift 2
	status=0
	"$lab" run python3 "$dir/answers.py" "$words" "$CERTPUSH" --color never hosts trust "$@" "$host" 2>"$dir/err" | tr -d '\r' >"$dir/out" ||
		status=${PIPESTATUS[0]}
}
ends 1 answers ovh ''
says '^ovh: add these new keys to .*known/hosts\? \(y/N, or the fingerprint of one\)'
ends 1 answers ovh 'maybe|n'
says 'y, n, or a fingerprint as shown above: '
ends 1 answers ovh "$print|no"
says 'That is the fingerprint of none of these keys'
cmp "$dir/before" "$known" || fail 'it was changed'
of_ovh=$(prints ovh | tail -n 1)
ends 0 answers ovh "  256 $of_ovh ovh (X)"
grep -c '^ovh' "$known" | grep -qx 1 || fail 'not that one alone'
ends 0 answers ovh y
grep -c '^ovh' "$known" | grep -qx "$(keys ovh | wc -l)" || fail 'not all of them'
ends 0 certpush push --force
# shellcheck disable=SC2086 # words
up_to_date $hosts

# a changed key: told where, replaced only with --replace, and only that
"$lab" break panix hostkey
ends 1 certpush push -l panix
complains 'certpush hosts trust --replace panix$'
cp "$known" "$dir/before"
ends 1 certpush hosts trust --yes panix
says '^    CHANGED  ssh-ed25519 .*known/hosts:[0-9]+  \(there it is SHA256:'
complains '^fatal: \[panix\] FAILED! its ssh-ed25519 key has changed: .*known/hosts:[0-9]+ holds another one; replaced only with --replace'
ends 1 certpush hosts trust --replace --yes panix </dev/null
ends 1 answers panix 'n|n|n' --replace
cmp "$dir/before" "$known" || fail 'it was changed'
print=$("$lab" exec panix sh -c 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub' | cut -d' ' -f2)
new=$(keys panix | grep ed25519 | ssh-keygen -lf - | cut -d' ' -f2)
ends 0 answers panix "$new|y|y" --replace
says "^trusted: \[panix\] => ssh-ed25519 ${new//+/[+]} in .*known/hosts:[0-9]+ \(in place of the old one, as answered\)$"
diff "$dir/before" "$known" | grep '^[<>]' | grep -v ' panix' && fail 'other lines have changed'
[[ $(wc -l <"$dir/before") == "$(wc -l <"$known")" ]] || fail 'there are more lines, or fewer'
ends 0 certpush push -l panix
"$lab" mend panix

# a revoked key never gets in; hashed names stay hashed
keys ovh | grep ed25519 | sed 's/^/@revoked /' >"$known"
ends 1 certpush hosts trust --yes ovh
says '^    REVOKED  ssh-ed25519 '
complains '^fatal: \[ovh\] FAILED! its ssh-ed25519 key is revoked in .*known/hosts:1$'
grep -q '^ovh.*ed25519' "$known" && fail 'a revoked key got in'
keys linode >"$known"
ssh-keygen -q -H -f "$known" >"$dir/said" 2>&1
ends 0 certpush hosts trust --yes ovh
grep -q ovh "$known" && fail 'a name is to be read'
ssh-keygen -F ovh.example.net -f "$known" >"$dir/found" || fail 'it is not found'

# by a jump host, whose own key is known; JSON; words that aren't right
mkdir -p "$HOME"
host_vars panix <<-END
	ansible_ssh_common_args: -o UserKnownHostsFile=$known -o "ProxyCommand=ssh -o BatchMode=yes -o UserKnownHostsFile=$share/known_hosts -i $share/id_ed25519 -W %h:%p root@linode.example.net"
END
rm "$known"
ends 0 certpush hosts trust --yes --format json panix
jq -se --argjson n "$(keys panix | wc -l)" 'map(select(.event == "trusted")) | length == $n and all(.host == "panix")' "$dir/out" >"$dir/jq" || fail 'no events'
ends 0 certpush push -l panix
ends 2 certpush hosts trust panxi
complains "^certpush: no host 'panxi' in the inventory: did you mean panix\?$"
ends 2 certpush hosts
ends 1 certpush hosts trust -l 'ovh:panix' </dev/null
says_not '^linode'
"$lab" break ovh sshd
ends 1 certpush hosts trust --yes
complains '^fatal: \[ovh\] UNREACHABLE! ovh\.example\.net port 22: connect: Connection refused$'
says '^trusted: \[linode\]'
"$lab" mend ovh
