/* What verdict.js calls: plain numbers and one structure in linear memory, whose layout it knows. */
#include "refcow.h"

/* Given by JavaScript. */
__attribute__((import_name("read"))) int read_from_host(uint64_t offset, void *buffer, size_t length);

struct answer {
    const char *status; /* NULL: checked */
    const char *verdict;
    uint64_t corruptions;
    uint64_t leaks;
    uint64_t check_errors;
};

static int read_source(void *user, uint64_t offset, void *buffer, size_t length)
{
    (void)user;
    return read_from_host(offset, buffer, length);
}

__attribute__((export_name("check"))) const struct answer *check(uint64_t size)
{
    static unsigned char memory[1 << 20];
    static struct answer answer;
    refcow_source source = {.read = read_source, .size = size};
    refcow_options options = {.memory = memory, .memory_size = sizeof memory};
    refcow_image image;
    refcow_result result;
    refcow_status status = refcow_open(&image, sizeof image, REFCOW_VERSION, &source);
    if (status == REFCOW_STATUS_OK)
        status = refcow_check(&image, &options, &result);
    if (status != REFCOW_STATUS_OK)
        answer = (struct answer){.status = refcow_status_name(status)};
    else
        answer = (struct answer){NULL, refcow_verdict_name(result.verdict), result.corruptions, result.leaks,
                                 result.check_errors};
    return &answer;
}
