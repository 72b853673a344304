/*
 * api_test.c - tests of the parser through its public header. One line at the end; exit 1 when a test failed.
 */
#include "runner.h"
#include "suites.h"

RUNNER_STATE;

int main(void)
{
    run_code_tests();
    run_argument_tests();
    run_header_tests();
    run_counting_tests();
    run_report_tests();
    run_snapshot_tests();
    run_bitmap_tests();
    run_note_tests();
    run_damage_tests();
    run_list_tests();
    run_observer_tests();
    run_early_end_tests();
    run_sparse_tests();
    run_gate_tests();
    run_search_tests();
    run_name_tests();
    return finish();
}
