#!/bin/bash
# Checks through the host's own SSH session, of a port that only the host itself can reach: in a push and in
# check-remote, whatever carries sessions otherwise; and where there is no session, or no forwarding.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"

# nginx on ovh, on its loopback alone
inside() {
	"$lab" exec ovh sh -c 'cat >/etc/nginx/conf.d/inside.conf && nginx -s reload' <<-'END'
		server {
			listen 127.0.0.1:8443 ssl;
			ssl_certificate /etc/nginx/tls/fullchain.pem;
			ssl_certificate_key /etc/nginx/tls/privkey.pem;
		}
	END
}
# and what is configured back as it was
put_back() {
	no_door
	"$lab" exec ovh sh -c 'rm -f /etc/nginx/conf.d/inside.conf; nginx -s reload'
}

# ovh VARIABLE...: its checks are through a tunnel, and nothing else; more="KEY: VALUE, ", of nginx
more=
ovh() {
	{
		printf '%s\n' "$@"
		cat <<-END
			certpush:
			  nginx: {certificate: www.example.net, ${more} checks: [{protocol: https, port: 8443, tunnel: true}]}
			  dovecot: {certificate: imap.example.net, checks: [{protocol: imaps, port: 993, host: 127.0.0.1, tunnel: true}]}
		END
	} | host_vars ovh
}

own_control
inside
mint_all
quiet certpush push
ends 1 certpush check-remote https ovh:8443
says 'UNREACHABLE'

# ---- by --tunnel, without a word of it in the inventory ----
ends 0 certpush check-remote --tunnel -v https ovh:8443 --name www.example.net
says 'localhost:8443'
complains '^ovh: ssh-ed25519 SHA256:.*, by OpenSSH, as a tunnel is wanted$'
# (who comes from inn's own host is another news server to it, until he says that he wants to read)
ends 0 certpush check-remote --tunnel --format json
jq -e -s 'map(select(.event == "probe")) | length == 8 and all(.verdict == "ok" and (.address | startswith("localhost:")))' "$dir/out" >/dev/null ||
	fail 'not all by tunnels'

# ---- a session that breaks while something is asked: once more by another one, and no more
# door FILE: a port 8444 that ends all sessions with the host as long as the file isn't there, or it can't be made
door() {
	"$lab" exec ovh sh -c 'cat >/root/door && chmod 755 /root/door && rm -f /root/door.pid' <<-END
		#!/bin/sh
		[ ! -e $1 ] || exec busybox nc 127.0.0.1 8443
		touch $1
		for process in /proc/[0-9]*; do
			case \$(tr '\\0' ' ' <\$process/cmdline) in
			*'[listener]'*) ;;
			'sshd: '*) kill "\${process#/proc/}" ;;
			esac
		done
	END
	"$lab" exec ovh sh -c 'busybox nc -ll -p 8444 -e /root/door >/dev/null 2>&1 </dev/null & echo $! >/root/door.pid'
	eventually "$lab" exec ovh sh -c 'ss -tln | grep -q :8444' || fail 'no door'
}
no_door() { "$lab" exec ovh sh -c "kill \$(cat /root/door.pid); rm -f /root/door /root/door.pid /root/opened" 2>/dev/null; }
for patience in '' --wait=30m; do # also where there was all the time to ask the dead one
	door /root/opened
	ends 0 certpush check-remote --tunnel -v $patience https ovh:8444 --name www.example.net
	says 'HTTPS: OK '
	(($(grep -c '^ovh: ssh-ed25519 SHA256:' "$dir/err") == 2)) || fail 'not two sessions'
	no_door
done
door /nowhere/opened
ends 1 certpush check-remote --tunnel -v https ovh:8444 --name www.example.net
says 'UNREACHABLE .*broke twice'
(($(grep -c '^ovh: ssh-ed25519 SHA256:' "$dir/err") == 2)) || fail 'not two sessions'
no_door

