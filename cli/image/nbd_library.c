#include "nbd_library.h"

#include <dlfcn.h>
#include <stddef.h>

#define FILE_NAME "libnbd.so.0"

/* The rows are what the header says. No function is called here, so that none is linked. */
#define SAME(returns, name, parameters)                                                                                \
    _Static_assert(_Generic(&name, returns(*) parameters: 1, default: 0), #name " is declared otherwise");
NBD_FUNCTIONS(SAME)

static bool find_functions(nbd_library *library, void *file)
{
    static const struct {
        const char *name;
        size_t place;
    } functions[] = {
#define NAME_AND_PLACE(returns, name, parameters) {#name, offsetof(nbd_library, name)},
        NBD_FUNCTIONS(NAME_AND_PLACE)};

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(file, functions[i].name);
        if (function == NULL)
            return false;
        *(void **)(void *)((char *)library + functions[i].place) = function;
    }
    return true;
}

const nbd_library *nbd_library_load(void)
{
    static nbd_library library;
    static bool is_loaded;

    if (!is_loaded) {
        void *file = dlopen(FILE_NAME, RTLD_NOW | RTLD_LOCAL);
        is_loaded = file != NULL && find_functions(&library, file);
    }
    return is_loaded ? &library : NULL;
}
