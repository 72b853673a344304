#define _POSIX_C_SOURCE 200809L

#include "stream.h"

#include "../process/stop.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* So often is asked whether the time is over. */
#define WAIT_MILLISECONDS 100

/* ------------------------------------------------------------------ streams */

static int read_head(void *user, uint64_t offset, void *buffer, size_t length)
{
    image_input *input = user;

    if (offset > input->head_length || length > input->head_length - offset) {
        input->file.read_detail = "refcow reads only the first 2 MiB of a stream";
        return -1;
    }
    memcpy(buffer, (const char *)input->head.base + offset, length);
    return 0;
}

/* Who writes to the stream may be slow for ever. False when that takes too long. */
static bool wait_for_input(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    while (poll(&input, 1, stop_patience(WAIT_MILLISECONDS)) <= 0 && !stop_wanted())
        continue;
    return !stop_wanted();
}

/* Until it is full or the stream ends. False: errno says why. */
static bool fill_head(image_input *input, bool *has_ended)
{
    *has_ended = false;
    while (input->head_length < input->head.size) {
        if (!wait_for_input()) {
            errno = ETIMEDOUT;
            return false;
        }
        ssize_t got =
            read(STDIN_FILENO, (char *)input->head.base + input->head_length, input->head.size - input->head_length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0) {
            *has_ended = true;
            return true;
        }
        input->head_length += (size_t)got;
    }
    return true;
}

static bool open_stream(image_input *input, failure *why)
{
    if (!memory_map(&input->head, IMAGE_HEAD_SIZE)) {
        *why = failure_of_memory(IMAGE_HEAD_SIZE);
        return false;
    }
    if (!fill_head(input, &input->knows_size)) {
        *why = failure_of_opening(strerror(errno));
        memory_unmap(&input->head);
        return false;
    }
    input->file = (image_file){.size = input->head_length, .allocated = input->head_length};
    uint64_t size = input->knows_size ? input->head_length : REFCOW_SOURCE_SIZE_MAX;
    input->inner = (refcow_source){.read = read_head, .user = input, .size = size};
    return true;
}

/* ------------------------------------------------------------------ both */

bool image_input_open(image_input *input, const char *path, failure *why)
{
    *input = (image_input){.knows_size = true};

    if (strcmp(path, "-") == 0)
        return open_stream(input, why);
    if (!image_file_open(&input->file, path, why))
        return false;
    input->inner = image_file_source(&input->file);
    return true;
}

void image_input_close(image_input *input)
{
    if (input->head.base != NULL)
        memory_unmap(&input->head);
    else
        image_file_close(&input->file);
}

int image_input_descriptor(const image_input *input)
{
    return input->head.base != NULL ? STDIN_FILENO : image_file_descriptor(&input->file);
}

refcow_source image_input_source(const image_input *input)
{
    return input->inner;
}

uint64_t image_input_head(const image_input *input)
{
    return input->knows_size ? 0 : input->head_length;
}

const char *image_input_detail(const image_input *input)
{
    return input->file.read_detail;
}
