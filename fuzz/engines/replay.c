/*
 * replay.c - run a harness over files that are there, with no fuzzing engine: any C compiler will do.
 *
 *     replay_check FILE-OR-FOLDER...
 *
 * Folders are walked to the bottom, in the order of their names. Exit 1 when a path is missing or nothing was run.
 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64

#include "../fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static int replay(const char *path);

static unsigned long runs;

static int complain(const char *path)
{
    perror(path);
    return 1;
}

static int replay_bytes(const char *path, FILE *stream, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL) {
        return complain(path);
    }
    int failed = fread(bytes, 1, size, stream) != size;
    if (failed) {
        fprintf(stderr, "%s: cannot be read\n", path);
    } else {
        LLVMFuzzerTestOneInput(bytes, size);
        runs++;
    }
    free(bytes);
    return failed;
}

static int replay_file(const char *path, size_t size)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return complain(path);
    }
    int failed = replay_bytes(path, stream, size);
    fclose(stream);
    return failed;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Not alphasort(): the order must not depend on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int replay_entry(const char *folder, const char *name)
{
    size_t room = strlen(folder) + strlen(name) + 2;
    char *path = malloc(room);
    if (path == NULL) {
        return complain(folder);
    }
    snprintf(path, room, "%s/%s", folder, name);
    int failed = replay(path);
    free(path);
    return failed;
}

static int replay_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, by_name);
    if (count < 0) {
        return complain(path);
    }
    int failed = 0;
    for (int i = 0; i < count; i++) {
        failed |= replay_entry(path, entries[i]->d_name);
        free(entries[i]);
    }
    free((void *)entries);
    return failed;
}

static int replay(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return complain(path);
    }
    return S_ISDIR(status.st_mode) ? replay_folder(path) : replay_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        failed |= replay(argv[i]);
    }
    printf("replayed %lu files\n", runs);
    return failed || runs == 0;
}
