/*
 * corpus_test.c - every file of the corpus against its row in MANIFEST.tsv, and every row against its file.
 *
 *     corpus_test [CORPUS]        default: corpus
 *
 * The counts in the manifest are those of qemu-img check, so this compares refcow with it where it is not installed.
 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64

#include "../../fuzz/oracles/rules.h"
#include "runner.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

RUNNER_STATE;

enum {
    PATH,
    RECIPE,
    RULE_IN_WORDS,
    STATUS,
    VERDICT,
    CORRUPTIONS,
    LEAKS,
    CHECK_ERRORS,
    IMAGE_END,
    TOTAL,
    ALLOCATED,
    FRAGMENTED,
    COMPRESSED,
    KINDS,
    QEMU_EXIT,
    COLUMNS
};
enum { ROWS_MAX = 2000, PATH_MAX_LENGTH = 4096, FINDINGS = 64 * REFCOW_KINDS };

static const char *const column_names[COLUMNS] = {
    "path",      "recipe", "rule",      "status",     "verdict",    "corruptions", "leaks",     "check-errors",
    "image-end", "total",  "allocated", "fragmented", "compressed", "kinds",       "qemu-exit",
};

typedef struct manifest_row {
    char *columns[COLUMNS];
    int has_file;
} manifest_row;

static manifest_row rows[ROWS_MAX];
static size_t row_count;
static const manifest_row *current; /* the row under test */
static const char *corpus = "corpus";

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(2);
}

static void *need(void *memory)
{
    if (memory == NULL) {
        give_up("corpus_test");
    }
    return memory;
}

/* ---------------------------------------------------------------- manifest */

static manifest_row parse_row(char *line)
{
    manifest_row row = {.has_file = 0};
    line[strcspn(line, "\n")] = '\0';
    char *at = line;
    for (int column = 0; column < COLUMNS; column++) {
        row.columns[column] = at;
        char *tab = strchr(at, '\t');
        if ((tab == NULL) != (column == COLUMNS - 1)) {
            fprintf(stderr, "MANIFEST.tsv: a row has not %d columns: %s\n", COLUMNS, line);
            exit(2);
        }
        if (tab != NULL) {
            *tab = '\0';
            at = tab + 1;
        }
    }
    return row;
}

static void read_manifest(void)
{
    char path[PATH_MAX_LENGTH];
    snprintf(path, sizeof path, "%s/MANIFEST.tsv", corpus);
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        give_up(path);
    }
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stream) != -1) {
        if (line[0] != '#' && row_count < ROWS_MAX) {
            rows[row_count++] = parse_row(need(strdup(line)));
        }
    }
    free(line);
    fclose(stream);
}

static void columns_are_those_of_this_test(void)
{
    CHECK(row_count > 1 && row_count < ROWS_MAX);
    for (int column = 0; column < COLUMNS && row_count > 0; column++) {
        CHECK_STRING(rows[0].columns[column], column_names[column]);
    }
}

/* ------------------------------------------------------------------- files */

