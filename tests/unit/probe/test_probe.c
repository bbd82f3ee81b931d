/* Verdicts, on what a TLS server in a thread of this program serves. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "check.h"
#include "made_cert.h"
#include "probe/private/dialect.h"
#include "probe/probe.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

enum role {
	LEAF,  /* what the store holds */
	OLDER, /* of the same names, from before */
	NEWER,
	SAME_KEY,
	SNAKEOIL, /* self-signed, of the same names */
	STRANGER, /* of our CA, for other names */
	WILDCARD, /* of our CA, older, "*.example.net" */
	LAPSED,   /* of the same names, expired */
	EARLY,    /* not valid yet */
	TINY,     /* with a key of 1024 bits, and signed with SHA-1 */
	N_ROLES
};

static const struct made_wish wishes[N_ROLES] = {
	[LEAF] = { "www", "DNS:www.example.net,IP:192.0.2.7", 0, 0, NULL },
	[OLDER] = { "www", "DNS:www.example.net", -80 * MADE_DAY, 10 * MADE_DAY, NULL },
	[NEWER] = { "www", "DNS:www.example.net", -1 * MADE_DAY, 89 * MADE_DAY, NULL },
	[SNAKEOIL] = { "www", "DNS:www.example.net", 0, 0, NULL },
	[STRANGER] = { "ftp", "DNS:ftp.example.org", 0, 0, NULL },
	[WILDCARD] = { "*", "DNS:*.example.net", -80 * MADE_DAY, 10 * MADE_DAY, NULL },
	[LAPSED] = { "www", "DNS:www.example.net", -90 * MADE_DAY, -1 * MADE_DAY, NULL },
	[EARLY] = { "www", "DNS:www.example.net", 1 * MADE_DAY, 90 * MADE_DAY, NULL },
	[TINY] = { "www", "DNS:www.example.net", 0, 0, NULL },
};

static const struct made_special tiny = { .rsa = 1024, .sha1 = true };

static struct made root, ca, certs[N_ROLES];
static struct trust *trust;
static struct prober *prober;

/* ---- the server ---- */

/* What one connection gets; the last one of a list goes for all that follow. */
struct serve {
	enum { TLS, SMTP, PLAIN, CUT, MUTE } how;
	enum role role;
	bool bare; /* without the intermediate */
};

/* What it is like, beside that. */
struct manners {
	int version;  /* the newest that it knows; 0: the newest that there is */
	bool demands; /* a certificate of the client's, or it's the end */
};

static struct server {
	int fd;
	SSL_CTX *tls;
	struct probe_address address;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	const struct serve *list;
	size_t n, served;
	struct manners manners;
	char asked_for[64]; /* by SNI; or "" */
} server = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct serve *next_serve(void)
{
	const struct serve *s;

	pthread_mutex_lock(&server.lock);
	s = &server.list[server.served < server.n ? server.served : server.n - 1];
	server.served++;
	pthread_mutex_unlock(&server.lock);
	return s;
}

static void line(int fd, const char *said, const char *wanted)
{
	char c = 0;

	if (send(fd, said, strlen(said), MSG_NOSIGNAL) < 0)
		return;
	while (wanted && recv(fd, &c, 1, 0) == 1 && c != '\n')
		;
}

static void behave(SSL *ssl)
{
	pthread_mutex_lock(&server.lock);
	SSL_set_max_proto_version(ssl, server.manners.version);
	SSL_set_verify(ssl,
		server.manners.demands ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
				       : SSL_VERIFY_NONE,
		NULL);
	pthread_mutex_unlock(&server.lock);
}

/* Before it answers: whoever has the answer may look. */
static int note_name(SSL *ssl, int *alert, void *unused)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert, (void)unused;
	pthread_mutex_lock(&server.lock);
	snprintf(server.asked_for, sizeof server.asked_for, "%s", name ? name : "");
	pthread_mutex_unlock(&server.lock);
	return SSL_TLSEXT_ERR_OK;
}

static void handshake(int fd, const struct serve *s)
{
	SSL *ssl = SSL_new(server.tls);
	char c;

	SSL_use_certificate(ssl, certs[s->role].x509);
	SSL_use_PrivateKey(ssl, certs[s->role].key);
	behave(ssl);
	if (!s->bare && s->role != SNAKEOIL)
		SSL_add1_chain_cert(ssl, ca.x509);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		SSL_read(ssl, &c, 1);
	SSL_free(ssl);
	ERR_clear_error();
}

