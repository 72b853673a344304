#ifndef REFCOW_GATE_SEARCH_H
#define REFCOW_GATE_SEARCH_H
#include "gate_judge.h"
#include "gate_magics.h"
bool refcow_gate_search(struct gate *gate);
#endif
