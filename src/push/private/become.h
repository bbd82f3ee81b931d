/*
 * become - a script as another user than the one that is logged in: the words that are put
 * before it, and the talk about a password.
 *
 * A password goes to the host as the first line of standard input, and nowhere else. The
 * script follows once the shell is there that will run it, so that no line of it can be
 * taken for a second try; and that shell throws away what nobody has asked for.
 */
#pragma once

#include "base/input.h"
#include "base/words.h"
#include "conf/inventory.h"
#include "push/passwords.h"

/* What a host's shell runs all along, from `sh -c` on: see become.c. */
extern const char become_run[];

struct become {
	const struct connection *to;
	struct buf password; /* empty: none */
};
#define BECOME_NOBODY                                                                      \
	{                                                                                  \
		.password = BUF_EMPTY                                                      \
	}
void become_clear(struct become *b);
DEFINE_AUTO_VALUE(struct become, become, become_clear)

/* Without a password where none is said. */
bool become_prepare(struct become *b, const struct connection *to,
	struct passwords *passwords, struct err *e) NODISCARD;

/*
 * The command that runs a POSIX-sh script which it finds in its input, as words: as the
 * other user, or, b NULL, as who is logged in. The words are the same under sh, csh and
 * fish; and always the same, so that sudoers may name them.
 */
void become_command(const struct become *b, struct words *w);

/* What its input is: `space` holds it. b may be NULL. */
struct input become_input(
	const struct become *b, const struct buf *script, struct buf *space);

/*
 * Of a script that didn't start: ERR_AUTH if the method hasn't let it. `said`: the last
 * line that was printed.
 */
bool become_failed(const struct become *b, const char *login, const struct buf *out,
	const char *said, struct err *e);
/* The same once it took too long. */
bool become_hung(
	const struct become *b, const char *login, const struct buf *out, struct err *e);
