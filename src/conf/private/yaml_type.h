/*
 * yaml_type - what a plain scalar is.
 */
#pragma once

#include "conf/private/yaml.h"

/* As PyYAML (YAML 1.1) resolves it; *number is set for booleans and whole numbers (those
 * beyond 64 bits saturate). */
enum node_type yaml_type(const char *text, int64_t *number);