# ---- as the inventory says; a push is proved so ----
for transport in libssh2 openssh; do
	ovh "certpush_transport: $transport"
	ends 0 certpush check-remote -l ovh
	(($(grep -c ': OK ' "$dir/out") == 2)) || fail 'not both of ovh'
	mint_all
	ends 1 certpush check-remote -l ovh
	(($(grep -c ': OLDER ' "$dir/out") == 2)) || fail 'not both of ovh'
	ends 0 certpush push -v
	complains '^ovh: ssh-ed25519 SHA256:.*, by OpenSSH, as a tunnel is wanted$'
	says '^verified: \[ovh\] => nginx HTTPS .*'
	up_to_date ovh
	ends 0 certpush push
	says '^nothing to do: 5 services on 3 hosts as they should be$'
done

# the proof is theirs: what isn't taken up is taken back
more='wait: 3, reload: "true", restart: ~, ' ovh
mint www.example.net
remember ovh
ends 1 certpush push -l ovh
complains 'nginx.*HTTPS localhost:8443: .*the old files are back'
as_before ovh
nothing_left ovh
ovh

# ---- nobody listens ----
ends 1 certpush check-remote --tunnel https ovh:8444
says "UNREACHABLE \(the host can't connect to localhost:8444: Connection refused\)"

# ---- forwarding is forbidden: nothing is changed, of those services that have such a check ----
configure_sshd ovh '1iAllowTcpForwarding no'
ends 1 certpush check-remote -l ovh
(($(grep -c "UNREACHABLE (the host's sshd forbids a tunnel to .*AllowTcpForwarding" "$dir/out") == 2)) || fail 'not said of both'
remember ovh
ends 1 certpush plan -l ovh
complains "^fatal: \[ovh\] FAILED! nginx: not begun: .*forbids a tunnel to localhost:8443"
says_not '=> nginx'
ends 1 certpush push -l ovh
complains "^fatal: \[ovh\] FAILED! nginx: not begun: .*forbids a tunnel to localhost:8443"
as_before ovh
nothing_left ovh
configure_sshd ovh '1iPermitOpen 127.0.0.1:993'
ends 1 certpush check-remote -l ovh
(($(grep -c 'IMAPS: OK ' "$dir/out") == 1)) || fail 'what is allowed is not asked'
(($(grep -c 'HTTPS: UNREACHABLE (.*PermitOpen' "$dir/out") == 1)) || fail 'what is forbidden is not told'
mint imap.example.net
ends 1 certpush push -l ovh
told_once "^fatal: \[ovh\] FAILED! nginx: not begun: .*forbids a tunnel to localhost:8443"
says '^verified: \[ovh\] => dovecot IMAPS '
says '^ovh +: ok=0 +changed=2 +reloaded=1 +verified=1 +unreachable=0 +failed=1$'
[[ $(pair ovh /etc/dovecot/tls) == "$(stored imap.example.net)" ]] || fail 'dovecot was held up'
nothing_left ovh
# those that share a command: not the one without the other
mint imap.example.net
{
	echo 'certpush:'
	echo '  nginx: {certificate: www.example.net, reload: "true", checks: [{protocol: https, port: 8443, tunnel: true}]}'
	echo '  dovecot: {certificate: imap.example.net, reload: "true", checks: [{protocol: imaps, port: 993, host: 127.0.0.1, tunnel: true}]}'
} | host_vars ovh
remember ovh
ends 1 certpush push -l ovh
told_once "^fatal: \[ovh\] FAILED! dovecot, nginx: not begun: .*forbids a tunnel to localhost:8443"
as_before ovh
ovh
configure_sshd ovh ''
ends 0 certpush push -l ovh

# ---- no session, for all of its checks ----
"$lab" break ovh sshd
ends 1 certpush check-remote -l ovh
(($(grep -c 'UNREACHABLE (no SSH session to ask from there: ' "$dir/out") == 2)) || fail 'not said of both'
"$lab" mend ovh
ends 2 certpush check-remote --tunnel https ovh.example.net
told_once "isn't in the inventory"
