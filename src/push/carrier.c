#include "push/private/carrier.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/fs.h"
#include "base/text.h"
#include "push/reach.h"

#include <string.h>

struct carrier {
	const struct connection *to;
	struct ssh *ssh; /* NULL: this machine */
	struct reach reach;
	char *told; /* for -v */
};

struct carrier *carrier_open(
	const struct host *h, const struct ssh_vouch *vouch, struct err *e)
{
	AUTO(carrier) struct carrier *c = xcalloc(1, sizeof *c);

	c->to = &h->connection;
	reach_of(h, &c->reach);
	c->reach.ssh.vouch = c->to->sshfp ? vouch : NULL;
	if (!c->to->local) {
		c->ssh = ssh_open(&c->reach.ssh, e);
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
	free(c->told);
	free(c);
}

const char *carrier_tell(const struct carrier *c)
{
	return c->ssh ? c->told : "this machine";
}

/* sudo isn't needed to become who one is already: a host without it is fine then. */
static const char *becomes(const struct carrier *c)
{
	return c->to->become && !text_eq(c->to->become_user, c->reach.login)
		? c->to->become_user
		: NULL;
}

/*
 * The same words under sh, csh and fish; and always the same, so that sudoers may name
 * them.
 */
#define RUN "eval \"$(cat)\""

static bool run_by_ssh(struct carrier *c, const struct buf *script, struct ssh_result *r,
	int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf command = BUF_EMPTY;

	if (becomes(c)) {
		buf_puts(&command, "sudo -n -H -u ");
		buf_shell_word(&command, becomes(c));
		buf_putc(&command, ' ');
	}
	buf_puts(&command, "sh -c '" RUN "'");
	return ssh_exec(c->ssh, command.data, script->data, script->len, r, deadline, e);
}

static bool run_here(struct carrier *c, const struct buf *script, struct ssh_result *r,
	int64_t deadline, struct err *e)
{
	const char *const as_other[] = { "sudo", "-n", "-H", "-u", becomes(c), "sh", "-c",
		RUN, NULL };
	const char *const as_self[] = { "sh", "-c", RUN, NULL };
	const struct child_spec spec = {
		.argv = becomes(c) ? as_other : as_self,
		.input = script->data,
		.input_len = script->len,
		.deadline = deadline,
	};
	AUTO(child_result) struct child_result result = CHILD_RESULT_EMPTY;

	if (!child_run(&spec, &result, e))
		return false;
	buf_add(&r->out, result.out.data, result.out.len);
	buf_add(&r->err, result.err.data, result.err.len);
	r->status = result.status;
	return true;
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

	if (becomes(c) && (strstr(said, "sudo") || strstr(said, "password")))
		return err_set(
			e, ERR_AUTH, "sudo is refused to %s: %.200s", c->reach.login, said);
	return err_set(e, ERR_REMOTE, "no script could be run there: %.200s",
		*said ? said : "the shell said nothing");
}

bool carrier_script(struct carrier *c, const struct buf *script, struct buf *out,
	int64_t deadline, struct err *e)
{
	AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;

	if (!(c->ssh ? run_by_ssh : run_here)(c, script, &r, deadline, e))
		return false;
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
	const char *dir, const struct ssh_file *files, size_t n, char **path, struct err *e)
{
	AUTO(str) char *at = from_home(dir);

	if (!fs_remove_tree(at, e) || !fs_mkdirs(at, 0700, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		AUTO(str) char *file = fs_join(at, files[i].name);

		if (!fs_write(file, files[i].data, files[i].len, 0600, e))
			return false;
	}
	*path = TAKE(at);
	return true;
}

bool carrier_put(struct carrier *c, const char *dir, const struct ssh_file *files, size_t n,
	char **path, int64_t deadline, struct err *e)
{
	return c->ssh ? ssh_put(c->ssh, dir, files, n, path, deadline, e)
		      : put_here(dir, files, n, path, e);
}

bool carrier_remove(struct carrier *c, const char *dir, int64_t deadline, struct err *e)
{
	AUTO(str) char *at = from_home(dir);

	return c->ssh ? ssh_remove(c->ssh, dir, deadline, e) : fs_remove_tree(at, e);
}