static manifest_row *row_of(const char *path)
{
    for (size_t i = 1; i < row_count; i++) {
        if (strcmp(rows[i].columns[PATH], path) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static void match_file(const char *folder, const char *name)
{
    char path[PATH_MAX_LENGTH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    manifest_row *row = row_of(path);
    CHECK_STRING(row != NULL ? "" : path, "");
    if (row != NULL) {
        CHECK(!row->has_file);
        row->has_file = 1;
    }
}

static void match_folder(const char *folder)
{
    char path[PATH_MAX_LENGTH];
    if (strcmp(folder, "hostile") == 0) {
        return; /* recipes of images, which are too large to be here */
    }
    snprintf(path, sizeof path, "%s/%s", corpus, folder);
    DIR *stream = opendir(path);
    if (stream == NULL) {
        return; /* a file, of which the top has only the manifest and what makes it */
    }
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (entry->d_name[0] != '.') {
            match_file(folder, entry->d_name);
        }
    }
    closedir(stream);
}

static void every_file_has_a_row_and_every_row_a_file(void)
{
    DIR *stream = opendir(corpus);
    if (stream == NULL) {
        give_up(corpus);
    }
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (entry->d_name[0] != '.') {
            match_folder(entry->d_name);
        }
    }
    closedir(stream);
    for (size_t i = 1; i < row_count; i++) {
        CHECK_STRING(rows[i].has_file ? "" : rows[i].columns[PATH], "");
    }
}

/* Holes are in a file, and not in its bytes. */
static void every_kind_is_found_somewhere(void)
{
    for (int kind = 0; kind < REFCOW_KINDS; kind++) {
        if (kind == REFCOW_KIND_DATA_IN_HOLE) {
            continue;
        }
        const char *name = refcow_kind_name((refcow_kind)kind);
        int found = 0;
        for (size_t i = 1; i < row_count; i++) {
            found = found || strstr(rows[i].columns[KINDS], name) != NULL;
        }
        CHECK_STRING(found ? "" : name, "");
    }
}

/* ------------------------------------------------------------------ images */

typedef struct image_file {
    uint8_t *bytes;
    size_t size;
    uint64_t reads;
    uint64_t fails; /* the number of the read that fails; 0: none */
} image_file;

static image_file load(const char *name)
{
    char path[PATH_MAX_LENGTH];
    snprintf(path, sizeof path, "%s/%s", corpus, name);
    struct stat status;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL || stat(path, &status) != 0) {
        give_up(path);
    }
    image_file file = {.size = (size_t)status.st_size};
    file.bytes = need(malloc(file.size + 1));
    if (fread(file.bytes, 1, file.size, stream) != file.size) {
        give_up(path);
    }
    fclose(stream);
    return file;
}

static int read_file(void *user, uint64_t offset, void *buffer, size_t length)
{
    image_file *file = user;
    CHECK(length > 0 && offset < file->size && length <= file->size - offset);
    memcpy(buffer, file->bytes + offset, length);
    return ++file->reads == file->fails;
}

static int is_stated(int column)
{
    return strcmp(current->columns[column], "-") != 0;
}

static void expect_count(uint64_t is, int column)
{
    if (is_stated(column)) {
        runner_equal(is, strtoull(current->columns[column], NULL, 10), __FILE__, __LINE__, column_names[column]);
    }
}

/* The names of the kinds that were found are exactly those of the row, whatever their order. */
static void expect_kinds(const refcow_result *result)
{
    char stated[1024];
    snprintf(stated, sizeof stated, ",%s,", is_stated(KINDS) ? current->columns[KINDS] : "");
    size_t commas = 1;
    for (int kind = 0; kind < REFCOW_KINDS; kind++) {
        char name[64];
        snprintf(name, sizeof name, ",%s,", refcow_kind_name((refcow_kind)kind));
        int is_wanted = strstr(stated, name) != NULL;
        commas += is_wanted ? 1 : 0;
        if (is_wanted != (result->found[kind] > 0)) {
            CHECK_STRING(is_wanted ? "not found" : "found", refcow_kind_name((refcow_kind)kind));
        }
    }
    for (const char *at = stated; (at = strchr(at, ',')) != NULL; at++) {
        commas--;
    }
    CHECK(!is_stated(KINDS) || commas == 0);
}

static void expect_answer(const refcow_result *result)
{
    CHECK_STRING(refcow_status_name(result->error.status), current->columns[STATUS]);
    CHECK_STRING(refcow_verdict_name(result->verdict), current->columns[VERDICT]);
    expect_count(result->corruptions, CORRUPTIONS);
    expect_count(result->leaks, LEAKS);
    expect_count(result->check_errors, CHECK_ERRORS);
    expect_count(result->image_end_offset, IMAGE_END);
    expect_count(result->total_clusters, TOTAL);
    expect_count(result->allocated_clusters, ALLOCATED);
    expect_count(result->fragmented_clusters, FRAGMENTED);
    expect_count(result->compressed_clusters, COMPRESSED);
    expect_kinds(result);
}

static refcow_result check_opened(const refcow_image *image, size_t memory_size, refcow_finding *findings,
                                  size_t capacity)
{
    refcow_options options = {
        .memory = need(malloc(memory_size)),
        .memory_size = memory_size,
        .findings = findings,
        .findings_capacity = capacity,
    };
    refcow_result result;
    refcow_check(image, &options, &result);
    CHECK_RULE(rules_result(&result, &options));
    expect_answer(&result);
    free(options.memory);
    return result;
}

/* In little memory and in more; with room for many findings and for one of each kind. */
static void expect_answers(const refcow_image *image)
{
    static refcow_finding all[FINDINGS];
    static refcow_finding first[REFCOW_KINDS];
    check_opened(image, REFCOW_MEMORY_MIN, all, FINDINGS);
    refcow_result many = check_opened(image, 16 * (size_t)REFCOW_MEMORY_MIN, all, FINDINGS);
    refcow_result few = check_opened(image, REFCOW_MEMORY_MIN, first, REFCOW_KINDS);
    CHECK_RULE(rules_first_ones(&few, first, &many, all));
}

/* Whichever read of a check fails: that is what is said, and nothing is blamed on the image unless it is so. */
static void expect_failed_reads(const refcow_image *image, image_file *file)
{
    refcow_options options = {.memory = need(malloc(REFCOW_MEMORY_MIN)), .memory_size = REFCOW_MEMORY_MIN};
    refcow_result result = {.verdict = REFCOW_VERDICT_INCOMPLETE};
    for (file->fails = 1; file->reads + 1 >= file->fails; file->fails++) {
        file->reads = 0;
        refcow_status status = refcow_check(image, &options, &result);
        if (file->reads < file->fails || refcow_status_class(status) == REFCOW_CLASS_REFUSED) {
            CHECK_STRING(refcow_status_name(status), current->columns[STATUS]);
        } else {
            CHECK_STRING(refcow_status_name(status), "read-failed");
            CHECK_STRING(refcow_verdict_name(result.verdict), "incomplete");
        }
    }
    free(options.memory);
}

static void row_is_true(void)
{
    image_file file = load(current->columns[PATH]);
    refcow_source source = {.read = read_file, .user = &file, .size = file.size};
    refcow_image image;
    refcow_status status = refcow_open(&image, sizeof image, REFCOW_VERSION, &source);
    refcow_class class_ = refcow_status_class(status);
    if (class_ == REFCOW_CLASS_OK || class_ == REFCOW_CLASS_REFUSED) {
        expect_answers(&image);
        expect_failed_reads(&image, &file);
    } else {
        CHECK_STRING(refcow_status_name(status), current->columns[STATUS]);
        CHECK(!is_stated(VERDICT));
    }
    free(file.bytes);
}

/* The exit status of qemu-img check that goes with a verdict. */
static const char *exit_of(const char *verdict)
{
    if (strcmp(verdict, "clean") == 0) {
        return "0";
    }
    if (strcmp(verdict, "corrupt") == 0) {
        return "2";
    }
    return strcmp(verdict, "leaks") == 0 ? "3" : "1";
}

static void verdicts_agree_with_qemu_img(void)
{
    for (size_t i = 1; i < row_count; i++) {
        CHECK_STRING(rows[i].columns[QEMU_EXIT], exit_of(rows[i].columns[VERDICT]));
    }
}

int main(int argc, char **argv)
{
    corpus = argc > 1 ? argv[1] : corpus;
    read_manifest();
    RUN(columns_are_those_of_this_test);
    RUN(every_file_has_a_row_and_every_row_a_file);
    RUN(every_kind_is_found_somewhere);
    RUN(verdicts_agree_with_qemu_img);
    for (size_t i = 1; i < row_count; i++) {
        current = &rows[i];
        run(current->columns[PATH], row_is_true);
    }
    return finish();
}
