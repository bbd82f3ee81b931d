#include "ssh/private/agent.h"

#include <stdlib.h>
#include <string.h>

void agent_close(struct agent *g)
{
	if (!g->agent)
		return;
	libssh2_agent_disconnect(g->agent);
	libssh2_agent_free(g->agent);
}

bool agent_open(struct agent *g, struct session *s, const char *path, bool *silent)
{
	*silent = false;
	if (!path && !getenv("SSH_AUTH_SOCK"))
		return false;
	g->agent = libssh2_agent_init(s->session);
	if (g->agent && path)
		libssh2_agent_set_identity_path(g->agent, path);
	*silent = !g->agent || libssh2_agent_connect(g->agent) != 0 ||
		libssh2_agent_list_identities(g->agent) != 0;
	return !*silent;
}

bool agent_has(const struct buf *blob, const char *path, int64_t deadline)
{
	AUTO(session)
	struct session *s =
		session_new(&(struct dialed){ .fd = -1, .proxy_err = -1 }, deadline);
	AUTO(agent) struct agent g = AGENT_EMPTY;
	struct libssh2_agent_publickey *id = NULL;
	bool silent;

	s->lost = true; /* no host to say goodbye to */
	if (blob->len == 0 || !agent_open(&g, s, path, &silent))
		return false;
	while (libssh2_agent_get_identity(g.agent, &id, id) == 0)
		if (id->blob_len == blob->len &&
			memcmp(id->blob, blob->data, blob->len) == 0)
			return true;
	return false;
}
