#include "images.h"

#include "../process/clock.h"
#include "../process/memory.h"
#include "../process/stop.h"
#include "../sandbox/sandbox.h"
#include "../text/complain.h"

#include <fcntl.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* For connections: the libraries that encrypt them, and blocks of each image. */
#define NETWORK_MEMORY (UINT64_C(32) << 20)
#define CONNECTION_MEMORY (UINT64_C(4) << 20)

bool images_take(image_list *images, const char *command, int argc, char **argv)
{
    *images = (image_list){.paths = argv + optind, .count = argc - optind};

    if (images->count < 1) {
        complain_about_usage(command, "no image is given", NULL);
        return false;
    }
    for (int i = 0; i < images->count; i++) {
        if (strcmp(images->paths[i], "-") == 0) {
            complain_about_usage(
                command, "refcow cannot read an image from standard input; for a file with that name use ./-", "-");
            return false;
        }
    }
    return true;
}

bool images_are_one(const image_list *images, const char *command, const char *sentence)
{
    if (images->count > 1)
        complain_about_usage(command, sentence, images->paths[1]);
    return images->count <= 1;
}

/* As many descriptors as the system lets a process have. */
static void allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void open_all(const image_list *images, opened_image *opened, neighbors *all, uint64_t timeout)
{
    allow_descriptors();
    int reserve = dup(STDERR_FILENO); /* the sandbox needs one, also after too many images */
    for (int i = 0; i < images->count; i++) {
        opened[i].path = images->paths[i];
        stop_after(0);
        late_expect(0, i);
        stop_after(timeout);
        uint64_t begun = clock_now();
        opened[i].is_open = image_file_open(&opened[i].file, opened[i].path, &opened[i].why);
        if (!opened[i].is_open && stop_wanted())
            opened[i].why = stop_failure();
        if (opened[i].is_open)
            neighbors_add(all, i, opened[i].path, &opened[i].file);
        opened[i].opening = clock_now() - begun;
    }
    neighbors_settle(all);
    stop_after(0);
    if (reserve >= 0)
        close(reserve);
}

static uint64_t count_remote(const opened_image *opened, int count)
{
    uint64_t remote = 0;

    for (int i = 0; i < count; i++)
        remote += opened[i].is_open && opened[i].file.remote != NULL;
    return remote;
}

static sandbox_talk talk_of_all(const opened_image *opened, int count)
{
    sandbox_talk most = SANDBOX_TALK_NONE;

    for (int i = 0; i < count; i++) {
        sandbox_talk own = opened[i].is_open ? image_file_talk(&opened[i].file) : SANDBOX_TALK_NONE;
        if (own > most)
            most = own;
    }
    return most;
}

static int highest_descriptor(const opened_image *opened, int count)
{
    int highest = -1;

    for (int i = 0; i < count; i++) {
        int own = opened[i].is_open ? image_file_descriptor(&opened[i].file) : -1;
        if (own > highest)
            highest = own;
    }
    return highest;
}

void images_confine(const images_needs *needs, uint64_t remote, sandbox_talk talk, int highest)
{
    uint64_t own = OWN_MEMORY + remote * CONNECTION_MEMORY;

    if (remote > 0)
        own += NETWORK_MEMORY;
    memory_limit(needs->memory < UINT64_MAX - own ? needs->memory + own : UINT64_MAX);
    if (needs->sandbox && sandbox_enter(talk, highest).lacks_filter)
        complain_about_filter();
}

exit_code images_each(const image_list *images, const images_needs *needs,
                      exit_code (*look_at)(void *user, opened_image *image), void *user)
{
    exit_code worst = EXIT_CODE_CLEAN;
    opened_image *opened = calloc((size_t)images->count, sizeof *opened);

    if (opened == NULL) {
        complain_about_memory();
        return EXIT_CODE_FAILED;
    }
    neighbors found;
    neighbors_begin(&found, images->count);
    images_needs all = *needs;
    uint64_t list = (uint64_t)images->count * sizeof *opened;
    if (needs->timeout != 0)
        list += late_prepare(images->paths, images->count, needs->print_late, user);
    open_all(images, opened, &found, needs->timeout);
    list += found.bytes;
    all.memory = all.memory < UINT64_MAX - list ? all.memory + list : UINT64_MAX;
    images_confine(&all, count_remote(opened, images->count), talk_of_all(opened, images->count),
                   highest_descriptor(opened, images->count));
    for (int i = 0; i < images->count; i++) {
        if (opened[i].is_open)
            image_file_look_again(&opened[i].file); /* it may have changed while others were looked at */
        opened[i].all = &found;
        opened[i].folder = neighbors_folder(&found, i);
        late_expect(i, i);
        stop_count_in(opened[i].opening);
        worst = worse_exit_code(worst, look_at(user, &opened[i]));
        stop_after(0);
        if (opened[i].is_open)
            image_file_close(&opened[i].file);
    }
    neighbors_end(&found);
    free(opened);
    return worst;
}
