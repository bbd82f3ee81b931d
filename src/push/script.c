#include "push/private/script.h"
#include "base/alloc.h"

extern const char remote_sh[]; /* remote.sh, made into C by cmake/embed.cmake */

static void word(struct buf *out, const char *s)
{
	buf_putc(out, ' ');
	buf_shell_word(out, s ? s : "");
}

static void begin(struct buf *out, const char *nonce)
{
	buf_puts(out, "{\n");
	buf_puts(out, remote_sh);
	buf_puts(out, "say certpush");
	word(out, nonce);
	buf_putc(out, '\n');
}

static void end(struct buf *out, const char *last)
{
	buf_printf(out, "%s\n}\n", last);
}

/* NAME() { :; followed by what each() puts; } */
static void open_list(struct buf *out, const char *name)
{
	buf_printf(out, "%s() {\n:\n", name);
}

static void close_list(struct buf *out)
{
	buf_puts(out, "}\n");
}

size_t script_staged(const struct host_plan *p, size_t target)
{
	for (size_t i = 0; i < target; i++)
		if (p->targets[i].send &&
			p->targets[i].content == p->targets[target].content)
			return i;
	return target;
}

/* "$1" SOURCE DIGEST OWNER GROUP MODE PATH, for each file that changes. */
static void list_files(struct buf *out, const struct host_plan *p, const char *staging)
{
	open_list(out, "files");
	for (size_t i = 0; i < p->n_targets; i++) {
		const struct target *t = &p->targets[i];
		const struct sha256_hex hex = sha256_hex(&t->sha256);
		AUTO(str)
		char *source = t->send && staging
			? xasprintf("%s/%zu", staging, script_staged(p, i))
			: NULL;

		if (!t->why)
			continue;
		buf_puts(out, "\"$1\"");
		word(out, source);
		word(out, hex.s);
		word(out, t->file->owner);
		word(out, t->file->group);
		buf_printf(out, " %04o", t->file->mode);
		word(out, t->file->path);
		buf_putc(out, '\n');
	}
	close_list(out);
}

/* "$1" PATH, for each file of the services that take something up. */
static void list_targets(struct buf *out, const struct host_plan *p)
{
	open_list(out, "targets");
	for (size_t i = 0; i < p->n_targets; i++) {
		if (!plan_service(p, p->targets[i].service)->reload_why)
			continue;
		buf_puts(out, "\"$1\"");
		word(out, p->targets[i].file->path);
		buf_putc(out, '\n');
	}
	close_list(out);
}

/* "$1" STEP INDEX COMMAND */
static void list_commands(struct buf *out, const char *name, const char *step,
	const struct command *commands, size_t n)
{
	open_list(out, name);
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "\"$1\" %s %zu", step, i);
		word(out, commands[i].line);
		buf_putc(out, '\n');
	}
	close_list(out);
}

static void transaction(struct buf *out, const char *nonce, const struct host_plan *p,
	const char *staging, bool with_files)
{
	begin(out, nonce);
	if (with_files) {
		list_files(out, p, staging);
	} else {
		open_list(out, "files");
		close_list(out);
	}
	list_targets(out, p);
	list_commands(out, "validates", "validate", p->validates, p->n_validates);
	list_commands(out, "reloads", "reload", p->reloads, p->n_reloads);
	if (staging) {
		buf_puts(out, "staging=");
		buf_shell_word(out, staging);
		buf_putc(out, '\n');
	}
	buf_puts(out, "lock\n");
}

void script_look(struct buf *out, const char *nonce, const struct host_plan *p)
{
	begin(out, nonce);
	buf_puts(out, "see");
	for (size_t i = 0; i < p->n_targets; i++)
		word(out, p->targets[i].file->path);
	buf_putc(out, '\n');
	for (size_t i = 0; i < p->n_targets; i++) {
		buf_printf(out, "look %zu", i);
		word(out, p->targets[i].file->path);
		if (plan_holds_certificates(&p->targets[i])) {
			const struct sha256_hex hex = sha256_hex(&p->targets[i].sha256);

			word(out, hex.s);
		}
		buf_putc(out, '\n');
	}
	end(out, "say end");
}

void script_apply(
	struct buf *out, const char *nonce, const struct host_plan *p, const char *staging)
{
	transaction(out, nonce, p, staging, true);
	end(out, "apply");
}

void script_restart(struct buf *out, const char *nonce, const struct host_plan *p,
	const struct command *restarts, size_t n)
{
	transaction(out, nonce, p, NULL, false);
	list_commands(out, "restarts", "restart", restarts, n);
	end(out, "restart");
}

void script_undo(struct buf *out, const char *nonce, const struct host_plan *p,
	const struct command *restarts, size_t n)
{
	transaction(out, nonce, p, NULL, false);
	list_commands(out, "restarts", "restart", restarts, n);
	end(out, "undo");
}

void script_commit(struct buf *out, const char *nonce, const struct host_plan *p)
{
	transaction(out, nonce, p, NULL, false);
	end(out, "commit");
}
