#include "cert/private/names.h"
#include "base/alloc.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

size_t ip_parse(const char *s, uint8_t ip[16])
{
	if (inet_pton(AF_INET, s, ip) == 1)
		return 4;
	return inet_pton(AF_INET6, s, ip) == 1 ? 16 : 0;
}

static char *ip_text(const uint8_t *ip, size_t len)
{
	char text[INET6_ADDRSTRLEN];

	if (len != 4 && len != 16)
		return name_printable(ip, len);
	inet_ntop(len == 4 ? AF_INET : AF_INET6, ip, text, sizeof text);
	return xstrdup(text);
}

char *name_canonical(const char *s)
{
	uint8_t ip[16];
	size_t len = ip_parse(s, ip);
	char *name;

	if (len)
		return ip_text(ip, len);
	name = xstrdup(s);
	text_lower(name);
	return name;
}

char *name_printable(const uint8_t *data, size_t len)
{
	char *s = xmalloc(len + 1);

	memcpy(s, data, len);
	s[len] = '\0';
	for (size_t i = strlen(s); i < len; i += strlen(s + i))
		s[i] = '?';
	text_tame(s);
	return s;
}

/* NULL for a kind that no TLS client looks at. */
static char *text_of(const GENERAL_NAME *name)
{
	int kind;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
	const uint8_t *data;
	size_t len;
	char *s;

	if (kind != GEN_DNS && kind != GEN_IPADD)
		return NULL;
	data = ASN1_STRING_get0_data(value);
	len = (size_t)ASN1_STRING_length(value);
	if (kind == GEN_IPADD)
		return ip_text(data, len);
	s = name_printable(data, len);
	text_lower(s);
	return s;
}

void names_of(const GENERAL_NAMES *san, char ***names, size_t *n)
{
	int count = san ? sk_GENERAL_NAME_num(san) : 0;
	char *s;

	*names = xcalloc((size_t)count, sizeof **names);
	*n = 0;
	for (int i = 0; i < count; i++) {
		s = text_of(sk_GENERAL_NAME_value(san, i));
		if (s)
			(*names)[(*n)++] = s;
	}
}

void names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static bool among(const char *s, char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_eq(s, list[i]))
			return true;
	return false;
}

bool names_equal(char *const *have, size_t n_have, const char *const *want, size_t n_want)
{
	char **canonical = xcalloc(n_want, sizeof *canonical);
	bool equal = true;

	for (size_t i = 0; i < n_want; i++) {
		canonical[i] = name_canonical(want[i]);
		equal = equal && among(canonical[i], have, n_have);
	}
	for (size_t i = 0; i < n_have; i++)
		equal = equal && among(have[i], canonical, n_want);
	names_free(canonical, n_want);
	return equal;
}

/* Letters, digits, hyphens, underscores; one leading "*." is a wildcard (RFC 8555 7.1.3).
 */
static bool is_dns_name(const char *s)
{
	size_t label = 0, len = strlen(s);

	if (len > 253)
		return false;
	if (text_starts(s, "*."))
		s += 2;
	for (; *s; s++) {
		if (*s == '.' && label == 0)
			return false;
		label = *s == '.' ? 0 : label + 1;
		if (label > 63 ||
			!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU"
				"VWXYZ0123456789-_.",
				*s))
			return false;
	}
	return label > 0;
}

static GENERAL_NAME *general_name(const char *s, struct err *e)
{
	uint8_t ip[16];
	size_t len = ip_parse(s, ip);
	ASN1_STRING *value;
	GENERAL_NAME *name;

	if (!len && !is_dns_name(s)) {
		err_set(e, ERR_TLS, "not a DNS name or an address: '%s'", s);
		return NULL;
	}
	name = GENERAL_NAME_new();
	value = ASN1_STRING_type_new(len ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
	if (!name || !value ||
		!ASN1_STRING_set(value, len ? (const void *)ip : s,
			len ? (int)len : (int)strlen(s))) {
		ASN1_STRING_free(value);
		GENERAL_NAME_free(name);
		err_openssl(e, "name '%s'", s);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, len ? GEN_IPADD : GEN_DNS, value);
	return name;
}

static bool twice(const char *const *names, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcasecmp(names[k], names[i]) == 0)
			return true;
	return false;
}

GENERAL_NAMES *names_to_san(const char *const *names, size_t n, struct err *e)
{
	AUTO(general_names) GENERAL_NAMES *san = GENERAL_NAMES_new();
	GENERAL_NAME *name;

	for (size_t i = 0; san && i < n; i++) {
		if (twice(names, i)) {
			err_set(e, ERR_TLS, "the name '%s' is there twice", names[i]);
			return NULL;
		}
		name = general_name(names[i], e);
		if (!name)
			return NULL;
		if (!sk_GENERAL_NAME_push(san, name)) {
			GENERAL_NAME_free(name);
			err_openssl(e, "name '%s'", names[i]);
			return NULL;
		}
	}
	if (!san)
		err_openssl(e, "names");
	return TAKE(san);
}
