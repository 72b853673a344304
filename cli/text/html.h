/*
 * html.h - text that others have chosen, in a page.
 */
#ifndef REFCOW_CLI_TEXT_HTML_H
#define REFCOW_CLI_TEXT_HTML_H

#include <stdio.h>

/* As escape_print(), and so that it cannot be taken for anything but text, in an element or in a quoted attribute. */
void html_print(FILE *out, const char *text);

#endif
