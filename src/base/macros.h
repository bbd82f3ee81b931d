/*
 * macros - the few words that the whole program adds to C.
 *
 * AUTO(kind) frees a variable when its scope is left; TAKE(p) is the only way to
 * move what it holds out of it.
 */
#pragma once

#include <stddef.h>

#define NODISCARD    __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* AUTO(kind) T *p: free_fn(p) at the end of the scope, unless p is NULL by then. */
#define DEFINE_AUTO(type, kind, free_fn)                                                   \
	static inline void auto_##kind(type **p)                                           \
	{                                                                                  \
		if (*p)                                                                    \
			free_fn(*p);                                                       \
	}

/* AUTO(kind) T v: clear_fn(&v) at the end of the scope. */
#define DEFINE_AUTO_VALUE(type, kind, clear_fn)                                            \
	static inline void auto_##kind(type *p)                                            \
	{                                                                                  \
		clear_fn(p);                                                               \
	}

#define AUTO(kind) __attribute__((cleanup(auto_##kind)))

#define TAKE(p)                                                                            \
	__extension__({                                                                    \
		__auto_type taken_ = (p);                                                  \
		(p) = NULL;                                                                \
		taken_;                                                                    \
	})
