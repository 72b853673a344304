/*
 * ledger.h - an observer of a check that keeps account of its own: every reference that it is told is in the count of
 * the clusters that it is told afterwards, and the defects of clusters add up to what the check has found.
 */
#ifndef REFCOW_FUZZ_ORACLES_LEDGER_H
#define REFCOW_FUZZ_ORACLES_LEDGER_H

#include "refcow.h"

/* Begin the account of one check. There is only one at a time. The window of the check has to fit: at most
 * LEDGER_WINDOW clusters. */
enum { LEDGER_WINDOW = 1 << 13 };
const refcow_observer *ledger_start(const refcow_image *image);

/* After a check that has not been stopped. */
void ledger_expect(const refcow_result *result);

#endif
