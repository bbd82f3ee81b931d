#include "dns/private/program.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"

#include <string.h>

enum { LAST_LINE_MAX = 200 };

/* The last line that isn't empty. */
static void last_line(struct buf *line, const struct buf *text)
{
	size_t end = text->len, start;

	while (end > 0 && strchr(" \t\r\n", text->data[end - 1]))
		end--;
	for (start = end; start > 0 && text->data[start - 1] != '\n';)
		start--;
	if (end - start > LAST_LINE_MAX)
		end = start + LAST_LINE_MAX;
	buf_add(line, text->data + start, end - start);
}

static bool judge(const struct child_result *r, struct err *e)
{
	AUTO(buf) struct buf line = BUF_EMPTY;
	const char *colon;

	if (r->status == 0)
		return true;
	last_line(&line, r->err.len ? &r->err : &r->out);
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
		return judge(&r, e);
	}
	*begun = e->kind == ERR_TIMEOUT || e->kind == ERR_STOPPED;
	if (e->kind == ERR_TIMEOUT)
		return err_set(e, ERR_HOOK, "not finished after %d s, ended", p->seconds);
	if (e->kind != ERR_STOPPED)
		e->kind = ERR_HOOK;
	return false;
}
