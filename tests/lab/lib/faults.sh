# shellcheck shell=bash
# faults - what can be broken, and mended again. Most is done in the host itself (host/faults/WHAT break|mend).
#
# What is broken is marked in broken/HOST/WHAT before it is, so that it's mended even if the breaking was killed half-way.

faults_of() { ls "$lab_state/broken/$1" 2>/dev/null || :; }

fault_break() {
	local host=$1 what=$2
	fault_check "$@"
	mkdir -p "$lab_state/broken/$host"
	: >"$lab_state/broken/$host/$what"
	fault break "$@"
}

fault_mend_all() {
	local host=$1 what
	for what in $(faults_of "$host"); do
		fault mend "$host" "$what"
		rm "$lab_state/broken/$host/$what"
	done
}

fault() {
	local verb=$1 host=$2 what=$3
	case $what in
	unreachable) "net_$verb" "$host" ;;
	lag) lag "$verb" "$host" "${4-0}" ;;
	*) in_fault_script "$host" "$what" "$verb" "${@:4}" ;;
	esac
}

in_fault_script() {
	local host=$1 what=$2 log=$lab_state/log/$1
	shift 2
	in_host "$host" sh -eu "/usr/local/lib/lab/faults/$what" "$@" </dev/null >"$log" 2>&1 ||
		die "$host: $what: $1 failed: $(tail -n 1 "$log")"
}

fault_check() {
	local host=$1 what=$2
	case $what in
	lag) [[ $# -le 3 && ${3-0} =~ ^[0-9]+$ ]] || usage "break: lag [SECONDS]" ;;
	sshd | login | hostkey | sudo | disk | reload | deaf | stale | unreachable) [[ $# == 2 ]] || usage "break: HOST $what, and nothing else" ;;
	step) [[ $# == 4 ]] || usage "break: HOST step STEP ACTION" ;;
	*) usage "break: '$what' is nothing that can be broken (sshd, login, hostkey, sudo, disk, reload, deaf, stale, step, unreachable, lag)" ;;
	esac
	case $what in
	lag) [[ " ${secondaries[*]} " == *" $host "* ]] || usage "break: $host is not a secondary" ;;
	disk | reload | deaf | stale | step) [[ $(role_certificates "$host") ]] || usage "break: $host has no service with a certificate" ;;
	unreachable) [[ $host != home ]] || usage 'break: home is where one looks from' ;;
	esac
	case $host:$what in
	zoo:reload | zoo:deaf | zoo:stale) usage "break: $what knows nothing of zoo's servers" ;;
	esac
}

# Done at home, where the primary is. Once no secondary lags any more, all of them have caught up before this returns.
lag() {
	local verb=$1 host=$2 seconds=$3
	in_fault_script home lag "$verb" "$host" "$(host_addresses "$host")" "$seconds"
	[[ $verb == mend ]] || return 0
	if [[ $(compgen -G "$lab_state/broken/*/lag") == "$lab_state/broken/$host/lag" ]]; then
		until_true 60 dns_is_ready || die "$host doesn't catch up"
	fi
}
