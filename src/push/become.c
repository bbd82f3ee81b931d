#include "push/private/become.h"

#include "base/text.h"

#include <string.h>

/* What the shell says that will run the script, and the line before the script. */
#define READY "certpush-ready"
#define BEGIN "certpush-begin"

/*
 * The same words under sh, csh and fish; and always the same, so that sudoers may name
 * them. A line "LENGTH WORD", a script of that length, what it reads itself; WORD is said
 * after it. dd takes no byte too many, where head and the shells read ahead; one that
 * doesn't know fullblock, which isn't in POSIX, fails before it reads, and takes them
 * singly.
 */
#define RUN                                                                                          \
	"while read -r n w; do "                                                                     \
	"(eval \"$(dd bs=$n count=1 iflag=fullblock 2>/dev/null || dd bs=1 count=$n 2>/dev/null)\")" \
	" && echo \"$w\" || exit; done"
#define RUN_LATER                                                                          \
	"echo " READY "; while read -r line; do case $line in " BEGIN                      \
	") break;; esac; done; " RUN

/* As sudo and su ask, in the C locale. */
#define PROMPT "assword:"

const char become_run[] = RUN;

static const char *const names[] = {
	[BECOME_SUDO] = "sudo", [BECOME_DOAS] = "doas", [BECOME_SU] = "su"
};

static const char *name(const struct become *b)
{
	return names[b->to->become_method];
}

static const char *program(const struct become *b)
{
	return b->to->become_exe ? b->to->become_exe : name(b);
}

static bool has_password(const struct become *b)
{
	return b->password.len > 0;
}

static bool always(const struct become *b)
{
	(void)b;
	return true;
}

static bool never(const struct become *b)
{
	(void)b;
	return false;
}

static void add(struct words *w, const char *const *list)
{
	for (; *list; list++)
		words_add(w, "%s", *list);
}

static void add_program(const struct become *b, struct words *w)
{
	words_add(w, "%s", program(b));
	if (b->to->become_flags)
		add(w, b->to->become_flags);
}

static void add_shell(const char *run, struct words *w)
{
	add(w, (const char *const[]){ "sh", "-c", run, NULL });
}

/* -k: a password that was given to somebody else's run doesn't count, nor will this one. */
static void sudo_words(const struct become *b, struct words *w)
{
	add_program(b, w);
	if (has_password(b))
		add(w, (const char *const[]){ "-k", "-S", "-p", "Password:", NULL });
	else
		add(w, (const char *const[]){ "-n", NULL });
	add(w, (const char *const[]){ "-H", "-u", b->to->become_user, NULL });
	add_shell(has_password(b) ? RUN_LATER : RUN, w);
}

static void doas_words(const struct become *b, struct words *w)
{
	add_program(b, w);
	add(w, (const char *const[]){ "-n", "-u", b->to->become_user, NULL });
	add_shell(RUN, w);
}

/* It reads standard input where that is no terminal: no need of one. */
static void su_words(const struct become *b, struct words *w)
{
	add(w, (const char *const[]){ "env", "LC_ALL=C", NULL });
	add_program(b, w);
	add(w,
		(const char *const[]){
			b->to->become_user, "-c", "sh -c '" RUN_LATER "'", NULL });
}

static const struct method {
	void (*words)(const struct become *b, struct words *w);
	bool (*talks)(const struct become *b);
} methods[] = {
	[BECOME_SUDO] = { sudo_words, has_password },
	[BECOME_DOAS] = { doas_words, never },
	[BECOME_SU] = { su_words, always },
};

static const struct method *method(const struct become *b)
{
	return &methods[b->to->become_method];
}

void become_clear(struct become *b)
{
	buf_clear(&b->password);
}

bool become_prepare(struct become *b, const struct connection *to,
	struct passwords *passwords, struct err *e)
{
	b->to = to;
	return secret_sources(&to->become_password) == 0 ||
		passwords_read(passwords, &to->become_password, &b->password, e);
}

void become_command(const struct become *b, struct words *w)
{
	if (b)
		method(b)->words(b, w);
	else
		add_shell(RUN, w);
}

static size_t prompts(const char *text)
{
	size_t n = 0;

	while ((text = strstr(text, PROMPT))) {
		text += sizeof PROMPT - 1;
		n++;
	}
	return n;
}

/* The password at once; all once the shell is there; and to the second question nothing. */
static size_t may(const void *ctx, const struct buf *out, const struct buf *err)
{
	const struct become *b = ctx;

	if (strstr(out->data, READY))
		return SIZE_MAX - 1;
	if (prompts(err->data) > (has_password(b) ? 1 : 0))
		return INPUT_OVER;
	return has_password(b) ? b->password.len + 1 : 0;
}

struct input become_input(
	const struct become *b, const struct buf *script, struct buf *space)
{
	if (!b || !method(b)->talks(b))
		return (struct input){ .data = script->data, .len = script->len };
	/* no growing, so that there is one copy of the password */
	buf_reserve(space, b->password.len + sizeof BEGIN + script->len + 2);
	if (has_password(b))
		buf_printf(space, "%s\n", b->password.data);
	buf_puts(space, BEGIN "\n");
	buf_add(space, script->data, script->len);
	return (struct input){ space->data, space->len, may, b, NULL };
}

/* Is it the method that said it? */
static bool its_own(const struct become *b, const char *said)
{
	const char *slash = strrchr(program(b), '/');

	return strstr(said, slash ? slash + 1 : program(b)) || strstr(said, "assword");
}

/* What was said after the question. */
static const char *answer(const char *said)
{
	const char *at;

	while ((at = strstr(said, PROMPT)))
		said = at + sizeof PROMPT - 1;
	return said + strspn(said, " ");
}

/* What to do about a password that is missing. */
static const char *hint(const struct become *b, const char *said)
{
	if (has_password(b) || b->to->become_method == BECOME_DOAS)
		return "";
	return strstr(said, "assword") || strstr(said, "uthentication")
		? ": certpush_become_password_file says where one is"
		: "";
}

bool become_failed(const struct become *b, const char *login, const struct buf *out,
	const char *said, struct err *e)
{
	if (strstr(out->data, READY) || !its_own(b, said))
		return false;
	err_set(e, ERR_AUTH, "%s is refused to %s%s%s: %.200s%s", name(b), login,
		has_password(b) ? " with the password of " : "",
		has_password(b) ? b->to->become_password.name : "", answer(said),
		hint(b, said));
	return true;
}

bool become_hung(
	const struct become *b, const char *login, const struct buf *out, struct err *e)
{
	if (!method(b)->talks(b) || strstr(out->data, READY))
		return false;
	err_set(e, ERR_AUTH,
		"%s is refused to %s: it didn't answer, so it asks for something else than a password",
		name(b), login);
	return true;
}
