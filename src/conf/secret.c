#include "conf/secret.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

#define SECRET_MAX     ((size_t)64 << 10)
#define SECRET_SECONDS 60

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The last line a failed command wrote, as far as it fits a message. */
static const char *last_line(struct buf *b)
{
	const char *line;

	while (b->len && blank(b->data[b->len - 1]))
		buf_truncate(b, b->len - 1);
	line = strrchr(b->data, '\n');
	return line ? line + 1 : b->data;
}

static void free_words(char ***words)
{
	free(*words);
}

static bool run(const struct secret_source *src, struct buf *out, struct err *e)
{
	__attribute__((cleanup(free_words))) char **argv = argv_split(src->command);
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	const char *name = src->name ? src->name : "secret_command";

	if (!argv)
		return err_set(e, ERR_CONFIG,
			"%s: no command, or a quote that is never closed", name);
	if (!child_run(&(struct child_spec){ .argv = (const char *const *)argv,
			       .dir = src->dir,
			       .deadline = deadline_in(SECRET_SECONDS),
			       .max_output = SECRET_MAX },
		    &r, e))
		return err_wrap(e, "%s", name);
	if (r.status)
		return err_set(e, ERR_CONFIG, "%s: %s: exit status %d%s%.200s", name,
			argv[0], r.status, r.err.len ? ": " : "", last_line(&r.err));
	buf_add(out, r.out.data, r.out.len);
	return true;
}

static bool fetch(const struct secret_source *src, struct buf *out, struct err *e)
{
	const char *text = src->clear;

	if (src->file)
		return fs_read_secret(src->file, SECRET_MAX, out, e);
	if (src->command)
		return run(src, out, e);
	if (src->env)
		text = getenv(src->env); /* nothing here changes the environment */
	if (!text)
		return err_set(e, ERR_CONFIG, "secret_env: %s is not set", src->env);
	buf_puts(out, text);
	return true;
}

static const char *origin(const struct secret_source *src)
{
	return src->file       ? src->file
		: src->env     ? src->env
		: src->command ? src->command
			       : "secret";
}

int secret_sources(const struct secret_source *s)
{
	return !!s->file + !!s->env + !!s->command + !!s->clear;
}

bool secret_read(const struct secret_source *src, struct buf *out, struct err *e)
{
	size_t before = out->len;
	bool ok = fetch(src, out, e);

	while (ok && out->len > before && blank(out->data[out->len - 1]))
		buf_truncate(out, out->len - 1);
	if (ok && out->len == before)
		ok = err_set(e, ERR_CONFIG, "%s: the secret is empty", origin(src));
	if (!ok)
		e->pos = src->pos;
	return ok;
}
