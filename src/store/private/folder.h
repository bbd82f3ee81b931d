/*
 * folder - a directory of a few files below STORE/NAME that is put there, replaced and
 * dropped whole.
 */
#pragma once

#include "base/err.h"

/* Write the files into a directory that is empty. */
typedef bool folder_fill(const char *dir, const void *what, struct err *e);

/* dir is STORE/NAME, and made if need be. */
bool folder_put(const char *dir, const char *name, folder_fill *fill, const void *what,
	struct err *e) NODISCARD;
/* One that isn't there is no error. */
bool folder_drop(const char *dir, const char *name, struct err *e) NODISCARD;
