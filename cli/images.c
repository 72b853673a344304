#include "images.h"

#include "complain.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

bool images_take(image_list *images, const char *command, int argc, char **argv)
{
    *images = (image_list){.paths = argv + optind, .count = argc - optind};

    if (images->count < 1) {
        complain_about_usage(command, "no image is named", NULL);
        return false;
    }
    for (int i = 0; i < images->count; i++) {
        if (strcmp(images->paths[i], "-") == 0) {
            complain_about_usage(command, "standard input is no image; a file of that name is ./-", "-");
            return false;
        }
    }
    return true;
}

exit_code images_each(const image_list *images, exit_code (*look_at)(void *user, const char *path), void *user)
{
    exit_code worst = EXIT_CODE_CLEAN;

    for (int i = 0; i < images->count; i++)
        worst = worse_exit_code(worst, look_at(user, images->paths[i]));
    return worst;
}
