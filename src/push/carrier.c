#include "push/private/carrier.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/fs.h"
#include "base/text.h"
#include "digest/digest.h"
#include "push/private/become.h"
#include "push/reach.h"

#include <stdio.h>
#include <string.h>

struct carrier {
	const struct connection *to;
	struct ssh *ssh; /* NULL: this machine */
	struct reach reach;
	struct become become; /* to NULL: nobody else */
	char *told;           /* for -v */
};

/* sudo isn't needed to become who one is already: a host without it is fine then. */
static bool becomes(const struct carrier *c)
{
	return c->to->become && !text_eq(c->to->become_user, c->reach.login);
}

struct carrier *carrier_open(const struct host *h, struct passwords *passwords,
	const struct ssh_vouch *vouch, struct report *report, struct err *e)
{
	AUTO(carrier) struct carrier *c = xcalloc(1, sizeof *c);

	c->to = &h->connection;
	c->become = (struct become)BECOME_NOBODY;
	reach_of(h, &c->reach);
	if (becomes(c) && !become_prepare(&c->become, c->to, passwords, e))
		return NULL;
	if (!c->to->local) {
		c->ssh = reach_open(h, &c->reach, passwords, vouch, report, e);
		if (!c->ssh)
			return NULL;
		c->told = xasprintf(
			"%s, by %s", ssh_host_key(c->ssh), ssh_carried_by(c->ssh));
	}
	return TAKE(c);
}

void carrier_close(struct carrier *c)
{
	if (!c)
		return;
	ssh_close(c->ssh);
	become_clear(&c->become);
	free(c->told);
	free(c);
}

struct ssh *carrier_ssh(const struct carrier *c)
{
	return c->ssh;
}

const char *carrier_tell(const struct carrier *c)
{
	return c->ssh ? c->told : "this machine";
}

/* NULL where the login will do. */
static const struct become *other(const struct carrier *c)
{
	return c->become.to ? &c->become : NULL;
}

enum { WORD = 8 }; /* random bytes */

static void frame(struct buf *out, const struct buf *script, const struct parcel *behind,
	const char *last)
{
	buf_printf(out, "%zu %s", script->len, last);
	buf_add(out, script->data, script->len);
	for (size_t i = 0; behind && i < behind->n; i++)
		buf_add(out, behind->files[i].data, behind->files[i].len);
}

/* As the words are, as far as a shell has nothing to say about them. */
static void put_words(struct buf *out, const char *const *words)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_./:,";

	for (; *words; words++) {
		if (out->len > 0)
			buf_putc(out, ' ');
		if (**words && !(*words)[strspn(*words, plain)])
			buf_puts(out, *words);
		else
			buf_shell_word(out, *words);
	}
}

static bool run_by_ssh(struct carrier *c, const char *const *words, const struct input *in,
	struct ssh_result *r, int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf command = BUF_EMPTY;

	put_words(&command, words);
	return ssh_talk(c->ssh, command.data, in, r, deadline, e);
}

static bool run_here(struct carrier *c, const char *const *words, const struct input *in,
	struct ssh_result *r, int64_t deadline, struct err *e)
{
	const struct child_spec spec = {
		.argv = words,
		.talk = in,
		.deadline = deadline,
	};
	AUTO(child_result) struct child_result result = CHILD_RESULT_EMPTY;
	bool done = child_run(&spec, &result, e);

	(void)c;
	buf_add(&r->out, result.out.data, result.out.len);
	buf_add(&r->err, result.err.data, result.err.len);
	r->status = result.status;
	return done;
}

/* Who is become is asked for a password where the shell begins, and not again while it
 * goes on. This machine's ends with each script. */
static struct input input_of(const struct carrier *c, const struct buf *script,
	const char *last, struct buf *space)
{
	struct input in = c->ssh && ssh_goes_on(c->ssh)
		? (struct input){ .data = script->data, .len = script->len }
		: become_input(other(c), script, space);

	in.last = c->ssh ? last : NULL;
	return in;
}

static bool run(struct carrier *c, const struct buf *script, const char *last,
	struct ssh_result *r, int64_t deadline, struct err *e)
{
	AUTO(arena) struct arena *arena = arena_new();
	AUTO(words) struct words words = { .arena = arena };
	AUTO(buf) struct buf space = BUF_EMPTY;
	const struct input in = input_of(c, script, last, &space);

	become_command(other(c), &words);
	return (c->ssh ? run_by_ssh : run_here)(c, words_end(&words), &in, r, deadline, e);
}

/* The last line that isn't empty. */
static const char *last_line(struct buf *b)
{
	const char *lf;

	while (b->len > 0 && strchr("\r\n ", b->data[b->len - 1]))
		b->data[--b->len] = '\0';
	lf = strrchr(b->data, '\n');
	return lf ? lf + 1 : b->data;
}

static bool refused(const struct carrier *c, struct ssh_result *r, struct err *e)
{
	const char *said = last_line(r->err.len > 0 ? &r->err : &r->out);

	if (other(c) && become_failed(other(c), c->reach.login, &r->out, said, e))
		return false;
	return err_set(e, ERR_REMOTE, "no script could be run there: %.200s",
		*said ? said : "the shell said nothing");
}

bool carrier_script(struct carrier *c, const struct buf *script,
	const struct parcel *behind, struct buf *out, int64_t deadline, struct err *e)
{
	AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
	AUTO(buf) struct buf input = BUF_EMPTY;
	char word[2 * WORD + 1], last[sizeof word + 2];

	random_hex(word, WORD);
	/* the dot: not to be taken for a nonce in an answer */
	snprintf(last, sizeof last, ".%s\n", word);
	frame(&input, script, behind, last);
	if (!run(c, &input, last, &r, deadline, e))
		return e->kind == ERR_TIMEOUT && other(c) &&
			become_hung(other(c), c->reach.login, &r.out, e) && false;
	if (!strstr(r.out.data, "certpush "))
		return refused(c, &r, e);
	buf_add(out, r.out.data, r.out.len);
	return true;
}

/* As sftp sees it: relative to the login's home. */
static char *from_home(const char *dir)
{
	AUTO(str) char *path = xasprintf("~/%s", dir);

	return fs_join(NULL, *dir == '/' ? dir : path);
}

static bool put_here(
	const char *dir, const struct parcel *parcel, char **path, struct err *e)
{
	AUTO(str) char *at = from_home(dir);

	if (!fs_remove_tree(at, e) || !fs_mkdirs(at, 0700, e))
		return false;
	for (size_t i = 0; i < parcel->n; i++) {
		const struct ssh_file *f = &parcel->files[i];
		AUTO(str) char *file = fs_join(at, f->name);

		if (!fs_write(file, f->data, f->len, 0600, e))
			return false;
	}
	*path = TAKE(at);
	return true;
}

bool carrier_put(struct carrier *c, const char *dir, const struct parcel *parcel,
	char **path, int64_t deadline, struct err *e)
{
	return c->ssh ? ssh_put(c->ssh, dir, parcel->files, parcel->n, path, deadline, e)
		      : put_here(dir, parcel, path, e);
}

bool carrier_lacks_sftp(const struct carrier *c)
{
	return c->ssh && ssh_lacks_sftp(c->ssh);
}

bool carrier_remove(struct carrier *c, const char *dir, int64_t deadline, struct err *e)
{
	AUTO(str) char *at = from_home(dir);

	return c->ssh ? ssh_remove(c->ssh, dir, deadline, e) : fs_remove_tree(at, e);
}
