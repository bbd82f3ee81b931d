/*
 * plan_file - the file of plan --out and push FILE.
 */
#pragma once

#include "cli/context.h"
#include "plan/planned.h"

/*
 * The word of the command line that is such a file: an existing one that is no service's
 * and no playbook's name. *file is NULL if there is none. ERR_USAGE if more than it is
 * said.
 */
bool plan_file_named(const struct context *c, const char **file, struct err *e) NODISCARD;

struct planned *plan_file_read(const struct context *c, const char *file, struct err *e)
	NODISCARD;
bool plan_file_write(const struct planned *p, const char *file, struct err *e) NODISCARD;
