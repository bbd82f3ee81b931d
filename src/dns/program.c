#include "dns/private/program.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"

#include <string.h>

enum { LAST_LINE_MAX = 200 };

/* The last line that isn't empty, before `end`; returns where it starts. */
static size_t last_line(const char *text, size_t *end)
{
	size_t start;

	while (*end > 0 && strchr(" \t\r\n", text[*end - 1]))
		--*end;
	for (start = *end; start > 0 && text[start - 1] != '\n';)
		start--;
	return start;
}

static void last_lines(struct buf *words, const struct buf *text, int n)
{
	size_t end = text->len;
	const size_t start = last_line(text->data, &end);
	const size_t len = end - start;

	if (n > 1 && start > 0)
		last_lines(words, &(struct buf){ .data = text->data, .len = start }, n - 1);
	if (words->len > 0)
		buf_puts(words, "; ");
	buf_add(words, text->data + start, len > LAST_LINE_MAX ? LAST_LINE_MAX : len);
}

static bool judge(const struct program *p, const struct child_result *r, struct err *e)
{
	AUTO(buf) struct buf line = BUF_EMPTY;
	const char *colon;

	if (r->status == 0)
		return true;
	last_lines(&line, r->err.len ? &r->err : &r->out, p->lines ? p->lines : 1);
	colon = line.len ? ": " : "";
	if (r->status > 128)
		return err_set(e, ERR_HOOK, "ended by signal %d%s%s", r->status - 128,
			colon, line.data);
	return err_set(e, ERR_HOOK, "exit status %d%s%s", r->status, colon, line.data);
}

bool program_run(const struct program *p, struct buf *out, bool *begun, struct err *e)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	struct child_spec spec = {
		.argv = p->argv,
		.env = p->env,
		.input = p->input ? p->input->data : NULL,
		.input_len = p->input ? p->input->len : 0,
		.deadline = deadline_in(p->seconds),
	};

	*begun = true;
	if (child_run(&spec, &r, e)) {
		if (out)
			buf_add(out, r.out.data, r.out.len);
		return judge(p, &r, e);
	}
	*begun = e->kind == ERR_TIMEOUT || e->kind == ERR_STOPPED;
	if (e->kind == ERR_TIMEOUT)
		return err_set(e, ERR_HOOK, "not finished after %d s, ended", p->seconds);
	if (e->kind != ERR_STOPPED)
		e->kind = ERR_HOOK;
	return false;
}
