#define _POSIX_C_SOURCE 200809L /* PATH_MAX */

#include "backing.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A folder, and a name in it. */
typedef struct place {
    char folder[PATH_MAX]; /* without symbolic links; "" is the root */
    char name[REFCOW_NAME_MAX + 1];
} place;

static bool has_protocol(const char *name)
{
    return name[strcspn(name, ":/")] == ':';
}

/* Where the name is looked for. */
static bool begin(place *at, const char *folder, const char *name)
{
    bool is_absolute = name[0] == '/';
    int length = snprintf(at->folder, sizeof at->folder, "%s",
                          is_absolute || folder == NULL || strcmp(folder, "/") == 0 ? "" : folder);

    at->name[0] = '\0';
    return (is_absolute || folder != NULL) && length >= 0 && (size_t)length < sizeof at->folder;
}

/* "..": the folder has no symbolic links as long as no part of the name is in it. */
static bool go_up(place *at, bool is_absolute)
{
    char *slash = strrchr(at->folder, '/');

    if (is_absolute || at->name[0] != '\0')
        return false;
    if (slash != NULL)
        *slash = '\0';
    return true;
}

/* One more part: the part before it is a folder. */
static bool go_down(place *at, const char *part, size_t length)
{
    size_t used = strlen(at->folder);
    int added = 0;

    if (at->name[0] != '\0')
        added = snprintf(at->folder + used, sizeof at->folder - used, "/%s", at->name);
    (void)snprintf(at->name, sizeof at->name, "%.*s", (int)length, part);
    return added >= 0 && (size_t)added < sizeof at->folder - used;
}

static bool is_part(const char *part, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(part, word, length) == 0;
}

static bool step(place *at, bool is_absolute, const char *part, size_t length)
{
    if (length == 0 || is_part(part, length, "."))
        return true;
    return is_part(part, length, "..") ? go_up(at, is_absolute) : go_down(at, part, length);
}

/* False: the words do not say where. */
static bool locate(place *at, const char *folder, const image_name *name)
{
    const char *rest = name->bytes;

    if (name->kept != name->length || strlen(rest) != name->length || has_protocol(rest) || !begin(at, folder, rest))
        return false;
    for (;;) {
        size_t length = strcspn(rest, "/");
        if (!step(at, name->bytes[0] == '/', rest, length))
            return false;
        if (rest[length] == '\0')
            return at->name[0] != '\0';
        rest += length + 1;
    }
}

static bool is_same(const neighbor *one, const image_file *file)
{
    return one->device == file->device && one->inode == file->inode;
}

backing_link backing_follow(const neighbors *all, const char *folder, const image_file *file, const refcow_image *image,
                            image_name *name)
{
    refcow_span span = image->header.backing_file;
    const neighbor *found = NULL;
    place at = {.folder = ""};

    *name = (image_name){0};
    if (span.offset == 0 || span.length == 0)
        return (backing_link){BACKING_NONE, 0};
    if (name_read(name, image, span) == REFCOW_STATUS_OK && locate(&at, folder, name))
        found = neighbors_find(all, at.folder[0] == '\0' ? "/" : at.folder, at.name);
    if (found == NULL)
        return (backing_link){BACKING_ELSEWHERE, 0};
    return (backing_link){is_same(found, file) ? BACKING_ITSELF : BACKING_NEIGHBOR, found->number};
}
