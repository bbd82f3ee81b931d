#!/bin/bash
# Batch by batch: where too much of one fails the next isn't begun, and what is left can be gone over again. A host that can't be reached
# is tried once more.
# shellcheck source=push_lib.sh
. "$(dirname "$0")/push_lib.sh"
own_control
mint_all
quiet certpush push
mint_all

# One by one. panix lets nobody in: linode is done, and ovh stays as it is.
"$lab" break panix login
remember panix ovh
ends 1 certpush push --serial 1 --retry-file again
complains '^fatal: \[panix\] FAILED! '
complains '^\[WARNING\]: 1 of the 1 hosts of this batch failed: left as they are: ovh$'
up_to_date linode
as_before panix ovh
grep -q '^panix .* failed=1$' "$dir/out" || fail 'panix is missing in the recap'
says_not '^ovh '
[[ $(<again) == $'panix\novh' ]] || fail "to go over again: $(<again)"

# The first batch may fail in part, if it is said so: in the settings, or here.
echo 'rollout: {serial: [2, 100%], max_fail_percentage: 0}' >>certpush.yml
ends 1 certpush push --retry-file again
complains 'left as they are: ovh$'
as_before panix ovh
ends 1 certpush push --max-fail-percentage 50 --retry-file again
up_to_date linode ovh
[[ $(<again) == panix ]] || fail "to go over again: $(<again)"
"$lab" mend panix
ends 0 certpush push -l @again --retry-file again
up_to_date linode panix ovh
[[ ! -e again ]] || fail 'the list is left, though all is done'

# Nobody answers: tried again, and told once.
"$lab" break panix sshd
ends 1 certpush push -v -l panix
(($(grep -c '^panix: .*[Rr]efused; tried again$' "$dir/err") == 1)) || fail 'it is not tried again, or too often'
(($(grep -c UNREACHABLE "$dir/err") == 1)) || fail 'it is told more than once'
sed -i 's/^rollout: .*/rollout: {retries: 0}/' certpush.yml
ends 1 certpush push -v -l panix
! grep -q 'tried again' "$dir/err" || fail 'it is tried again'