static void attend(int fd, const struct serve *s)
{
	char c;

	switch (s->how) {
	case SMTP:
		line(fd, "220 mail\r\n", "EHLO");
		line(fd, "250-mail\r\n250 STARTTLS\r\n", "STARTTLS");
		line(fd, "220 go\r\n", NULL);
		handshake(fd, s);
		break;
	case TLS:
		handshake(fd, s);
		break;
	case PLAIN:
		line(fd, "220 mail ESMTP, and no TLS at all\r\n", NULL);
		break;
	case MUTE:
		while (recv(fd, &c, 1, 0) > 0)
			;
		break;
	case CUT:
		break;
	}
}

static void *serve(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(server.fd, NULL, NULL)) >= 0) {
		attend(fd, next_serve());
		close(fd);
	}
	return NULL;
}

static void start_mannered(const struct serve *list, size_t n, struct manners manners)
{
	pthread_mutex_lock(&server.lock);
	server.list = list;
	server.n = n;
	server.served = 0;
	server.manners = manners;
	pthread_mutex_unlock(&server.lock);
}

static void start(const struct serve *list, size_t n)
{
	start_mannered(list, n, (struct manners){ .version = 0 });
}

static void listen_here(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;

	server.tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_session_cache_mode(server.tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_tlsext_servername_callback(server.tls, note_name);
	SSL_CTX_set_security_level(server.tls, 0);
	SSL_CTX_set_min_proto_version(server.tls, TLS1_VERSION);
	server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server.fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(server.fd, 16), 0);
	getsockname(server.fd, (struct sockaddr *)&at, &len);
	server.address = (struct probe_address){ .sockaddr.len = len };
	memcpy(server.address.sockaddr.bytes, &at, len);
	snprintf(server.address.text, sizeof server.address.text, "127.0.0.1:%d",
		ntohs(at.sin_port));
	assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static size_t n_probes = 1;

static int setup(void **state)
{
	struct err e;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	setenv("SSL_CERT_FILE", "/nonexistent", 1);
	root = made_cert(&(const struct made_wish){ "Root", NULL, -90 * MADE_DAY,
				 900 * MADE_DAY, NULL },
		NULL);
	ca = made_cert(&(const struct made_wish){ "R10", NULL, -90 * MADE_DAY,
			       900 * MADE_DAY, NULL },
		&root);
	for (int i = 0; i < N_ROLES; i++) {
		struct made_wish w = wishes[i == SAME_KEY ? OLDER : i];

		w.same = i == SAME_KEY ? &certs[LEAF] : NULL;
		certs[i] = made_special_cert(&w, i == SNAKEOIL ? NULL : &ca,
			i == TINY ? &tiny : &(const struct made_special){ .rsa = 0 });
	}
	trust = made_trust(&root);
	prober = prober_new(trust, n_probes, &e);
	listen_here();
	return prober ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	shutdown(server.fd, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.fd);
	SSL_CTX_free(server.tls);
	for (int i = 0; i < N_ROLES; i++)
		made_clear(&certs[i]);
	made_clear(&ca);
	made_clear(&root);
	prober_free(prober);
	trust_free(trust);
	return 0;
}

/* ---- verdicts ---- */

struct row {
	const char *name; /* asked for */
	struct serve serve;
	int expect; /* the role that the store has; -1: nothing is expected */
	enum probe_verdict verdict;
	const char *says;
};

static const struct row rows[] = {
	{ "www.example.net", { TLS, LEAF, false }, LEAF, PROBE_OK, NULL },
	{ "www.example.net", { TLS, LEAF, false }, -1, PROBE_OK, NULL },
	{ "192.0.2.7", { TLS, LEAF, false }, LEAF, PROBE_OK, NULL },
	{ "WWW.Example.NET", { TLS, LEAF, false }, -1, PROBE_OK, NULL },
	{ "a.example.net", { TLS, WILDCARD, false }, -1, PROBE_OK, NULL },
	{ "www.example.net", { TLS, OLDER, false }, LEAF, PROBE_OLDER, "the store has" },
	{ "www.example.net", { TLS, LAPSED, false }, LEAF, PROBE_OLDER, "the store has" },
	{ "www.example.net", { TLS, WILDCARD, false }, LEAF, PROBE_OLDER, "the store has" },
	{ "www.example.net", { TLS, LEAF, false }, WILDCARD, PROBE_NEWER, "the store has" },
	{ "www.example.net", { TLS, NEWER, false }, LEAF, PROBE_NEWER, "the store has" },
	{ "www.example.net", { TLS, SAME_KEY, false }, LEAF, PROBE_SAME_KEY, "same key" },
	{ "www.example.net", { TLS, SNAKEOIL, false }, LEAF, PROBE_FOREIGN,
		"serves www of" },
	{ "www.example.net", { TLS, STRANGER, false }, LEAF, PROBE_FOREIGN,
		"serves ftp of" },
	{ "www.example.net", { TLS, LEAF, true }, LEAF, PROBE_CHAIN,
		"serves 1 certificate where the store has 2" },
	{ "www.example.net", { TLS, LEAF, true }, -1, PROBE_UNTRUSTED, "R10" },
	{ "www.example.net", { TLS, SNAKEOIL, false }, -1, PROBE_UNTRUSTED, "self-signed" },
	{ "mail.example.net", { TLS, LEAF, false }, LEAF, PROBE_WRONG_NAME,
		"isn't for mail.example.net" },
	{ "192.0.2.8", { TLS, LEAF, false }, -1, PROBE_WRONG_NAME, "isn't for 192.0.2.8" },
	{ "a.b.example.net", { TLS, WILDCARD, false }, -1, PROBE_WRONG_NAME, "isn't for" },
	{ "www.example.net", { TLS, LAPSED, false }, -1, PROBE_EXPIRED, "expired on" },
	{ "www.example.net", { TLS, LAPSED, false }, LAPSED, PROBE_EXPIRED, "expired on" },
	{ "www.example.net", { TLS, EARLY, false }, EARLY, PROBE_EXPIRED,
		"is this clock right?" },
	{ "www.example.net", { PLAIN, LEAF, false }, LEAF, PROBE_HANDSHAKE,
		"TLS handshake" },
	{ "www.example.net", { CUT, LEAF, false }, LEAF, PROBE_HANDSHAKE, "TLS handshake" },
	{ "www.example.net", { MUTE, LEAF, false }, LEAF, PROBE_UNREACHABLE, "timed out" },
};

static struct chain expected_of(int role)
{
	return role == SNAKEOIL ? MADE_CHAIN(&certs[role]) : MADE_CHAIN(&certs[role], &ca);
}

static void every_verdict_has_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *w = &rows[i];
		const struct probe_target t = { .protocol = "https", .name = w->name };
		AUTO(chain)
		struct chain expected = expected_of(w->expect < 0 ? 0 : w->expect);
		AUTO(probe_result) struct probe_result r = { 0 };

		start(&w->serve, 1);
		probe_run(prober, &t, &server.address, w->expect < 0 ? NULL : &expected,
			deadline_in_ms(w->serve.how == MUTE ? 20 : 5000), &r);
		if (r.verdict != w->verdict)
			fail_msg("row %zu: %s, not %s: %s", i,
				probe_verdict_word(r.verdict),
				probe_verdict_word(w->verdict), r.err.msg);
		if ((r.err.kind == ERR_NONE) != (r.verdict == PROBE_OK))
			fail_msg("row %zu: %s with kind %d", i,
				probe_verdict_word(r.verdict), (int)r.err.kind);
		if (w->says && !strstr(r.err.msg, w->says))
			fail_msg("row %zu: '%s' isn't in: %s", i, w->says, r.err.msg);
		if (w->serve.how == TLS) {
			assert_int_equal(r.served.n,
				w->serve.bare || w->serve.role == SNAKEOIL ? 1 : 2);
			assert_true(text_starts(r.tls, "TLSv1.3 "));
		} else {
			assert_int_equal(r.served.n, 0);
		}
		assert_string_equal(r.address, server.address.text);
	}
}

