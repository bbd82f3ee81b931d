#include "push/tunnel.h"

static int connect_there(
	void *ctx, const struct probe_address *to, int64_t deadline, struct err *e)
{
	(void)to;
	return ssh_line_connect(ctx, deadline, e);
}

void tunnel_init(struct tunnel *t, const struct ssh *s, const char *host, int port)
{
	t->line = ssh_line_new(s, host, port);
	t->way = (struct probe_way){ connect_there, t->line };
}

void tunnel_clear(struct tunnel *t)
{
	ssh_line_free(t->line);
	*t = (struct tunnel){ 0 };
}
