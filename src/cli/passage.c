#include "cli/passage.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "cli/sshfp.h"
#include "push/reach.h"
#include "work/crew.h"

#include <sys/resource.h>

#define AGAIN_MS 500

struct passage *passages_of(struct passages *p, const struct host *h)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i]->host == h)
			return p->list[i];
	GROW(p->list, p->n);
	p->list[p->n] = xcalloc(1, sizeof **p->list);
	p->list[p->n]->host = h;
	return p->list[p->n++];
}

/* What logging in needs to know. */
struct entry {
	struct passages *passages;
	struct passwords *passwords;
	struct ssh_vouch vouch;
	struct report *report;
	int64_t deadline;
};

static void open_line(const struct entry *entry, struct passage *p)
{
	struct reach reach;

	reach_of(p->host, &reach);
	reach.ssh.tunnels = true;
	p->ssh = reach_open(
		p->host, &reach, entry->passwords, &entry->vouch, entry->report, &p->err);
}

static void enter(void *ctx, size_t i)
{
	const struct entry *entry = ctx;
	struct passage *p = entry->passages->list[i];
	struct err stopped;

	if (stop_requested()) {
		err_set(&p->err, ERR_STOPPED, "interrupted");
		return;
	}
	open_line(entry, p);
	while (!p->ssh && (p->err.kind == ERR_NET || p->err.kind == ERR_TIMEOUT) &&
		deadline_left(entry->deadline) > 0 && clock_sleep_ms(AGAIN_MS, &stopped))
		open_line(entry, p);
	if (p->ssh)
		report_note(entry->report, "%s: %s, by %s", p->host->name,
			ssh_host_key(p->ssh), ssh_carried_by(p->ssh));
	else
		err_wrap(&p->err, "no SSH session to ask from there");
}

/* All sessions are open at once, and each wants several. */
static void allow_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

void passages_open(struct passages *p, const struct context *c, int64_t deadline)
{
	AUTO(passwords) struct passwords *passwords = passwords_new();
	struct entry entry = { p, passwords, sshfp_vouch(c->settings), c->report,
		deadline };

	allow_files();
	crew_run((size_t)c->options->forks, p->n, enter, &entry);
}

void passages_close(struct passages *p)
{
	for (size_t i = 0; i < p->n; i++) {
		ssh_close(p->list[i]->ssh);
		free(p->list[i]);
	}
	free(p->list);
	*p = (struct passages){ 0 };
}
