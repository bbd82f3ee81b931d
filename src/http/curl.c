#include "base/library.h"
#include "http/private/http.h"

#include <pthread.h>
#include <stdlib.h>

struct curl curl;

static struct err failure;

static void load(void)
{
#define NAME(call) "curl_" #call,
	static const char *const names[] = { CURL_CALLS(NAME) };
#undef NAME

	if (!library_load(CURL_SONAME, names, ARRAY_LEN(names), &curl, &failure))
		return;
	if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

bool curl_load(struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (failure.kind != ERR_NONE)
		*e = failure;
	return failure.kind == ERR_NONE;
}
