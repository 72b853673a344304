/*
 * memory.h - blocks of zeroed memory straight from the system: what is not touched costs nothing.
 */
#ifndef REFCOW_CLI_PROCESS_MEMORY_H
#define REFCOW_CLI_PROCESS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the command needs in addition to the library's blocks: a buffer of 2 MiB for stdout, and a heap for little
 * things. */
#define OWN_MEMORY (UINT64_C(9) << 19)

typedef struct memory_block {
    void *base; /* NULL: there is none */
    size_t size;
} memory_block;

/* Exactly as many bytes, at least 1. */
bool memory_map(memory_block *block, uint64_t size);

/* Room for a list; no block if it is to be empty. */
bool memory_map_list(memory_block *block, uint64_t count, size_t size);

/* As many bytes as the system gives between the two sizes, the most first. */
bool memory_map_between(memory_block *block, uint64_t most, uint64_t least);

/* Let the system give this process at most so many bytes of memory, in addition to its program and its stack: the
 * command keeps its promise even if it has a defect. The limit covers what is mapped already. It counts what is private
 * and can be written to; the sandbox lets nothing else hold memory. */
void memory_limit(uint64_t size);

/* Zeros again. */
void memory_clear(memory_block *block);

void memory_unmap(memory_block *block);

#endif
