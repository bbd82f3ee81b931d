/*
 * cert - X.509 certificates and the chains they are served with.
 *
 * Read-only once made, so several threads may look at the same one. Knows nothing of
 * files, sockets or hosts.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "digest/digest.h"

#include <time.h>

struct cert;  /* opaque: holds an X509 */
struct trust; /* opaque: a set of roots */
struct arena;
struct key;
struct x509_st;
struct x509_store_st;
struct stack_st_X509;

/* Several certificates, leaf first, as a server sends them. Owns them. */
struct chain {
	struct cert **certs;
	size_t n;
};

/* Takes a reference of its own. */
struct cert *cert_from_x509(struct x509_st *x) NODISCARD;
void cert_free(struct cert *c);
DEFINE_AUTO(struct cert, cert, cert_free)

/*
 * Every certificate of a PEM text, at least one. Any block that isn't CERTIFICATE is an
 * error (RFC 8555 11.4: a CA must not slip a key in); text between blocks is skipped.
 */
bool chain_from_pem(const char *pem, size_t len, struct chain *out, struct err *e)
	NODISCARD;
/*
 * Certificates that are taken apart and held in memory once, however often they are sent:
 * some hundred. May be shared by threads; what came of it outlives it.
 */
struct cert_pool;
struct cert_pool *cert_pool_new(void) NODISCARD;
void cert_pool_free(struct cert_pool *p);
DEFINE_AUTO(struct cert_pool, cert_pool, cert_pool_free)

/* As a TLS peer sent it. pool may be NULL. */
bool chain_from_stack(const struct stack_st_X509 *sk, struct cert_pool *pool,
	struct chain *out, struct err *e) NODISCARD;
void chain_clear(struct chain *c);
/* The same certificates in the same order. */
bool chain_eq(const struct chain *a, const struct chain *b);
DEFINE_AUTO_VALUE(struct chain, chain, chain_clear)

/* Append certs [from, to) as PEM. */
void chain_to_pem(const struct chain *c, size_t from, size_t to, struct buf *out);

time_t cert_not_before(const struct cert *c);
time_t cert_not_after(const struct cert *c);
struct sha256 cert_sha256(const struct cert *c); /* of the DER: the fingerprint */
void cert_der(const struct cert *c, struct buf *der);
/*
 * Appended: the key identifier of the authority key identifier (false if there is none),
 * and the octets of the serial number's DER INTEGER, a leading zero with it (RFC 9773 4.1).
 */
bool cert_authority_key_id(const struct cert *c, struct buf *out) NODISCARD;
bool cert_serial(const struct cert *c, struct buf *out) NODISCARD;
char *cert_serial_text(const struct cert *c) NODISCARD; /* in decimal; malloc'ed */
/* Of the SubjectPublicKeyInfo's DER: the same for two certificates of one key. */
struct sha256 cert_key_sha256(const struct cert *c);
/* The kind of its key, as key_name has it: "p256", "rsa2048" … */
const char *cert_key_name(const struct cert *c);
/* As openssl prints it: "ecdsa-with-SHA256", "sha256WithRSAEncryption". */
const char *cert_signature_name(const struct cert *c);
/* Of less than 112 bits (NIST SP 800-57: RSA below 2048, SHA-1): clients refuse it. */
bool cert_key_is_weak(const struct cert *c);
bool cert_signature_is_weak(const struct cert *c);
/* May its holder show it as a client too? Extended key usage names clientAuth, or nothing.
 */
bool cert_is_for_clients(const struct cert *c);
/* Issuer and subject are the same name, as a root's are. */
bool cert_is_self_issued(const struct cert *c);
/* Can `issuer` have issued it, by names, key identifiers and key usage? No signature is
 * looked at. */
bool cert_is_issued_by(const struct cert *c, const struct cert *issuer);
/* The issuer's and the subject's CN (or the last RDN's value), "" if there is none. */
const char *cert_issuer_name(const struct cert *c);
const char *cert_subject_name(const struct cert *c);
/* The subjectAltName's DNS names in lower case and addresses as text; n of them. */
const char *const *cert_names(const struct cert *c, size_t *n);

/*
 * True if a client that wants `name` (DNS name or IP address) accepts it: SAN only, no CN.
 * A wildcard is covered by itself.
 */
bool cert_covers(const struct cert *c, const char *name);
/*
 * A name to ask a server for it by: its first that isn't a wildcard, else one that the
 * first wildcard covers, made in the arena; NULL if it has no name.
 */
const char *cert_name_to_ask(const struct cert *c, struct arena *a);
/* True if the SAN's DNS names and addresses are exactly this set, in any order and case. */
bool cert_has_names(const struct cert *c, const char *const *names, size_t n);
bool cert_matches_key(const struct cert *c, const struct key *k);

/*
 * The system's roots by hashed directory (cheap: one root is read when it is wanted), and
 * those of `extra_pem_file` if it isn't NULL. SSL_CERT_DIR and SSL_CERT_FILE say where, as
 * they do for openssl. May be shared by threads.
 */
struct trust *trust_new(const char *extra_pem_file, struct err *e) NODISCARD;
void trust_free(struct trust *t);
DEFINE_AUTO(struct trust, trust, trust_free)

/* From a leaf to a trusted root. */
struct chain_path {
	time_t from, until; /* between them all of its certificates are valid, … */
	char ends[64]; /* … and one of this subject is the first to end; "": the leaf */
	unsigned sent; /* bit i: certificate i of the chain is on it */
	/* where there is none: */
	bool untimely;    /* for a certificate of it has expired, or isn't valid yet */
	char missing[64]; /* the leaf's issuer, where it is nowhere; or "" */
};

/*
 * Leaf to a trusted root with nothing but the chain's own intermediates, now, as a TLS
 * client checks a server. The error names the certificate: 0 is the leaf. *path is filled
 * in either way. A chain that was verified is remembered by the trust, so that it costs
 * nothing the next time.
 */
bool chain_find_path(const struct chain *c, const struct trust *t, struct chain_path *path,
	struct err *e) NODISCARD;
bool chain_verify(const struct chain *c, const struct trust *t, struct err *e) NODISCARD;

/*
 * The fingerprint of the root that the topmost certificate was issued by (itself, if it is
 * one); false if it is none of the trusted.
 */
bool chain_issuer(const struct chain *c, const struct trust *t, struct sha256 *d) NODISCARD;