static void a_dialogue_comes_before_the_handshake(void **state)
{
	static const struct serve smtp = { SMTP, LEAF, false };
	const struct probe_target t = { .protocol = "smtp", .name = "www.example.net" };
	AUTO(chain) struct chain expected = expected_of(LEAF);
	AUTO(probe_result) struct probe_result r = { 0 };

	(void)state;
	start(&smtp, 1);
	probe_run(prober, &t, &server.address, &expected, deadline_in_ms(5000), &r);
	assert_string_equal(probe_verdict_word(r.verdict), "ok");
}

static void a_closed_port_is_unreachable(void **state)
{
	const struct probe_target t = { .protocol = "https", .name = "www.example.net" };
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct probe_address a = { .text = "closed", .sockaddr.len = sizeof at };
	AUTO(probe_result) struct probe_result r = { 0 };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* bound, and nobody listens */

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	getsockname(fd, (struct sockaddr *)&at, &len);
	memcpy(a.sockaddr.bytes, &at, sizeof at);
	probe_run(prober, &t, &a, NULL, deadline_in_ms(5000), &r);
	assert_int_equal(r.verdict, PROBE_UNREACHABLE);
	assert_int_equal(r.err.kind, ERR_NET);
	close(fd);
}

static void an_unknown_protocol_is_no_ok(void **state)
{
	const struct probe_target t = { .protocol = "gopher", .name = "www.example.net" };
	AUTO(probe_result) struct probe_result r = { 0 };

	(void)state;
	probe_run(prober, &t, &server.address, NULL, deadline_in_ms(5000), &r);
	assert_int_equal(r.verdict, PROBE_UNREACHABLE);
	assert_int_equal(r.err.kind, ERR_USAGE);
}

