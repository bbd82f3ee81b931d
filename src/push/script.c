#include "push/private/script.h"
#include "base/alloc.h"

#include <string.h>

/* look.sh and transact.sh, made into C by cmake/embed.cmake. */
extern const char look_sh[], transact_sh[];

static void word(struct buf *out, const char *s)
{
	buf_putc(out, ' ');
	buf_shell_word(out, s ? s : "");
}

static void begin(struct buf *out, const char *nonce)
{
	buf_puts(out, "{\n");
	buf_puts(out, look_sh);
	buf_printf(out, "say certpush %s $$\n", nonce);
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

/* " DIRECTORY" of a file. */
static void directory_word(struct buf *out, const char *path)
{
	AUTO(str) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	word(out, dir);
}

/* "directory STEP DIRECTORY", once for those targets of a service that are replaced with
 * it. */
static void directory_line(struct buf *out, const struct target *t)
{
	buf_puts(out, "directory \"$1\"");
	directory_word(out, t->file->path);
	buf_putc(out, '\n');
}

/* [within] "$1" SOURCE DIGEST OWNER GROUP MODE PATH, for each file that changes. */
static void list_files(struct buf *out, const struct host_plan *p)
{
	const struct service *opened = NULL;

	open_list(out, "files");
	for (size_t i = 0; i < p->n_targets; i++) {
		const struct target *t = &p->targets[i];
		const struct sha256_hex hex = sha256_hex(&t->sha256);

		if (!t->why)
			continue;
		if (t->service->swap_directory && opened != t->service)
			directory_line(out, t);
		opened = t->service;
		if (t->service->swap_directory)
			buf_puts(out, "within ");
		if (t->send)
			buf_printf(out, "\"$1\" \"$staging/%zu\"", script_staged(p, i));
		else
			buf_puts(out, "\"$1\" ''");
		word(out, hex.s);
		word(out, t->file->owner);
		word(out, t->file->group);
		buf_printf(out, " %04o", t->file->mode);
		word(out, t->file->path);
		buf_putc(out, '\n');
	}
	close_list(out);
}

/* "$1" NAME SIZE, for each content that comes behind the script. */
static void list_behind(struct buf *out, const struct parcel *behind)
{
	open_list(out, "behind");
	for (size_t i = 0; i < behind->n; i++)
		buf_printf(out, "\"$1\" %s %zu\n", behind->files[i].name,
			behind->files[i].len);
	close_list(out);
}

/* "$1" PATH, for each file, or directory STEP PATH, of the services that take something up.
 */
static void list_targets(struct buf *out, const struct host_plan *p)
{
	const struct service *opened = NULL;

	open_list(out, "targets");
	for (size_t i = 0; i < p->n_targets; i++) {
		const struct target *t = &p->targets[i];

		if (!plan_service(p, t->service)->reload_why)
			continue;
		if (t->service->swap_directory && opened != t->service)
			directory_line(out, t);
		opened = t->service;
		if (t->service->swap_directory)
			continue;
		buf_puts(out, "\"$1\"");
		word(out, t->file->path);
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

/* Where what is sent lies; or, before all else, what is behind the script is taken in. */
static void deliver(struct buf *out, const struct delivery *d)
{
	if (d->behind) {
		list_behind(out, d->behind);
		buf_puts(out, "unpack ");
	} else {
		buf_puts(out, "staging=");
	}
	buf_shell_word(out, d->staging);
	buf_putc(out, '\n');
}

/* d is NULL where no files are to be put in place. */
static void transaction(struct buf *out, const char *nonce, const struct host_plan *p,
	const struct delivery *d)
{
	begin(out, nonce);
	buf_puts(out, transact_sh);
	buf_printf(out, "run=%s-$$\n", nonce);
	if (d) {
		list_files(out, p);
	} else {
		open_list(out, "files");
		close_list(out);
	}
	list_targets(out, p);
	list_commands(out, "builds", "build", p->builds, p->n_builds);
	list_commands(out, "validates", "validate", p->validates, p->n_validates);
	list_commands(out, "reloads", "reload", p->reloads, p->n_reloads);
	if (d && d->staging)
		deliver(out, d);
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
		const struct target *t = &p->targets[i];
		const struct sha256_hex hex = sha256_hex(&t->sha256);

		buf_printf(out, "look %zu", i);
		word(out, t->file->path);
		word(out, file_holds_certificates(t->file) ? hex.s : "");
		if (t->service->swap_directory)
			directory_word(out, t->file->path);
		else
			word(out, t->file->path);
		buf_putc(out, '\n');
	}
	end(out, "say end");
}

void script_apply(struct buf *out, const char *nonce, const struct host_plan *p,
	const struct delivery *d)
{
	transaction(out, nonce, p, d);
	end(out, d->for_good ? "apply commit" : "apply finish 0");
}

void script_restart(struct buf *out, const char *nonce, const struct host_plan *p,
	const struct command *restarts, size_t n)
{
	transaction(out, nonce, p, NULL);
	list_commands(out, "restarts", "restart", restarts, n);
	end(out, "restart");
}

void script_undo(struct buf *out, const char *nonce, const struct host_plan *p,
	const struct command *restarts, size_t n)
{
	transaction(out, nonce, p, NULL);
	list_commands(out, "restarts", "restart", restarts, n);
	end(out, "undo");
}

void script_commit(struct buf *out, const char *nonce, const struct host_plan *p)
{
	transaction(out, nonce, p, NULL);
	end(out, "commit");
}
