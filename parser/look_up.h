/*
 * look_up.h - functions that give what a row of an X-macro says. Switches and not tables: a table of pointers would be
 * writable data in position-independent code.
 */
#ifndef REFCOW_LOOK_UP_H
#define REFCOW_LOOK_UP_H

/* A function that gives for each of the rows what CASE takes from it. */
#define LOOK_UP(type, function, code, argument, ROWS, CASE, unknown)                                                   \
    type function(code argument)                                                                                       \
    {                                                                                                                  \
        switch ((int)argument) {                                                                                       \
        default:                                                                                                       \
            return unknown;                                                                                            \
            ROWS(CASE)                                                                                                 \
        }                                                                                                              \
    }

#define GIVE(code, value)                                                                                              \
    case code:                                                                                                         \
        return value;

#endif
