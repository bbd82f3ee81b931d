/*
 * prove - after the files are in place: do the services serve them? If not: restart; if
 * not: back.
 */
#pragma once

#include "push/private/job.h"

/* Tells what has come of it. */
void prove(struct job *j);
