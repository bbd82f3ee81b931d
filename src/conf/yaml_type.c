#include "conf/private/yaml_type.h"

#include "base/text.h"

#include <string.h>

static bool word_in(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_eq(text, words[i]))
			return true;
	return false;
}

static bool is_null(const char *text)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	return word_in(text, words, ARRAY_LEN(words));
}

static bool is_bool(const char *text, int64_t *number)
{
	static const char *const yes[] = { "yes", "Yes", "YES", "true", "True", "TRUE",
		"on", "On", "ON" };
	static const char *const no[] = { "no", "No", "NO", "false", "False", "FALSE",
		"off", "Off", "OFF" };

	*number = word_in(text, yes, ARRAY_LEN(yes));
	return *number || word_in(text, no, ARRAY_LEN(no));
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* n * by + more, or the largest number there is. */
static void scale(int64_t *n, int by, int more)
{
	if (__builtin_mul_overflow(*n, by, n) || __builtin_add_overflow(*n, more, n))
		*n = INT64_MAX;
}

/* Digits and '_' to the end of the text; at least one digit or '_' (as PyYAML has it). */
static bool digits(const char *s, int base, int64_t *n)
{
	if (!*s)
		return false;
	for (*n = 0; *s; s++) {
		if (*s == '_')
			continue;
		if (digit_value(*s) >= base)
			return false;
		scale(n, base, digit_value(*s));
	}
	return true;
}

/* 22:30 is 22 * 60 + 30 in YAML 1.1. */
static bool sexagesimal(const char *s, int64_t *n)
{
	bool colon = false;

	if (*s < '1' || *s > '9')
		return false;
	for (*n = 0; *s && *s != ':'; s++)
		if (*s >= '0' && *s <= '9')
			scale(n, 10, *s - '0');
		else if (*s != '_')
			return false;
	for (; *s == ':'; colon = true) {
		int part = digit_value(*++s);

		if (part > 9)
			return false;
		if (digit_value(*++s) <= 9 && part < 6)
			part = part * 10 + digit_value(*s++);
		scale(n, 60, part);
	}
	return colon && !*s;
}

static bool is_int(const char *text, int64_t *n)
{
	bool minus = *text == '-', found;

	if (*text == '-' || *text == '+')
		text++;
	if (text[0] == '0' && text[1] == 'b')
		found = digits(text + 2, 2, n);
	else if (text[0] == '0' && text[1] == 'x')
		found = digits(text + 2, 16, n);
	else if (text[0] == '0' && text[1])
		found = digits(text + 1, 8, n);
	else
		found = (*text != '_' && digits(text, 10, n)) || sexagesimal(text, n);
	if (minus)
		*n = -*n;
	return found;
}

static size_t decimals(const char *s)
{
	return strspn(s, "0123456789_");
}

static bool is_float(const char *text)
{
	static const char *const nan[] = { ".nan", ".NaN", ".NAN" };
	static const char *const inf[] = { ".inf", ".Inf", ".INF" };
	size_t before;

	if (word_in(text, nan, ARRAY_LEN(nan)))
		return true;
	if (*text == '-' || *text == '+')
		text++;
	if (word_in(text, inf, ARRAY_LEN(inf)))
		return true;
	before = *text == '_' ? 0 : decimals(text);
	text += before;
	if (*text++ != '.' || (!before && !(*text >= '0' && *text <= '9')))
		return false;
	text += decimals(text);
	if (*text == 'e' || *text == 'E') {
		if (text[1] != '+' && text[1] != '-')
			return false;
		text += 2;
		return *text && !text[strspn(text, "0123456789")];
	}
	return !*text;
}

enum node_type yaml_type(const char *text, int64_t *number)
{
	*number = 0;
	if (is_null(text))
		return NODE_NULL;
	if (is_bool(text, number))
		return NODE_BOOL;
	if (is_int(text, number))
		return NODE_INT;
	*number = 0;
	return is_float(text) ? NODE_FLOAT : NODE_STRING;
}
