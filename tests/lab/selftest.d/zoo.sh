# shellcheck shell=bash
# zoo - one more host, on request.

zoo_endpoints='
zoo.example.net:24 lmtp
zoo.example.net:110 pop3
zoo.example.net:995
zoo.example.net:143 imap
zoo.example.net:993
zoo.example.net:4190 sieve
zoo.example.net:25 smtp
zoo.example.net:587 smtp
zoo.example.net:465
zoo.example.net:443
zoo.example.net:6697
zoo.example.net:6698
zoo.example.net:8883
zoo.example.net:3306 mysql
zoo.example.net:5432 postgres
zoo.example.net:5222 xmpp
zoo.example.net:5269 xmpp-server
zoo.example.net:5223
zoo.example.net:5270
zoo.example.net:389 ldap
zoo.example.net:636
zoo.example.net:21 ftp
zoo.example.net:990
'

test_zoo() {
	local endpoint starttls
	expect 'zoo: not there unless it is asked for' 'is not running' lab exec zoo true
	check 'zoo: comes up' lab zoo
	expect 'zoo: again' 'up already' lab zoo
	expect 'zoo: is one of the hosts' zoo lab hosts
	while read -r endpoint starttls; do
		[[ ! $endpoint ]] || check "$endpoint serves its old certificate" serves "$endpoint" zoo.example.net "$starttls"
	done <<<"$zoo_endpoints"
	check 'zoo: root by key' ssh_to zoo root true
	refuse 'zoo: its reloads are not known' lab break zoo reload
	check 'zoo: what is known of all hosts works' lab break zoo disk
	expect 'zoo: its disk is full' 'No space left' lab exec zoo cp /etc/hosts /etc/ldap/tls/new.pem
	check 'zoo: mended' lab mend zoo
}