/* Of an old version, with a tiny key, to a client without the certificate it wants: it is
 * told what was served. */
static void whatever_is_served_is_told(void **state)
{
	static const struct {
		enum role role;
		struct manners manners;
		const char *tls, *warns;
	} cases[] = {
		{ LEAF, { TLS1_3_VERSION, false }, "TLSv1.3 ", "" },
		{ LEAF, { TLS1_2_VERSION, false }, "TLSv1.2 ", "" },
		{ LEAF, { TLS1_1_VERSION, false }, "TLSv1.1 ",
			"no newer TLS than TLSv1.1" },
		{ LEAF, { TLS1_VERSION, false }, "TLSv1 ", "no newer TLS than TLSv1" },
		{ TINY, { TLS1_3_VERSION, false }, "TLSv1.3 ",
			"the key of certificate 0 (www) is too weak: rsa1024; certificate 0 (www) is signed too weakly: ecdsa-with-SHA1" },
		{ TINY, { TLS1_VERSION, false }, "TLSv1 ",
			"no newer TLS than TLSv1; the key of" },
		{ LEAF, { TLS1_3_VERSION, true }, "TLSv1.3 ", "" },
		{ LEAF, { TLS1_2_VERSION, true }, "TLSv1.2 ",
			"it ends the handshake with who shows no client certificate" },
		{ TINY, { TLS1_VERSION, true }, "TLSv1 ",
			"no newer TLS than TLSv1; the key of" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct serve serve = { TLS, cases[i].role, false };
		const struct probe_target t = { .protocol = "https",
			.name = "www.example.net" };
		AUTO(chain) struct chain expected = expected_of((int)cases[i].role);
		AUTO(probe_result) struct probe_result r = { 0 };

		start_mannered(&serve, 1, cases[i].manners);
		probe_run(prober, &t, &server.address, &expected, deadline_in_ms(5000), &r);
		if (r.verdict != PROBE_OK)
			fail_msg("case %zu: %s: %s", i, probe_verdict_word(r.verdict),
				r.err.msg);
		assert_int_equal(r.served.n, 2);
		assert_true(text_starts(r.tls, cases[i].tls));
		if (!text_starts(r.warning, cases[i].warns) ||
			!*r.warning != !*cases[i].warns)
			fail_msg("case %zu warns of: %s", i, r.warning);
		assert_true(r.took > 0);
		assert_int_equal(r.chain_until, cert_not_after(r.served.certs[0]));
	}
}

/* That it wants a certificate of ours is no excuse for another one than the store's. */
static void a_demand_excuses_nothing(void **state)
{
	static const struct serve serve = { TLS, OLDER, false };
	const struct probe_target t = { .protocol = "https", .name = "www.example.net" };
	AUTO(chain) struct chain expected = expected_of(LEAF);
	AUTO(probe_result) struct probe_result r = { 0 };

	(void)state;
	start_mannered(&serve, 1, (struct manners){ TLS1_2_VERSION, true });
	probe_run(prober, &t, &server.address, &expected, deadline_in_ms(5000), &r);
	assert_int_equal(r.verdict, PROBE_OLDER);
	assert_string_equal(
		r.warning, "it ends the handshake with who shows no client certificate");
}

static void break_off(const SSL *ssl, int where, int unused)
{
	(void)unused;
	if (where == SSL_CB_ACCEPT_LOOP && SSL_get_state(ssl) == TLS_ST_SW_SRVR_DONE)
		shutdown(SSL_get_fd(ssl), SHUT_RD);
}

/* Nor does it excuse a server that breaks off for a reason of its own. */
static void only_its_own_word_excuses_it(void **state)
{
	static const struct serve serve = { TLS, LEAF, false };
	const struct probe_target t = { .protocol = "https", .name = "www.example.net" };
	AUTO(chain) struct chain expected = expected_of(LEAF);
	AUTO(probe_result) struct probe_result r = { 0 };

	(void)state;
	SSL_CTX_set_info_callback(server.tls, break_off);
	start_mannered(&serve, 1, (struct manners){ TLS1_2_VERSION, true });
	probe_run(prober, &t, &server.address, &expected, deadline_in_ms(5000), &r);
	SSL_CTX_set_info_callback(server.tls, NULL);
	assert_int_equal(r.verdict, PROBE_HANDSHAKE);
	assert_true(text_starts(r.warning, "before that it showed "));
}

static void a_name_is_said_unless_it_is_not_to_be(void **state)
{
	static const struct serve serve = { TLS, LEAF, false };
	static const struct {
		const char *name;
		bool no_sni;
		const char *said;
	} cases[] = {
		{ "www.example.net", false, "www.example.net" },
		{ "www.example.net", true, "" },
		{ "192.0.2.7", false, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct probe_target t = { .protocol = "https",
			.name = cases[i].name,
			.no_sni = cases[i].no_sni };
		AUTO(probe_result) struct probe_result r = { 0 };

		start(&serve, 1);
		probe_run(prober, &t, &server.address, NULL, deadline_in_ms(5000), &r);
		assert_string_equal(probe_verdict_word(r.verdict), "ok");
		pthread_mutex_lock(&server.lock);
		assert_string_equal(server.asked_for, cases[i].said);
		pthread_mutex_unlock(&server.lock);
	}
}

/* What the client offers, as it came (RFC 7301 3.1). */
static struct {
	unsigned char bytes[64];
	unsigned len;
} offer;

static int take_offer(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len,
	const unsigned char *in, unsigned len, void *arg)
{
	(void)ssl;
	(void)arg;
	pthread_mutex_lock(&server.lock);
	memcpy(offer.bytes, in, len < sizeof offer.bytes ? len : sizeof offer.bytes);
	offer.len = len;
	pthread_mutex_unlock(&server.lock);
	*chosen = in + 1;
	*chosen_len = in[0];
	return SSL_TLSEXT_ERR_OK;
}

static void a_protocol_is_offered_by_its_name(void **state)
{
	static const struct {
		const char *protocol, *offer;
	} offers[] = { { "https", "\2h2\10http/1.1" }, { "dot", "\3dot" },
		{ "xmpps-client", "\13xmpp-client" }, { "xmpps-server", "\13xmpp-server" },
		{ "postgres-direct", "\12postgresql" }, { "mssql-direct", "\7tds/8.0" },
		{ "smtps", "" }, { "tls", "" } };
	static const struct serve tls = { TLS, LEAF, false };

	(void)state;
	SSL_CTX_set_alpn_select_cb(server.tls, take_offer, NULL);
	for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
		const struct probe_target t = { .protocol = offers[i].protocol,
			.name = "www.example.net" };
		AUTO(probe_result) struct probe_result r = { 0 };

		offer.len = 0;
		start(&tls, 1);
		probe_run(prober, &t, &server.address, NULL, deadline_in_ms(5000), &r);
		assert_string_equal(probe_verdict_word(r.verdict), "ok");
		pthread_mutex_lock(&server.lock);
		assert_int_equal(offer.len, strlen(offers[i].offer));
		assert_memory_equal(offer.bytes, offers[i].offer, offer.len);
		pthread_mutex_unlock(&server.lock);
	}
	SSL_CTX_set_alpn_select_cb(server.tls, NULL, NULL);
}

/* ---- again and again ---- */

static enum probe_verdict until(const struct serve *list, size_t n, int ms, size_t *asked)
{
	const struct probe_target t = { .protocol = "https", .name = "www.example.net" };
	AUTO(chain) struct chain expected = expected_of(LEAF);
	AUTO(probe_result) struct probe_result r = { 0 };

	start(list, n);
	probe_until(prober, &t, &server.address, &expected, 3, deadline_in_ms(ms), &r);
	pthread_mutex_lock(&server.lock);
	*asked = server.served;
	pthread_mutex_unlock(&server.lock);
	return r.verdict;
}

static void good_answers_are_wanted_in_a_row(void **state)
{
	static const struct serve mixed[] = { { TLS, OLDER, false }, { TLS, LEAF, false },
		{ TLS, OLDER, false }, { TLS, LEAF, false }, { TLS, LEAF, false },
		{ CUT, LEAF, false }, { TLS, LEAF, false } };
	size_t asked;

	(void)state;
	assert_int_equal(until(mixed + 6, 1, 5000, &asked), PROBE_OK);
	assert_int_equal(asked, 3);
	assert_int_equal(until(mixed, 7, 5000, &asked), PROBE_OK);
	assert_int_equal(asked, 9);
}

static void what_stays_old_is_old_at_the_deadline(void **state)
{
	static const struct serve old[] = { { TLS, OLDER, false } };
	size_t asked;

	(void)state;
	assert_int_equal(until(old, 1, 60, &asked), PROBE_OLDER);
	assert_true(asked >= 1);
}

/* Two good ones just before the deadline, and an old one after it. */
static void a_good_run_that_breaks_is_not_ok(void **state)
{
	static const struct serve mixed[] = { { TLS, LEAF, false }, { TLS, LEAF, false },
		{ TLS, OLDER, false } };
	size_t asked;

	(void)state;
	assert_int_equal(until(mixed, 3, 40, &asked), PROBE_OLDER);
	assert_int_equal(asked, 3);
}

static void a_run_that_ends_well_may_end_after_the_deadline(void **state)
{
	static const struct serve good[] = { { TLS, LEAF, false } };
	size_t asked;

	(void)state;
	assert_int_equal(until(good, 1, 0, &asked), PROBE_OK);
	assert_int_equal(asked, 3);
}

/* ---- names ---- */

static void addresses_are_told_apart(void **state)
{
	struct probe_address *list;
	struct err e;
	size_t n;

	(void)state;
	assert_ok(probe_resolve("127.0.0.1", 25, &list, &n, &e), &e);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].text, "127.0.0.1:25");
	free(list);
	assert_ok(probe_resolve("::1", 563, &list, &n, &e), &e);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].text, "[::1]:563");
	free(list);
	assert_err(probe_resolve("no such name", 25, &list, &n, &e), &e, ERR_NET,
		"no such name: no address");
	assert_int_equal(n, 0);
	assert_null(list);
}

