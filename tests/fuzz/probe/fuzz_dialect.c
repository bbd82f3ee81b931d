/* The first byte picks the protocol, '@' the first; the rest is what the server says, all
 * at once. */
#include "base/clock.h"
#include "probe/private/dialect.h"
#include "probe/probe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const protocols[16] = { "smtp", "nntp", "imap", "lmtp", "pop3",
		"sieve", "ftp", "irc", "xmpp-client", "xmpp-server", "ldap", "postgres",
		"mysql", "rdp", "mssql", "https" };
	struct lines l = { .deadline = deadline_in_ms(2000) };
	struct err e = { 0 };
	int fds[2];
	bool ok;

	if (len == 0 || len > 60000 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return 0;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	l.fd = fds[0];
	if (send(fds[1], data + 1, len - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ||
		shutdown(fds[1], SHUT_WR) != 0)
		abort();
	ok = dialect_speak(
		dialect_find(protocols[data[0] % 16]), "mail.example.net", &l, &e);
	/* a handshake never begins behind bytes that came in the clear */
	if ((ok && lines_pending(&l) > 0) || (!ok && e.kind == ERR_NONE) ||
		e.kind == ERR_TIMEOUT)
		abort();
	close(fds[0]);
	close(fds[1]);
	return 0;
}
