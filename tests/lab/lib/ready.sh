# shellcheck shell=bash
# ready - wait until everything of an instance answers: seen from home, as the control side sees it.

role_ports() {
	case $1 in
	sshd) echo 22 ;;
	postfix) echo 25 465 587 ;;
	inn) echo 119 563 ;;
	apache | nginx) echo 443 ;;
	dovecot) echo 143 993 ;;
	dovecot-whole) echo 24 110 143 993 995 4190 ;;
	exim) echo 25 465 587 ;;
	haproxy) echo 443 ;;
	inspircd) echo 6667 6697 ;;
	mariadb) echo 3306 ;;
	mosquitto) echo 8883 ;;
	ngircd) echo 6668 6698 ;;
	postgresql) echo 5432 ;;
	prosody) echo 5222 5223 5269 5270 ;;
	slapd) echo 389 636 ;;
	vsftpd) echo 21 990 ;;
	xrdp) echo 3389 ;;
	pebble) echo 14000 15000 ;;
	esac
}

ready_wait() {
	local host role port
	for host in "$@"; do
		for role in $(host_roles "$host"); do
			for port in $(role_ports "$role"); do
				echo "$host $role $(host_v4 "$host") $port $(host_pid "$host")"
			done
		done
	done >"$lab_state/endpoints"
	net_of_home "$lab_dir/lib/ready-ports" "$lab_state/endpoints" 120 9>&- || ready_failed "$@"
	until_true 120 dns_is_ready || die "the zones didn't get to all secondaries"
}

ready_failed() {
	local host log
	for host; do
		for log in "/proc/$(host_pid "$host")/root"/var/log/lab/*; do
			if [[ -s $log ]]; then sed "s/^/lab: $host: ${log##*/}: /" "$log" >&2; fi
		done
	done
	die 'not all services came up'
}

# The primary, every secondary and the resolver tell the same serial, zone by zone.
dns_is_ready() {
	local zone server ask=() servers=("$primary_v4")
	for server in home "${secondaries[@]}"; do servers+=("$(host_v4 "$server")"); done
	for zone in "${zones[@]}"; do
		for server in "${servers[@]}"; do ask+=("@$server" "$zone" SOA); done
	done
	[[ $(net_of_home dig +noall +answer +time=1 +tries=1 "${ask[@]}" 2>/dev/null |
		awk '$4 == "SOA" { print $1, $7 }' | sort | uniq -c | awk '{ print $1, $2 }') \
		== "$(printf "${#servers[@]} %s.\n" "${zones[@]}")" ]]
}
