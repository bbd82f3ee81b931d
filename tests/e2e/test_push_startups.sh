#!/bin/bash
# A sshd that takes no more than ten handshakes at a time and one try of a key: forty hosts behind one address, and forty
# behind one jump host, are all looked at, with an agent full of other keys, by each carrier.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
port=2222
many=40

mkdir "$dir/sshd"
for key in host user other1 other2 other3; do ssh-keygen -q -t ed25519 -N '' -f "$dir/sshd/$key"; done
cat >"$dir/sshd/config" <<END
Port $port
ListenAddress 127.0.0.1
ListenAddress 127.0.1.1
HostKey $dir/sshd/host
AuthorizedKeysFile $dir/sshd/user.pub
MaxStartups 10:100:10
MaxAuthTries 1
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
SetEnv HOME=$dir
END
mkdir -p /run/sshd
"$lab" run setpriv --pdeathsig TERM /usr/sbin/sshd -D -f "$dir/sshd/config" -E "$dir/sshd/log" &
sshd=$!
eval "$(ssh-agent -s)" >"$dir/said"
trap 'kill "$sshd" "$SSH_AGENT_PID" 2>/dev/null; clean_up' EXIT
ssh-add -q "$dir"/sshd/other?
until "$lab" run bash -c ": <>/dev/tcp/127.0.0.1/$port" 2>/dev/null; do kill -0 "$sshd" || fail "no sshd: $(cat "$dir/sshd/log")"; done
for address in 127.0.0.1 127.0.1.1; do echo "[$address]:$port $(cut -d' ' -f1,2 "$dir/sshd/host.pub")"; done >"$dir/known_hosts"

# through ARGS: what the hosts need to get there
through() {
	cat >"$dir/hosts.yml" <<-END
		all:
		  hosts: {"many[1:$many]": }
		  vars:
		    ansible_host: 127.0.1.1
		    ansible_port: $port
		    ansible_user: root
		    ansible_ssh_timeout: 120
		    ansible_ssh_private_key_file: $dir/sshd/user
		    ansible_ssh_common_args: '-o UserKnownHostsFile=$dir/known_hosts $1'
		    certpush_transport: $2
		    certpush: {nginx: {certificate: plain.example.net, checks: [], files: [{part: fullchain, path: $dir/fullchain.pem}]}}
	END
}
all_looked_at() {
	ends 0 certpush plan -f 20 -i "$dir/hosts.yml"
	[[ $(grep -c '^would change: \[many[0-9]*\] => nginx fullchain.pem (missing)$' "$dir/out") == "$many" ]] || fail "not all of them"
}

for carrier in libssh2 openssh; do
	through '' $carrier
	all_looked_at
done
# ssh itself asks the jump host, with its own idea of keys: that one alone, too
jump="-o \"ProxyCommand=ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -i $dir/sshd/user -o UserKnownHostsFile=$dir/known_hosts -p $port -W %h:%p root@127.0.0.1\""
through "$jump" libssh2
all_looked_at
grep -q 'ProxyCommand=ssh' "$dir/hosts.yml" || fail 'there was no jump host'
# and nobody was offered a second key
grep -q 'Too many authentication failures' "$dir/sshd/log" && fail 'a second key was offered'
exit 0
