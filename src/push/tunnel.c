#include "push/tunnel.h"

static int connect_there(
	void *ctx, const struct probe_address *to, int64_t deadline, struct err *e)
{
	const struct tunnel *t = ctx;

	(void)to;
	return ssh_line_connect(t->line, deadline, e);
}

static bool gone(void *ctx)
{
	const struct tunnel *t = ctx;

	return ssh_lost(t->through, false); /* who asks again asks this again */
}

void tunnel_init(struct tunnel *t, const struct ssh *s, const char *host, int port)
{
	t->through = s;
	t->line = ssh_line_new(s, host, port);
	t->way = (struct probe_way){ connect_there, gone, t };
}

void tunnel_clear(struct tunnel *t)
{
	ssh_line_free(t->line);
	*t = (struct tunnel){ 0 };
}
