#include "ssh/private/complaint.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "ssh/private/hostkey.h"
#include "ssh/private/keyfile.h"
#include "ssh/private/unlock.h"

#include <string.h>

enum { CHANNELS = 1024 }; /* far more than one ssh has at once */

/* Lines that are no complaint. */
static const char *const noise[] = { "debug", "Authenticated to ",
	"Transferred: ", "Bytes per second: ", "Killed by signal ", "@@@",
	"Warning: Permanently added", "Confirm user presence " };

/* What a broken connection is called; a proxy has said why before. */
static const char *const weak[] = { "kex_exchange_identification: ",
	"ssh_exchange_identification: ", "Connection closed by ", "Connection reset by ",
	"banner exchange: Connection to UNKNOWN" };

static bool begins(const char *line, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_starts(line, list[i]))
			return true;
	return false;
}

/* Each line of the log in turn, without its end; NULL after the last. malloc'ed. */
static char *next_line(const char **log)
{
	size_t len = strcspn(*log, "\n"), text = len;
	char *line;

	if (!**log)
		return NULL;
	while (text > 0 && (unsigned char)(*log)[text - 1] <= ' ')
		text--;
	line = xstrndup(*log, text);
	*log += len + ((*log)[len] == '\n');
	text_tame(line);
	return line;
}

/* The last line that isn't noise; *strong if it isn't weak: those outweigh the others. */
static char *last_line(const char *log, bool *strong)
{
	char *found = xstrdup(""), *line;

	*strong = false;
	while ((line = next_line(&log))) {
		bool is_weak = begins(line, weak, ARRAY_LEN(weak));

		if (!*line || begins(line, noise, ARRAY_LEN(noise)) ||
			(is_weak && *strong)) {
			free(line);
			continue;
		}
		*strong = *strong || !is_weak;
		free(found);
		found = line;
	}
	return found;
}

char *complaint_line(const char *log)
{
	static const char own_name[] = "ssh: ";
	bool ignored;
	char *found = last_line(log, &ignored);

	if (text_starts(found, own_name))
		memmove(found, found + sizeof own_name - 1,
			strlen(found) - sizeof own_name + 2);
	return found;
}

char *complaint_host_key(const char *log)
{
	static const char *const leads[] = { "debug1: Server host key: ",
		"debug1: Server host certificate: " };

	for (;;) {
		AUTO(str) char *line = next_line(&log);

		if (!line)
			return NULL;
		for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
			const char *key = line + strlen(leads[i]);

			if (text_starts(line, leads[i]) && strchr(key, ' '))
				return xstrndup(key, strcspn(key, ","));
		}
	}
}

/* "debug1: channel_connect_stdio_fwd: localhost:24", and the channel is the next new one.
 */
static bool asks_for(const char *line, const char *to)
{
	AUTO(str) char *end = xasprintf(" %s", to);

	return text_starts(line, "debug1: channel_connect_stdio_fwd") &&
		text_ends(line, end);
}

/* "debug1: channel 2: new …", behind lead "debug1: channel ": the number, and *rest behind
 * the colon. CHANNELS: it is no such line, or of none that a forwarding may have. */
static size_t channel_of(const char *line, const char *lead, const char **rest)
{
	const char *at = line + strlen(lead);
	size_t n = 0;

	if (!text_starts(line, lead) || *at < '0' || *at > '9')
		return CHANNELS;
	for (; *at >= '0' && *at <= '9' && n < CHANNELS; at++)
		n = 10 * n + (size_t)(*at - '0');
	if (n >= CHANNELS || !text_starts(at, ": "))
		return CHANNELS;
	*rest = at + 2;
	return n;
}

/* Of several to the same place at once, any one's reason is good for all. */
char *complaint_forward(const char *log, const char *to)
{
	static const char failed[] = "open failed: ";
	bool asked[CHANNELS] = { false }, next = false;
	char *why = NULL, *line;

	for (; (line = next_line(&log)); free(line)) {
		const char *rest = "";
		size_t opened = channel_of(line, "debug1: channel ", &rest);
		size_t told = channel_of(line, "channel ", &rest);

		if (asks_for(line, to)) {
			next = true;
		} else if (opened < CHANNELS && text_starts(rest, "new ")) {
			asked[opened] = next;
			next = false;
		} else if (told < CHANNELS && asked[told] && text_starts(rest, failed)) {
			free(why);
			why = xstrdup(rest + strlen(failed));
		}
	}
	return why;
}

