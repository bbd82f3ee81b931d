#include "cli/verb.h"

int cmd_inventory(struct context *c)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	const struct options *o = c->options;
	struct err e = { 0 };

	if (o->host) {
		if (!inventory_print_host(c->inventory, o->host, &text, &e))
			return tell_error(c, &e);
	} else if (o->graph) {
		inventory_print_graph(c->inventory, &text);
	} else if (o->list) {
		inventory_print_list(c->inventory, &text);
	} else {
		err_set(&e, ERR_USAGE, "inventory wants --list, --host HOST or --graph");
		return tell_error(c, &e);
	}
	report_text(c->report, text.data);
	return EXIT_OK;
}
