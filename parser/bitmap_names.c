#include "bitmap_names.h"

#include "bitmaps.h"

/*
 * Names are told apart by a hash, in the set that is otherwise used for the names of tables; those with equal hashes
 * are then compared. Who makes many names with one hash on purpose meets the limit on work.
 */

/* Bits by which the hash of the words before is turned: no multiple of 8, so that words in another order differ. */
#define HASH_STEP 23u

/* ------------------------------------------------------------- names */

/* Bytes done .. done + 7 of a name, padded with zeros. A name ends at its first zero byte, so the word of the end, and
 * no other, has a zero in its last byte. */
static bool read_word(struct cache *directory, const refcow_bitmap *bitmap, uint64_t done, uint64_t *word)
{
    size_t length = done < bitmap->name.length ? (size_t)least(bitmap->name.length - done, 8) : 0;
    const uint8_t *bytes = refcow_look(directory, bitmap->name.offset + done);
    *word = 0;
    if (bytes == NULL)
        return false;
    for (size_t i = 0; i < length && bytes[i] != 0; i++)
        *word |= (uint64_t)bytes[i] << (56 - 8 * i);
    return refcow_charge(directory->reader, 1);
}

static bool is_last(uint64_t word)
{
    return (word & 0xff) == 0;
}

/* Bound: the 65535 bytes that a name can have. The hash of a name of up to 7 bytes is the name. */
static bool hash_name(struct cache *directory, const refcow_bitmap *bitmap, uint64_t *hash)
{
    uint64_t word = 1;
    *hash = 0;
    for (uint64_t done = 0; !is_last(word); done += 8) {
        if (!read_word(directory, bitmap, done, &word))
            return false;
        *hash = ((*hash & low_bits(64 - HASH_STEP)) << HASH_STEP | *hash >> (64 - HASH_STEP)) ^ word;
    }
    return true;
}

/* Bound: as hash_name(). */
static bool compare_names(struct cache *directory, const refcow_bitmap *one, const refcow_bitmap *other,
                          bool *are_equal)
{
    uint64_t word = 1;
    *are_equal = true;
    for (uint64_t done = 0; !is_last(word) && *are_equal; done += 8) {
        uint64_t other_word = 0;
        if (!read_word(directory, one, done, &word) || !read_word(directory, other, done, &other_word))
            return false;
        *are_equal = word == other_word;
    }
    return true;
}

/* ------------------------------------------------------- repetitions */

/* Put the hashes into the set of table names: `weight` counts the bitmaps with this hash, `active` the ones that
 * are not in use, and `guest` tells which comes first and whether it is in use. */
static bool collect_hashes(const refcow_header *header, struct cache *directory, struct table_set *hashes)
{
    refcow_bitmap bitmap = refcow_bitmaps_start(header);
    while (refcow_bitmaps_next(header, directory, &bitmap)) {
        bool is_in_use = (bitmap.flags & REFCOW_BITMAP_IN_USE) != 0;
        struct table_name name = {0, 1, 2 * bitmap.index + (is_in_use ? 1 : 0), is_in_use ? 0 : 1, 0};
        if (!hash_name(directory, &bitmap, &name.offset))
            return false;
        refcow_tables_add(hashes, &name);
    }
    return refcow_tables_finish(hashes);
}

/* Whether one of the bitmaps with this hash that is not in use comes after another one. */
static bool may_be_repeated(const struct table_name *hash)
{
    bool is_first_in_use = hash->guest % 2 == 1;
    return hash->weight >= 2 && hash->active >= (is_first_in_use ? 1 : 2);
}

/* Whether a bitmap before this one has the same hash and the same name. */
static bool find_same_name(const refcow_header *header, struct cache *directory, const refcow_bitmap *bitmap,
                           uint64_t hash, bool *is_found)
{
    refcow_bitmap earlier = refcow_bitmaps_start(header);
    *is_found = false;
    while (!*is_found && refcow_bitmaps_next(header, directory, &earlier) && earlier.index < bitmap->index) {
        uint64_t earlier_hash = 0;
        if (!hash_name(directory, &earlier, &earlier_hash) ||
            (earlier_hash == hash && !compare_names(directory, &earlier, bitmap, is_found)))
            return false;
    }
    return directory->reader->error.status == REFCOW_STATUS_OK;
}

/* Whether a name with this hash is really repeated. */
static bool confirm(const refcow_header *header, struct cache *directory, uint64_t hash, bool *is_repeated)
{
    refcow_bitmap bitmap = refcow_bitmaps_start(header);
    while (!*is_repeated && refcow_bitmaps_next(header, directory, &bitmap)) {
        uint64_t other = 0;
        if ((bitmap.flags & REFCOW_BITMAP_IN_USE) != 0)
            continue;
        if (!hash_name(directory, &bitmap, &other) ||
            (other == hash && !find_same_name(header, directory, &bitmap, hash, is_repeated)))
            return false;
    }
    return directory->reader->error.status == REFCOW_STATUS_OK;
}

bool refcow_bitmaps_are_names_repeated(const refcow_header *header, struct cache *directory, struct table_set *hashes,
                                       bool *are_repeated)
{
    *are_repeated = false;
    refcow_tables_start(hashes);
    do {
        if (!collect_hashes(header, directory, hashes))
            return false;
        for (size_t i = 0; i < hashes->count && !*are_repeated; i++)
            if (may_be_repeated(&hashes->names[i]) &&
                !confirm(header, directory, hashes->names[i].offset, are_repeated))
                return false;
    } while (!*are_repeated && refcow_tables_continue(hashes));
    return true;
}
