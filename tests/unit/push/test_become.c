/* Who a script runs as, and what is said about a password, with methods that note what they
 * were given. */
#include "check.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "push/private/carrier.h"

#include <sys/stat.h>

#define PASSWORD "pa ss'\\word"

/* Options and the user away; a question, if it asks, three times at most; then the command.
 */
#define NOTED "#!/bin/sh\nenv >>\"$HOME/env\"; printf '%s\\n' \"$0 $*\" >>\"$HOME/argv\"\n"
#define ASKS                                                                               \
	"for each in ${ask-1 2 3}; do printf 'Password:' >&2; echo x >>\"$HOME/asked\"\n"  \
	"IFS= read -r p || { echo \"$me: no password was provided\" >&2; exit 1; }\n"      \
	"[ \"$p\" != \"$(cat \"$HOME/right\")\" ] || exec sh -c \"$c\"\n"                  \
	"echo 'Sorry, try again.' >&2; done; exit 1\n"

static const char sudo[] = NOTED "me=sudo\nwhile [ \"$1\" != sh ]; do shift; done; c=$3\n"
				 "[ -e \"$HOME/right\" ] || exec sh -c \"$c\"\n" ASKS;
static const char doas[] = NOTED
	"while [ \"$1\" != sh ]; do shift; done\n"
	"[ ! -e \"$HOME/right\" ] || { echo 'doas: Authentication required' >&2; exit 1; }\n"
	"exec \"$@\"\n";
static const char su[] =
	NOTED "while [ \"$1\" != -c ]; do shift; done; c=$2\n"
	      "[ -e \"$HOME/right\" ] || exec sh -c \"$c\"\n"
	      "printf 'Password: ' >&2; echo x >>\"$HOME/asked\"; IFS= read -r p\n"
	      "[ \"$p\" != \"$(cat \"$HOME/right\")\" ] || exec sh -c \"$c\"\n"
	      "echo 'su: Authentication failure' >&2; exit 1\n";

static void put(const char *dir, const char *name, const char *text, mode_t mode)
{
	AUTO(str) char *path = fs_join(dir, name);
	struct err e;

	assert_ok(fs_write(path, text, strlen(text), mode, &e), &e);
}

static const char *get(const char *dir, const char *name, struct buf *out)
{
	AUTO(str) char *path = fs_join(dir, name);
	struct err e;

	buf_reset(out);
	return fs_read(path, 1 << 20, out, &e) ? out->data : "";
}

static void drop(const char *dir, const char *name)
{
	AUTO(str) char *path = fs_join(dir, name);

	unlink(path);
}

static void install(const char *dir)
{
	AUTO(str) char *path = xasprintf("%s:/usr/bin:/bin", dir);

	put(dir, "sudo", sudo, 0700);
	put(dir, "doas", doas, 0700);
	put(dir, "su", su, 0700);
	setenv("PATH", path, 1);
	setenv("HOME", dir, 1);
}

static const char script[] = "{\necho certpush x\nset | sed 's/^/set /'\ncat\n}\n";

static bool run(const struct connection *to, struct buf *out, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	const struct host h = { .name = "h", .connection = *to };
	struct passwords *passwords = passwords_new();
	AUTO(carrier) struct carrier *c = carrier_open(&h, passwords, NULL, NULL, e);
	bool ok;

	buf_puts(&text, script);
	ok = c && carrier_script(c, &text, NULL, out, deadline_in(60), e);
	passwords_free(passwords);
	return ok;
}

static void scripts_run_as_somebody_else(void **state)
{
	static const char *const flags[] = { "-g", "a b", NULL };
	static const struct {
		enum become_method method;
		const char *right, *given; /* passwords: that it asks for, that it gets */
		const char *want;          /* what fails, or NULL */
		size_t asked;
		const char *argv;
	} rows[] = {
		{ BECOME_SUDO, NULL, NULL, NULL, 0,
			"sudo -g a b -n -H -u other sh -c while" },
		{ BECOME_SUDO, NULL, PASSWORD, NULL, 0,
			"sudo -g a b -k -S -p Password: -H -u other sh -c echo" },
		{ BECOME_SUDO, PASSWORD, PASSWORD, NULL, 1, "" },
		{ BECOME_SUDO, "x", PASSWORD,
			"sudo is refused to me with the password of that: sudo: no password was provided",
			2, "" },
		{ BECOME_DOAS, NULL, NULL, NULL, 0, "doas -g a b -n -u other sh -c while" },
		{ BECOME_DOAS, "x", NULL,
			"doas is refused to me: doas: Authentication required", 0, "" },
		{ BECOME_SU, NULL, NULL, NULL, 0, "su -g a b other -c sh -c 'echo" },
		{ BECOME_SU, NULL, PASSWORD, NULL, 0, "" },
		{ BECOME_SU, PASSWORD, PASSWORD, NULL, 1, "" },
		{ BECOME_SU, "x", PASSWORD,
			"su is refused to me with the password of that: su: Authentication failure",
			1, "" },
		{ BECOME_SU, "x", NULL,
			"su is refused to me: su: Authentication failure: certpush_become_password_file says where one is",
			1, "" },
	};
	const char *dir = *state;

	install(dir);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf out = BUF_EMPTY;
		AUTO(buf) struct buf text = BUF_EMPTY;
		struct connection to = { .local = true,
			.become = true,
			.become_user = "other",
			.become_method = rows[i].method,
			.become_flags = flags,
			.become_password.clear = rows[i].given,
			.become_password.name = "that" };
		struct err e = { 0 };
		bool ok;

		drop(dir, "right");
		drop(dir, "asked");
		drop(dir, "argv");
		if (rows[i].right)
			put(dir, "right", rows[i].right, 0600);
		ok = run(&to, &out, &e);
		if (ok != !rows[i].want)
			fail_msg("row %zu: %s", i, ok ? out.data : e.msg);
		if (ok && (!strstr(out.data, "certpush x\n") || strstr(out.data, "word")))
			fail_msg("row %zu: %s", i, out.data);
		if (!ok) {
			AUTO(str) char *me = xstrdup(strstr(rows[i].want, " to me") + 6);

			assert_int_equal(e.kind, ERR_AUTH);
			if (!strstr(e.msg, me))
				fail_msg("row %zu: %s", i, e.msg);
		}
		assert_int_equal(strlen(get(dir, "asked", &text)), 2 * rows[i].asked);
		if (!strstr(get(dir, "argv", &text), rows[i].argv))
			fail_msg("row %zu: %s", i, text.data);
		assert_null(strstr(text.data, "word' "));
		assert_null(strstr(text.data, PASSWORD));
	}
	{
		AUTO(buf) struct buf text = BUF_EMPTY;

		assert_null(strstr(get(dir, "env", &text), PASSWORD));
	}
}

/* Who one is already nobody becomes: no password is fetched for it. */
static void nobody_becomes_oneself(void **state)
{
	struct connection to = { .local = true,
		.become = true,
		.become_user = "root",
		.become_password.command = "/nowhere",
		.become_password.dir = "/" };
	AUTO(buf) struct buf out = BUF_EMPTY;
	struct err e = { 0 };

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_ok(run(&to, &out, &e), &e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		scratch_test(scripts_run_as_somebody_else),
		cmocka_unit_test(nobody_becomes_oneself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
