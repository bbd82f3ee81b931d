#include "push/private/carrier.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/fs.h"
#include "base/text.h"
#include "digest/digest.h"

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

struct carrier *carrier_open(const struct host *h, struct err *e)
{
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
 * them. A line "LENGTH WORD", a script of that length, what it reads itself; WORD is said
 * after it. dd takes no byte too many, where head and the shells read ahead; one that
 * doesn't know fullblock, which isn't in POSIX, fails before it reads, and takes them
 * singly.
 */
const char carrier_run[] =
	"while read -r n w; do "
	"(eval \"$(dd bs=$n count=1 iflag=fullblock 2>/dev/null || dd bs=1 count=$n 2>/dev/null)\")"
	" && echo \"$w\" || exit; done";

enum { WORD = 8 }; /* random bytes */

static void frame(struct buf *out, const struct buf *script, const struct parcel *behind,
	const char *last)
{
	buf_printf(out, "%zu %s", script->len, last);
	buf_add(out, script->data, script->len);
	for (size_t i = 0; behind && i < behind->n; i++)
		buf_add(out, behind->files[i].data, behind->files[i].len);
}

static bool run_by_ssh(struct carrier *c, const struct buf *input, const char *last,
	struct ssh_result *r, int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf command = BUF_EMPTY;

	if (becomes(c)) {
		buf_puts(&command, "sudo -n -H -u ");
		buf_shell_word(&command, becomes(c));
		buf_putc(&command, ' ');
	}
	buf_printf(&command, "sh -c '%s'", carrier_run);
	return ssh_exec(
		c->ssh, command.data, input->data, input->len, last, r, deadline, e);
}

static bool run_here(struct carrier *c, const struct buf *input, const char *last,
	struct ssh_result *r, int64_t deadline, struct err *e)
{
	const char *const as_other[] = { "sudo", "-n", "-H", "-u", becomes(c), "sh", "-c",
		carrier_run, NULL };
	const char *const as_self[] = { "sh", "-c", carrier_run, NULL };
	const struct child_spec spec = {
		.argv = becomes(c) ? as_other : as_self,
		.input = input->data,
		.input_len = input->len,
		.deadline = deadline,
	};
	AUTO(child_result) struct child_result result = CHILD_RESULT_EMPTY;

	(void)last; /* it ends with its input */
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
	if (!(c->ssh ? run_by_ssh : run_here)(c, &input, last, &r, deadline, e))
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
