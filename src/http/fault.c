#include "base/text.h"
#include "http/private/http.h"

#include <ctype.h>
#include <string.h>

void fault_url(struct buf *out, const char *url)
{
	const char *host = strstr(url, "://");
	size_t len = strcspn(url, "?#");
	size_t authority, at = 0;

	if (!host || (size_t)(host - url) >= len) {
		buf_add(out, url, len);
		return;
	}
	host += 3;
	authority = strcspn(host, "/?#");
	for (size_t i = 0; i < authority; i++)
		if (host[i] == '@')
			at = i + 1;
	buf_add(out, url, (size_t)(host - url));
	buf_add(out, host + at, len - (size_t)(host - url) - at);
}

/* "SSL certificate problem: self-signed certificate" without the first half. */
static const char *cause(const struct flight *f)
{
	static const char *const prefixes[] = { "SSL certificate problem: ", "SSL: ",
		"OpenSSL SSL_connect: ", "OpenSSL SSL_read: ", "OpenSSL SSL_write: " };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (text_starts(f->curl_says, prefixes[i]))
			return f->curl_says + strlen(prefixes[i]);
	return f->curl_says;
}

static bool no_connection(CURL *c, const char *url, struct err *e)
{
	const char *words = NULL;
	long number = 0;

	curl.easy_getinfo(c, CURLINFO_OS_ERRNO, &number);
	if (number > 0)
		words = strerrordesc_np((int)number);
	if (!words)
		return err_set(e, ERR_NET, "%s: cannot connect", url);
	return err_set(
		e, ERR_NET, "%s: %c%s", url, tolower((unsigned char)*words), words + 1);
}

static bool too_late(CURL *c, const char *url, struct err *e)
{
	curl_off_t begun = 0;

	curl.easy_getinfo(c, CURLINFO_PRETRANSFER_TIME_T, &begun);
	return err_set(e, ERR_TIMEOUT, "%s: %s", url,
		begun ? "no answer in time" : "no connection in time");
}

/* What curl's own words add nothing to. */
static const struct {
	CURLcode code;
	enum err_kind kind;
	const char *words;
} plain[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_NET, "cannot resolve the host's name" },
	{ CURLE_COULDNT_RESOLVE_PROXY, ERR_NET, "cannot resolve the proxy's name" },
	{ CURLE_GOT_NOTHING, ERR_NET, "the connection was closed without an answer" },
	{ CURLE_PARTIAL_FILE, ERR_NET, "the answer broke off" },
	{ CURLE_URL_MALFORMAT, ERR_CONFIG, "not a URL" },
	{ CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL, "the answer is not HTTP" },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_PROTOCOL, "the answer is not HTTP" },
};

static const struct {
	CURLcode code;
	enum err_kind kind;
	const char *words;
} with_cause[] = {
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_TLS, "certificate not trusted" },
	{ CURLE_SSL_ISSUER_ERROR, ERR_TLS, "certificate not trusted" },
	{ CURLE_SSL_CONNECT_ERROR, ERR_TLS, "TLS handshake failed" },
	{ CURLE_SSL_CIPHER, ERR_TLS, "TLS handshake failed" },
	{ CURLE_SSL_CACERT_BADFILE, ERR_IO, "cannot read the trusted roots (ca_file)" },
	{ CURLE_RECV_ERROR, ERR_NET, "the connection broke" },
	{ CURLE_SEND_ERROR, ERR_NET, "the connection broke" },
};

static bool tell(
	CURL *c, CURLcode code, const struct flight *f, const char *url, struct err *e)
{
	if (f->refused)
		return err_set(e, ERR_PROTOCOL, "%s: %s", url, f->refused);
	if (code == CURLE_COULDNT_CONNECT)
		return no_connection(c, url, e);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return too_late(c, url, e);
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (plain[i].code == code)
			return err_set(e, plain[i].kind, "%s: %s", url, plain[i].words);
	for (size_t i = 0; i < ARRAY_LEN(with_cause); i++)
		if (with_cause[i].code == code)
			return err_set(e, with_cause[i].kind, "%s: %s: %s", url,
				with_cause[i].words,
				*cause(f) ? cause(f) : curl.easy_strerror(code));
	return err_set(e, ERR_NET, "%s: %s", url,
		*f->curl_says ? f->curl_says : curl.easy_strerror(code));
}

bool fault_tell(
	CURL *c, CURLcode code, const struct flight *f, const char *url, struct err *e)
{
	AUTO(buf) struct buf name = BUF_EMPTY;

	fault_url(&name, url);
	return tell(c, code, f, name.data, e);
}
