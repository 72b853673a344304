/*
 * magic_search.h - whether an image looks like one of another format, to whom might take it for that.
 */
#ifndef REFCOW_CLI_GATE_MAGIC_SEARCH_H
#define REFCOW_CLI_GATE_MAGIC_SEARCH_H

#include "magics.h"
#include "refcow.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct found_magic {
    bool is_there;
    uint64_t offset; /* from the start of the file */
} found_magic;

typedef struct gate_magics {
    found_magic found[MAGICS_MAX]; /* each one of magics[] */
    uint64_t failed_at;            /* where a read has failed, if one has */
} gate_magics;

/*
 * Look for all of them in the first bytes of a file, and in its last ones if it is known that it ends with the size.
 * False if a read has failed.
 */
bool gate_look_for_magics(gate_magics *magics, const refcow_source *source, uint64_t size, bool ends_there);

#endif
