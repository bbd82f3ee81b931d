#include "cli/passage.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "cli/sshfp.h"
#include "push/reach.h"

#include <sys/resource.h>

#define AGAIN_MS 500

struct passage *passages_of(struct passages *p, const struct host *h)
{
	struct passage *new;

	for (size_t i = 0; i < p->n; i++)
		if (p->list[i]->host == h)
			return p->list[i];
	GROW(p->list, p->n);
	new = p->list[p->n++] = xcalloc(1, sizeof *new);
	new->host = h;
	pthread_mutex_init(&new->lock, NULL);
	return new;
}

static struct ssh *log_in(const struct passages *all, const struct host *h, struct err *e)
{
	struct reach reach;

	reach_of(h, &reach);
	reach.ssh.tunnels = true;
	return reach_open(h, &reach, all->passwords, &all->vouch, all->context->report, e);
}

static struct ssh *open_session(
	const struct passages *all, const struct host *h, struct err *e)
{
	struct err stopped;
	struct ssh *s;

	if (stop_requested()) {
		err_set(e, ERR_STOPPED, "interrupted");
		return NULL;
	}
	s = log_in(all, h, e);
	while (!s && (e->kind == ERR_NET || e->kind == ERR_TIMEOUT) &&
		deadline_left(all->deadline) > 0 && clock_sleep_ms(AGAIN_MS, &stopped))
		s = log_in(all, h, e);
	if (s)
		report_note(all->context->report, "%s: %s, by %s", h->name, ssh_host_key(s),
			ssh_carried_by(s));
	else
		err_wrap(e, "no SSH session to ask from there");
	return s;
}

const struct ssh *passage_enter(const struct passages *all, struct passage *p,
	const struct ssh *broken, struct err *e)
{
	const struct ssh *s;

	pthread_mutex_lock(&p->lock);
	if (p->n < ARRAY_LEN(p->sessions) &&
		(p->n == 0 || (broken && p->sessions[p->n - 1] == broken))) {
		p->sessions[p->n] = open_session(all, p->host, &p->err);
		p->n++;
	}
	s = p->sessions[p->n - 1];
	if (s && s == broken) {
		err_set(e, ERR_NET, "the SSH session to ask from there broke twice");
		s = NULL;
	} else if (!s) {
		*e = p->err;
	}
	pthread_mutex_unlock(&p->lock);
	return s;
}

/* Many sessions are open at once, and each wants several. */
static void allow_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

void passages_prepare(struct passages *p, const struct context *c, int64_t deadline)
{
	if (p->n == 0)
		return;
	allow_files();
	p->context = c;
	p->passwords = passwords_new();
	p->vouch = sshfp_vouch(c->settings);
	p->deadline = deadline;
}

void passage_close(struct passage *p)
{
	for (size_t i = 0; i < p->n; i++)
		ssh_close(TAKE(p->sessions[i]));
}

void passages_end(struct passages *p)
{
	for (size_t i = 0; i < p->n; i++) {
		passage_close(p->list[i]);
		pthread_mutex_destroy(&p->list[i]->lock);
		free(p->list[i]);
	}
	passwords_free(p->passwords);
	free(p->list);
	*p = (struct passages){ 0 };
}
