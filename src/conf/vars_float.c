#include "conf/private/vars.h"

#include "base/buf.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One part of a number: digits, or a word as in ".inf". */
static double part(const char *s)
{
	return strtod(s[0] == '.' && isalpha((unsigned char)s[1]) ? s + 1 : s, NULL);
}

double vars_float(const char *text)
{
	char plain[128], *p = plain, *colon;
	size_t len = 0;
	double d = 0;
	bool minus = *text == '-';

	for (text += strchr("+-", *text) && *text; *text && len + 1 < sizeof plain; text++)
		if (*text != '_')
			plain[len++] = *text;
	plain[len] = '\0';
	/* YAML 1.1 counts by sixties between colons: 1:30.5 */
	while ((colon = strchr(p, ':'))) {
		*colon = '\0';
		d = d * 60 + part(p);
		p = colon + 1;
	}
	d = d * 60 + part(p);
	return minus ? -d : d;
}

void vars_print_float(double d, struct buf *out)
{
	char text[64];
	int precision, exponent;

	if (!isfinite(d)) {
		buf_puts(out, isnan(d) ? "nan" : d < 0 ? "-inf" : "inf");
		return;
	}
	/* the fewest digits that read back as the same number */
	for (precision = 0; precision < 17; precision++) {
		snprintf(text, sizeof text, "%.*e", precision, d);
		if (strtod(text, NULL) == d)
			break;
	}
	exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	if (exponent < -4 || exponent >= 16)
		buf_puts(out, text);
	else
		buf_printf(out, "%.*f", precision > exponent ? precision - exponent : 1, d);
}