bool complaint_too_early(const char *log)
{
	bool strong;

	free(last_line(log, &strong));
	return !strong &&
		(strstr(log, "kex_exchange_identification: ") ||
			strstr(log, "ssh_exchange_identification: "));
}

/* "debug1: Offering public key: NAME TYPE SHA256:… [explicit] [agent]": the names. */
static void offered(const char *log, struct buf *names)
{
	static const char lead[] = "debug1: Offering public key: ";
	char *line;

	for (; (line = next_line(&log)); free(line)) {
		char *name = line + sizeof lead - 1, *end;

		if (!text_starts(line, lead) || !(end = strstr(name, " SHA256:")))
			continue;
		*end = '\0';
		end = strrchr(name, ' ');
		buf_printf(names, "%s%.*s", names->len ? ", " : "",
			end ? (int)(end - name) : 0, name);
	}
}

/* Keys that it couldn't use at all. */
static void unusable(const char *log, struct buf *text)
{
	static const char *const leads[] = { "Load key ", "Warning: Identity file ",
		"sign_and_send_pubkey: " };
	char *line;

	for (; (line = next_line(&log)); free(line))
		if (begins(line, leads, ARRAY_LEN(leads)))
			buf_printf(text, "; %s", line);
}

static bool locked(const char *key_file)
{
	AUTO(str) char *path = fs_join(".", key_file);
	struct err ignored;
	const struct keyfile *k = fs_exists(path) ? keyfile_get(path, &ignored) : NULL;

	return k && k->encrypted && !unlocked(key_file);
}

static const char *locked_one(const struct ssh_config *c)
{
	const char *const *key = usual_locked;

	if (c->key_file)
		return locked(c->key_file) ? c->key_file : NULL;
	while (*key && !locked(*key))
		key++;
	return *key;
}

static bool no_login(const struct ssh_config *c, const struct known_hosts *k,
	const char *log, const char *line, struct err *e)
{
	AUTO(buf) struct buf names = BUF_EMPTY, more = BUF_EMPTY;

	(void)k;
	offered(log, &names);
	unusable(log, &more);
	if (locked_one(c)) {
		buf_printf(&more, "; %s is protected by a passphrase: ", locked_one(c));
		unlock_hint(&more, locked_one(c));
	}
	if (names.len == 0)
		return err_set(e, ERR_AUTH, "no key to log in with: %s%s", line, more.data);
	return err_set(e, ERR_AUTH, "login as %s refused: tried %.200s%s", c->user,
		names.data, more.data);
}

static bool no_host_key(const struct ssh_config *c, const struct known_hosts *k,
	const char *log, const char *line, struct err *e)
{
	AUTO(str) char *key = complaint_host_key(log);

	return key ? hostkey_refused(c, k, key, e) : err_set(e, ERR_AUTH, "%s", line);
}

static const struct complaint {
	const char *says;
	enum err_kind kind;
	bool (*tell)(const struct ssh_config *c, const struct known_hosts *k,
		const char *log, const char *line, struct err *e); /* NULL: the line */
} complaints[] = {
	{ "Host key verification failed", ERR_AUTH, no_host_key },
	{ ": Permission denied (", ERR_AUTH, no_login },
	{ "Too many authentication failures", ERR_AUTH, no_login },
	{ "Unable to negotiate with ", ERR_AUTH, NULL },
	{ "Bad configuration option", ERR_CONFIG, NULL },
	{ "terminating, ", ERR_CONFIG, NULL }, /* and it counts the bad lines of a file */
	{ "command-line line 0: ", ERR_CONFIG, NULL },
	{ "command-line: line 0: ", ERR_CONFIG, NULL },
	{ "timed out", ERR_TIMEOUT, NULL },
	{ "", ERR_NET, NULL },
};

static const struct complaint *row_of(const char *line)
{
	const struct complaint *row = complaints;

	while (!strstr(line, row->says))
		row++;
	return row;
}

bool complaint_of_login(const char *log)
{
	AUTO(str) char *line = complaint_line(log);

	return row_of(line)->tell == no_login;
}

bool complaint_err(const struct ssh_config *c, const struct known_hosts *k, const char *log,
	struct err *e)
{
	AUTO(str) char *line = complaint_line(log);
	const struct complaint *row = row_of(line);

	if (row->tell)
		return row->tell(c, k, log, line, e);
	return err_set(e, row->kind, "%s", *line ? line : "ssh ended, and didn't say why");
}