static void every_protocol_has_a_port_and_a_title(void **state)
{
	(void)state;
	for (const char *const *p = probe_protocol_names; *p; p++) {
		assert_non_null(dialect_find(*p));
		assert_true(probe_protocol_port(*p) > 0 || text_eq(*p, "tls"));
		assert_true(strlen(probe_protocol_title(*p)) > 0);
		assert_false(text_among(
			probe_protocol_names, (size_t)(p - probe_protocol_names), *p));
	}
	assert_null(dialect_find("smpt"));
	assert_int_equal(probe_protocol_port("smpt"), 0);
	for (int v = 0; v < N_PROBE_VERDICTS; v++)
		assert_non_null(probe_verdict_word((enum probe_verdict)v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verdict_has_its_reason),
		cmocka_unit_test(a_dialogue_comes_before_the_handshake),
		cmocka_unit_test(a_closed_port_is_unreachable),
		cmocka_unit_test(an_unknown_protocol_is_no_ok),
		cmocka_unit_test(whatever_is_served_is_told),
		cmocka_unit_test(a_demand_excuses_nothing),
		cmocka_unit_test(only_its_own_word_excuses_it),
		cmocka_unit_test(a_name_is_said_unless_it_is_not_to_be),
		cmocka_unit_test(a_protocol_is_offered_by_its_name),
		cmocka_unit_test(good_answers_are_wanted_in_a_row),
		cmocka_unit_test(what_stays_old_is_old_at_the_deadline),
		cmocka_unit_test(a_good_run_that_breaks_is_not_ok),
		cmocka_unit_test(a_run_that_ends_well_may_end_after_the_deadline),
		cmocka_unit_test(addresses_are_told_apart),
		cmocka_unit_test(every_protocol_has_a_port_and_a_title),
	};
	int failed;

	/* All of it twice: with OpenSSL as it is, and as it is for many. */
	failed = cmocka_run_group_tests(tests, setup, teardown);
	n_probes = 1000;
	return failed + cmocka_run_group_tests(tests, setup, teardown);
}
