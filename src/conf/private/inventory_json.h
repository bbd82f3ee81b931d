/*
 * inventory_json - JSON as Python's json.dumps(sort_keys, indent=4, ensure_ascii=False)
 * writes it.
 */
#pragma once

#include "conf/private/yaml.h"

struct buf;

void json_string(struct buf *b, const char *s);
/* A new line, indented by `level`. */
void json_line(struct buf *b, int level);
/* A YAML value; !vault and !unsafe texts are told as Ansible tells them. */
void json_node(struct buf *b, const struct node *n, int level);
/* Sorted by key already. */
void json_pairs(struct buf *b, const struct pair *pairs, size_t n, int level);
