/*
 * question - something that only a person at the terminal can know: are these the keys?
 */
#pragma once

#include "report/report.h"
#include "ssh/trust.h"

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_FINGERPRINT, ANSWER_UNCLEAR };

/*
 * Asked again until it is understood: y, n, or the fingerprint of one of these keys, as
 * OpenSSH takes it. *fingerprint gets that (malloc'ed). No answer is a no.
 */
enum answer question_ask(struct report *r, const char *text,
	const struct ssh_key *const *keys, size_t n, char **fingerprint) NODISCARD;
