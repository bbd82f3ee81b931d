#include "cli/passage.h"
#include "base/alloc.h"
#include "base/stop.h"
#include "cli/sshfp.h"
#include "push/reach.h"
#include "work/crew.h"

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
};

static void enter(void *ctx, size_t i)
{
	const struct entry *entry = ctx;
	struct passage *p = entry->passages->list[i];
	struct reach reach;

	if (stop_requested()) {
		err_set(&p->err, ERR_STOPPED, "interrupted");
		return;
	}
	reach_of(p->host, &reach);
	reach.ssh.tunnels = true;
	p->ssh = reach_open(
		p->host, &reach, entry->passwords, &entry->vouch, entry->report, &p->err);
	if (p->ssh)
		report_note(entry->report, "%s: %s, by %s", p->host->name,
			ssh_host_key(p->ssh), ssh_carried_by(p->ssh));
	else
		err_wrap(&p->err, "no SSH session to ask from there");
}

void passages_open(struct passages *p, const struct context *c)
{
	AUTO(passwords) struct passwords *passwords = passwords_new();
	struct entry entry = { p, passwords, sshfp_vouch(c->settings), c->report };

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
