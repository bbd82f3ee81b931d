#include "ssh/private/openssh_args.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/fs.h"

#include <string.h>

/*
 * ssh takes the first value that it hears of, so these stand before what an inventory or
 * ~/.ssh/config may say. DEBUG1 is for what complaint.h makes out.
 */
static const char *const always[] = { "ssh", "-M", "-N", "-T",
	"-oStrictHostKeyChecking=yes", "-oNoHostAuthenticationForLocalhost=no",
	"-oUpdateHostKeys=no", "-oVerifyHostKeyDNS=no", "-oLogLevel=DEBUG1",
	"-oEscapeChar=none", "-oControlPersist=no", "-oClearAllForwardings=yes",
	"-oForwardAgent=no", "-oForwardX11=no", "-oTunnel=no", "-oPermitLocalCommand=no",
	"-oRemoteCommand=none", "-oAddKeysToAgent=no", "-oVisualHostKey=no",
	"-oServerAliveInterval=10", "-oServerAliveCountMax=3" };

static const char *const silent[] = { "-oBatchMode=yes", "-oNumberOfPasswordPrompts=0" };
static const char *const asking[] = { "-oBatchMode=no", "-oPasswordAuthentication=no",
	"-oKbdInteractiveAuthentication=no", "-oNumberOfPasswordPrompts=1" };

static void add(struct words *w, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		words_add(w, "%s", list[i]);
}

/* ssh_config(5), TOKENS: a percent sign is two. */
static char *literal(const char *text)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	for (; *text; text++)
		buf_printf(&b, *text == '%' ? "%%%%" : "%c", *text);
	return buf_take(&b);
}

/* ssh has a shell run it, which must see the words that we see. */
static bool add_proxy(struct words *w, const char *command, struct err *e)
{
	char **argv = argv_split(command);
	AUTO(buf) struct buf b = BUF_EMPTY;
	AUTO(str) char *text = NULL;

	if (!argv)
		return err_set(e, ERR_CONFIG,
			"proxy command: unbalanced quotes or empty: %s", command);
	for (char **word = argv; *word; word++) {
		if (b.len)
			buf_putc(&b, ' ');
		buf_shell_word(&b, *word);
	}
	free(argv);
	text = literal(b.data);
	words_add(w, "-oProxyCommand=%s", text);
	return true;
}

static void add_keys(struct words *w, const struct ssh_config *c, const char *vouched)
{
	AUTO(str) char *path = c->key_file ? fs_join(".", c->key_file) : NULL;
	AUTO(str) char *key = path ? literal(path) : NULL;
	AUTO(str) char *hosts = c->known_hosts ? literal(c->known_hosts) : NULL;

	if (key) {
		words_add(w, "-oIdentitiesOnly=yes");
		words_add(w, "-oIdentityFile=\"%s\"", key);
	}
	/* as with libssh2, that file alone counts then */
	if (hosts)
		words_add(w, "-oUserKnownHostsFile=\"%s\"", hosts);
	if (vouched)
		words_add(w, "-oGlobalKnownHostsFile=%s%s",
			hosts ? "" : "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2 ",
			vouched);
	else if (hosts)
		words_add(w, "-oGlobalKnownHostsFile=/dev/null");
}

bool openssh_args(const struct ssh_config *c, const char *socket, const char *vouched,
	bool asks, struct words *w, struct err *e)
{
	add(w, always, ARRAY_LEN(always));
	if (asks)
		add(w, asking, ARRAY_LEN(asking));
	else
		add(w, silent, ARRAY_LEN(silent));
	words_add(w, "-S%s", socket);
	words_add(w, "-oConnectTimeout=%d", c->timeout);
	words_add(w, "-oUser=%s", c->user);
	/* else ~/.ssh/config may name another */
	if (c->port != 22)
		words_add(w, "-oPort=%d", c->port);
	if (c->proxy_command && !add_proxy(w, c->proxy_command, e))
		return false;
	for (const char *const *option = c->options; option && *option; option++)
		words_add(w, "%s", *option);
	add_keys(w, c, vouched);
	words_add(w, "--");
	words_add(w, "%s", c->address);
	return true;
}
