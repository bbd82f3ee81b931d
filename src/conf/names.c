#include "conf/private/names.h"

#include "base/text.h"

#include <string.h>

#define LABEL_MAX    63
#define NAME_MAX_LEN 253

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

enum kind { OF_HOSTS, OF_ZONES };

/* RFC 1123 2.1: letters, digits and, inside, hyphens. Of zones also RFC 8552's underscores.
 */
static const char *check_label(const char *label, size_t len, enum kind kind)
{
	if (!len)
		return "has an empty label (two dots, or a dot at its beginning)";
	if (len > LABEL_MAX)
		return "has a label of more than 63 characters";
	for (size_t i = 0; i < len; i++)
		if (!letter_or_digit(label[i]) && label[i] != '-' &&
			(label[i] != '_' || kind != OF_ZONES))
			return "is no DNS name: only letters, digits, '-' and '.' may be in it";
	if (label[0] == '-' || label[len - 1] == '-')
		return "has a label that begins or ends with '-'";
	return NULL;
}

/* *labels: how many; *numeric: the last one is a number, so this is no name (RFC 3696 2).
 */
static const char *check_labels(
	const char *name, enum kind kind, int *labels, bool *numeric)
{
	for (*labels = 0;; name++) {
		size_t len = strcspn(name, ".");
		const char *wrong = check_label(name, len, kind);

		if (wrong)
			return wrong;
		++*labels;
		*numeric = strspn(name, "0123456789") == len;
		name += len;
		if (!*name)
			return NULL;
	}
}

static const char *check(
	struct arena *a, const char *text, enum kind kind, const char **out, int *labels)
{
	size_t len = strlen(text);
	const char *wrong;
	bool numeric;
	char *name;

	if (!is_ascii(text))
		return "is not ASCII: write the A-label (xn--…)";
	if (text_is_address(text) || text_starts(text, "ip:"))
		return "is an address: DNS-01 can't prove one";
	name = arena_strdup(a, text);
	if (len > 1 && name[len - 1] == '.')
		name[--len] = '\0';
	if (len > NAME_MAX_LEN)
		return "is longer than 253 characters";
	text_lower(name);
	*out = name;
	wrong = check_labels(
		text_starts(name, "*.") ? name + 2 : name, kind, labels, &numeric);
	if (!wrong && numeric)
		return "is no DNS name: its last label is a number";
	return wrong;
}

const char *name_check(struct arena *a, const char *text, const char **out)
{
	const char *star = strchr(text, '*');
	const char *wrong;
	int labels;

	if (star && (star != text || text[1] != '.' || strchr(star + 1, '*')))
		return "has a '*' that isn't its whole first label";
	wrong = check(a, text, OF_HOSTS, out, &labels);
	if (!wrong && labels < 2)
		return "has one label only: a certificate is for full names";
	return wrong;
}

const char *name_check_zone(struct arena *a, const char *text, const char **out)
{
	int labels;

	if (strchr(text, '*'))
		return "has a '*': a zone covers all names in it";
	return check(a, text, OF_ZONES, out, &labels);
}

const char *name_check_directory(const char *text)
{
	size_t len = strlen(text);

	if (!len)
		return "is empty";
	if (len > 200)
		return "is longer than 200 characters";
	if (strchr(text, '*'))
		return "is a wildcard, which can't name a directory";
	if (text[0] == '.' || text[0] == '-')
		return "begins with '.' or '-', which a certificate's directory may not";
	for (; *text; text++)
		if (!letter_or_digit(*text) && !(*text >= 'A' && *text <= 'Z') &&
			!strchr("-_.+@", *text))
			return "can't name a directory: only letters, digits and - _ . + @ may be in it";
	return NULL;
}

static bool is_port(const char *text)
{
	size_t len = strspn(text, "0123456789");
	long port = 0;

	if (!len || len > 5 || text[len])
		return false;
	for (; *text; text++)
		port = port * 10 + (*text - '0');
	return port >= 1 && port <= 65535;
}

/* The host of "host", "host:port", "[address]" or "[address]:port"; NULL if it is none of
 * them. */
static const char *host_of(struct arena *a, const char *text)
{
	bool brackets = *text == '[';
	size_t len = strcspn(text + brackets, brackets ? "]" : ":");
	const char *rest = text + brackets + len;

	if (brackets && *rest++ != ']')
		return NULL;
	if (*rest && (*rest != ':' || !is_port(rest + 1)))
		return NULL;
	return arena_strndup(a, text + brackets, len);
}

const char *name_check_server(struct arena *a, const char *text, bool hosts)
{
	const char *host = text_is_address(text) ? text : host_of(a, text);
	bool address = host && text_is_address(host);
	const char *name;
	int labels;

	if (address && (*text == '[') == (strchr(host, ':') && host != text))
		return NULL;
	if (hosts && host && !address && *text != '[' && !strchr(host, '*') &&
		!check(a, host, OF_HOSTS, &name, &labels))
		return NULL;
	return hosts ? "is no host or address, optionally with ':port' ([2001:db8::1]:53)"
		     : "is no address, optionally with ':port' ([2001:db8::1]:53)";
}
