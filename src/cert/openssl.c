#include "cert/private/openssl.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>

bool err_openssl(struct err *e, const char *fmt, ...)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	char doing[sizeof e->msg];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(doing, sizeof doing, fmt, ap);
	va_end(ap);
	ERR_clear_error();
	return reason ? err_set(e, ERR_TLS, "%s: %s", doing, reason)
		      : err_set(e, ERR_TLS, "%s", doing);
}
