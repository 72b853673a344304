#include "picture.h"

static uint64_t least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

void picture_begin(picture *grid, uint64_t file_size, uint32_t cluster_bits)
{
    uint64_t most = (uint64_t)grid->columns * grid->most_rows;
    bool has_rest = (file_size & ((UINT64_C(1) << cluster_bits) - 1)) != 0;

    grid->cluster_bits = cluster_bits;
    grid->clusters = (file_size >> cluster_bits) + has_rest;
    grid->per_cell = grid->clusters / most + (grid->clusters % most != 0);
}

static void add_to_cell(picture_cell *cell, const owned_run *run, uint64_t clusters)
{
    owner who = owner_of(run);

    if (owner_is_damage(who) && who < picture_owner(cell))
        cell->beneath = owner_beneath(run->users, run->clusters.counted);
    cell->clusters[who] += clusters;
}

/* A structure may stick out of the file: what lies there is not shown. */
void picture_add(picture *grid, const owned_run *run)
{
    uint64_t first = run->clusters.host >> grid->cluster_bits;
    uint64_t end = least(first + (run->clusters.length >> grid->cluster_bits), grid->clusters);

    for (uint64_t next = 0; first < end; first = next) {
        uint64_t cell = first / grid->per_cell;
        next = least(end, (cell + 1) * grid->per_cell);
        add_to_cell(&grid->cells[cell], run, next - first);
    }
}

uint64_t picture_cells(const picture *grid)
{
    if (grid->per_cell == 0)
        return 0;
    return grid->clusters / grid->per_cell + (grid->clusters % grid->per_cell != 0);
}

uint64_t picture_offset(const picture *grid, uint64_t cell)
{
    return cell * grid->per_cell << grid->cluster_bits;
}

owner picture_owner(const picture_cell *cell)
{
    owner most = OWNER_FREE;

    for (owner who = 0; who < OWNERS; who++) {
        if (owner_is_damage(who) && cell->clusters[who] > 0)
            return who;
        if (cell->clusters[who] > cell->clusters[most])
            most = who;
    }
    return most;
}

char picture_letter(const picture_cell *cell)
{
    owner who = picture_owner(cell);

    return owner_letter(owner_is_damage(who) ? cell->beneath : who);
}
