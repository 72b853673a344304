/*
 * utf8.h - take a text apart into code points, whatever bytes it has.
 */
#ifndef REFCOW_CLI_TEXT_UTF8_H
#define REFCOW_CLI_TEXT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that stand for no code point. */
#define UTF8_INVALID INT32_C(-1)

/*
 * Decode the sequence at the start of a text that is not empty and ends with NUL. Returns its length in bytes, at
 * least 1.
 *
 * The rules are as in qemu's JSON output: surrogates, noncharacters, overlong forms and code points above U+10FFFF
 * are invalid as a whole; the one overlong form allowed is C0 80, which stands for U+0000; lead bytes of the old five
 * and six byte forms take their continuation bytes with them; a sequence that breaks off ends before the byte that
 * does not continue it.
 */
size_t utf8_decode(const char *text, int32_t *code_point);

#endif
