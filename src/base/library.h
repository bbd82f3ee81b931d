/*
 * library - a shared library that is loaded when it is first needed.
 *
 * For those that bring a dozen others along: loading Debian's libcurl takes longer than
 * asking a server for its certificate.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The addresses of its functions `names` into `calls`, a struct of n pointers to functions
 * in that order. It stays loaded for good. ERR_IO, in the dynamic linker's own words.
 */
bool library_load(
	const char *soname, const char *const *names, size_t n, void *calls, struct err *e);
