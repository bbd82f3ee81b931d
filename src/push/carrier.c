#include "push/private/carrier.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/fs.h"
#include "base/text.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct carrier {
	const struct connection *to;
	struct ssh *ssh; /* NULL: this machine */
	char login[64];
	char *told; /* for -v */
};

static void own_name(char *name, size_t size)
{
	char space[1024];
	struct passwd pw, *found = NULL;

	if (getpwuid_r(geteuid(), &pw, space, sizeof space, &found) == 0 && found)
		snprintf(name, size, "%s", found->pw_name);
	else
		snprintf(name, size, "root");
}

/* The inventory knows nothing of ssh, and ssh nothing of an inventory. */
static const enum ssh_carrier transports[] = { [TRANSPORT_AUTO] = SSH_AUTO,
	[TRANSPORT_LIBSSH2] = SSH_LIBSSH2,
	[TRANSPORT_OPENSSH] = SSH_OPENSSH };

/* Who knows the passphrase of a host's key. */
struct knower {
	const struct secret_source *from;
	struct passwords *passwords;
	struct report *report;
};

static bool read_passphrase(void *ctx, const char *question, struct buf *out, struct err *e)
{
	const struct knower *k = ctx;

	(void)question;
	return passwords_read(k->passwords, k->from, out, e);
}

static bool ask_passphrase(void *ctx, const char *question, struct buf *out, struct err *e)
{
	const struct knower *k = ctx;

	return report_ask(k->report, question, out, e);
}

static struct ssh_passphrase passphrase_by(struct knower *k)
{
	const struct secret_source *from = k->from;

	if (secret_sources(from) > 0)
		return (struct ssh_passphrase){ from->file ? from->file : from->command,
			read_passphrase, k };
	return (struct ssh_passphrase){ NULL,
		report_can_ask(k->report) ? ask_passphrase : NULL, k };
}

struct carrier *carrier_open(const struct host *h, struct passwords *passwords,
	struct report *report, struct err *e)
{
	struct knower knower = { &h->connection.key_passphrase, passwords, report };
	AUTO(carrier) struct carrier *c = xcalloc(1, sizeof *c);

	c->to = &h->connection;
	own_name(c->login, sizeof c->login);
	if (c->to->user && !c->to->local)
		snprintf(c->login, sizeof c->login, "%s", c->to->user);
	if (!c->to->local) {
		const struct ssh_config config = {
			.name = h->name,
			.address = c->to->address,
			.port = c->to->port,
			.user = c->login,
			.key_file = c->to->key_file,
			.passphrase = passphrase_by(&knower),
			.known_hosts = c->to->known_hosts,
			.proxy_command = c->to->proxy_command,
			.timeout = c->to->timeout,
			.carrier = transports[c->to->transport],
			.options = c->to->options,
		};
		c->ssh = ssh_open(&config, e);
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
	return c->to->become && !text_eq(c->to->become_user, c->login) ? c->to->become_user
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
			e, ERR_AUTH, "sudo is refused to %s: %.200s", c->login, said);
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
