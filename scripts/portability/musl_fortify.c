/*
 * musl_fortify.c - what Debian's libseccomp.a needs and musl lacks: a function of glibc's _FORTIFY_SOURCE. It prints
 * filters for people, which refcow never asks for.
 */
#include <stdarg.h>
#include <stdio.h>

int __fprintf_chk(FILE *file, int flag, const char *format, ...);

int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
    va_list values;

    (void)flag;
    va_start(values, format);
    int length = vfprintf(file, format, values);
    va_end(values);
    return length;
}
