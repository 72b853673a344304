/*
 * picture.h - a file as a grid of cells, each of which stands for as many adjacent clusters.
 */
#ifndef REFCOW_CLI_MAP_PICTURE_H
#define REFCOW_CLI_MAP_PICTURE_H

#include "owners.h"

typedef struct picture_cell {
    uint64_t clusters[OWNERS]; /* of each owner */
    owner beneath;             /* if there is damage: the owner beneath the worst of it */
} picture_cell;

typedef struct picture {
    /* Set by the caller. */
    uint32_t columns;
    uint32_t most_rows;
    picture_cell *cells; /* columns * most_rows of them, zeros; NULL: there is no picture */
    /* Private. */
    uint32_t cluster_bits;
    uint64_t clusters; /* of the file */
    uint64_t per_cell; /* clusters that a cell stands for, the last one for the rest; 0: there is no picture yet */
} picture;

/* Of how large a file of which clusters. */
void picture_begin(picture *grid, uint64_t file_size, uint32_t cluster_bits);

void picture_add(picture *grid, const owned_run *run);

/* Cells in use. */
uint64_t picture_cells(const picture *grid);

/* The host offset that a cell begins with. */
uint64_t picture_offset(const picture *grid, uint64_t cell);

/* Whom to show in a cell: the worst damage, or else the owner of the most clusters. */
owner picture_owner(const picture_cell *cell);

/* The letter of the owner, also where the colour of the cell shows damage. */
char picture_letter(const picture_cell *cell);

#endif
