#define _GNU_SOURCE /* AT_EMPTY_PATH, AT_NO_AUTOMOUNT */
#define _FILE_OFFSET_BITS 64

#include "neighbors.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ------------------------------------------------------------------ folders */

/* The folder that a path names, as the system understands it: "." for a path without one. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *copy = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    char *real = copy != NULL ? realpath(copy, NULL) : NULL;

    free(copy);
    return real;
}

/* Most images are in the folder of the one before. */
static void add_folder(neighbors *all, int number, const char *path)
{
    real_folder own = {folder_of(path)};
    real_folder last = {all->folders_count > 0 ? all->folder_of[number - 1].path : NULL};

    if (own.path == NULL)
        return;
    if (last.path != NULL && strcmp(last.path, own.path) == 0) {
        free(own.path);
        all->folder_of[number] = last;
        return;
    }
    all->bytes += strlen(own.path) + 1;
    all->folder_of[number] = own;
    all->folders[all->folders_count++] = own;
}

static int compare_folders(const void *one, const void *other)
{
    return strcmp(((const real_folder *)one)->path, ((const real_folder *)other)->path);
}

static int compare_path(const void *path, const void *other)
{
    return strcmp(path, ((const real_folder *)other)->path);
}

/* ------------------------------------------------------------------ files */

static int compare_files(const void *one, const void *other)
{
    const neighbor *a = one;
    const neighbor *b = other;

    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    return (a->inode > b->inode) - (a->inode < b->inode);
}

static int compare_numbers(const void *one, const void *other)
{
    int order = compare_files(one, other);
    return order != 0 ? order : ((const neighbor *)one)->number - ((const neighbor *)other)->number;
}

/* Of an image that is named several times, the first. */
static const neighbor *first_of(const neighbors *all, const struct stat *facts)
{
    const neighbor key = {.device = facts->st_dev, .inode = facts->st_ino};
    const neighbor *found = bsearch(&key, all->files, all->files_count, sizeof key, compare_files);

    while (found != NULL && found > all->files && compare_files(found - 1, &key) == 0)
        found--;
    return found;
}

/* ------------------------------------------------------------------ all */

void neighbors_begin(neighbors *all, int count)
{
    size_t room = (size_t)count;

    *all = (neighbors){
        .folder_of = calloc(room, sizeof *all->folder_of),
        .folders = calloc(room, sizeof *all->folders),
        .files = calloc(room, sizeof *all->files),
        .bytes = room * (sizeof *all->folder_of + sizeof *all->folders + sizeof *all->files),
    };
    if (all->folder_of != NULL && all->folders != NULL && all->files != NULL)
        all->count = count;
}

void neighbors_end(neighbors *all)
{
    for (int i = all->count - 1; i >= 0; i--) {
        if (i == 0 || all->folder_of[i].path != all->folder_of[i - 1].path)
            free(all->folder_of[i].path);
    }
    free(all->folder_of);
    free(all->folders);
    free(all->files);
    *all = (neighbors){0};
}

void neighbors_add(neighbors *all, int number, const char *path, const image_file *file)
{
    if (number >= all->count || file->remote != NULL)
        return;
    add_folder(all, number, path);
    all->files[all->files_count++] = (neighbor){.device = file->device, .inode = file->inode, .number = number};
}

void neighbors_settle(neighbors *all)
{
    if (all->count == 0)
        return;
    qsort(all->folders, all->folders_count, sizeof *all->folders, compare_folders);
    qsort(all->files, all->files_count, sizeof *all->files, compare_numbers);
}

const char *neighbors_folder(const neighbors *all, int number)
{
    return number < all->count ? all->folder_of[number].path : NULL;
}

/* The path is never empty: the first flag is there because the sandbox wants it. */
#define BY_NAME (AT_EMPTY_PATH | AT_NO_AUTOMOUNT)

const neighbor *neighbors_find(const neighbors *all, const char *where, const char *name)
{
    char path[PATH_MAX];
    struct stat facts;

    if (all->files_count == 0 ||
        bsearch(where, all->folders, all->folders_count, sizeof *all->folders, compare_path) == NULL)
        return NULL;
    int length = snprintf(path, sizeof path, "%s/%s", where, name);
    if (length < 0 || (size_t)length >= sizeof path || fstatat(AT_FDCWD, path, &facts, BY_NAME) != 0)
        return NULL;
    return first_of(all, &facts);
}
