/*
 * holes.h - which clusters in use lie in holes of the file: whoever reads them gets zeros.
 *
 * Where the holes are is known only if the source has next_data and next_hole. Whether a cluster lies in a hole does
 * not depend on where a window begins.
 */
#ifndef REFCOW_HOLES_H
#define REFCOW_HOLES_H

#include "check.h"

/* Note the clusters of the window that have references and lie wholly in a hole; the part behind the end of the file
 * counts as one. All is counted. Windows come in ascending order. */
bool refcow_holes_walk(struct check *check);

#endif
