/*
 * printable - a byte that a host sent, fit for a message on a terminal.
 */
#pragma once

static inline char printable(char c)
{
	return c >= ' ' && c < 0x7f ? c : (char)'?';
}
