#include "base/alloc.h"
#include "probe/probe.h"

#include <netdb.h>
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
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char service[8];
	int rc;

	*list = NULL;
	*n = 0;
	snprintf(service, sizeof service, "%d", port & 0xffff);
	rc = getaddrinfo(host, service, &hints, &found);
	if (rc)
		return err_set(e, ERR_NET, "%s: no address: %s", host, gai_strerror(rc));
	for (struct addrinfo *i = found; i; i = i->ai_next) {
		struct probe_address a = address_of(i);

		if (listed(*list, *n, a.text))
			continue;
		GROW(*list, *n);
		(*list)[(*n)++] = a;
	}
	freeaddrinfo(found);
	return true;
}
