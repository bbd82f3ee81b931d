#include "base/alloc.h"
#include "base/clock.h"
#include "base/resolve.h"
#include "probe/probe.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static struct probe_address address_of(const struct addrinfo *info)
{
	struct probe_address a = { .sockaddr.len = info->ai_addrlen };
	char host[48], port[8];

	memcpy(a.sockaddr.bytes, info->ai_addr, info->ai_addrlen);
	if (getnameinfo(info->ai_addr, info->ai_addrlen, host, sizeof host, port,
		    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(a.text, sizeof a.text, "?");
	else
		snprintf(a.text, sizeof a.text,
			info->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	return a;
}

void probe_place(const char *host, int port, struct probe_address *a)
{
	*a = (struct probe_address){ 0 };
	snprintf(a->text, sizeof a->text, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host,
		port);
}

static bool listed(const struct probe_address *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].text, text) == 0)
			return true;
	return false;
}

bool probe_resolve(
	const char *host, int port, struct probe_address **list, size_t *n, struct err *e)
{
	AUTO(addrinfo) struct addrinfo *found = NULL;

	*list = NULL;
	*n = 0;
	if (!resolve(host, port, SOCK_STREAM, deadline_in(RESOLVE_SECONDS), &found, e))
		return false;
	for (struct addrinfo *i = found; i; i = i->ai_next) {
		struct probe_address a = address_of(i);

		if (listed(*list, *n, a.text))
			continue;
		GROW(*list, *n);
		(*list)[(*n)++] = a;
	}
	return true;
}
