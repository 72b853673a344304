/*
 * codes.c - the tables of codes.h and the functions that are made from them.
 */
#include "refcow.h"
#include "runner.h"
#include "suites.h"

typedef struct status_row {
    int number;
    refcow_class class_;
    const char *symbol;
    const char *slug;
    const char *text;
} status_row;

typedef struct kind_row {
    int number;
    refcow_severity severity;
    const char *slug;
    const char *text;
    const char *rule;
} kind_row;

static const status_row statuses[] = {
#define STATUS_ROW(name, number, kind, slug, text) {number, REFCOW_CLASS_##kind, #name, slug, text},
    REFCOW_STATUS_ROWS(STATUS_ROW)
#undef STATUS_ROW
};

static const kind_row kinds[] = {
#define KIND_ROW(name, number, severity, slug, text, rule) {number, REFCOW_SEVERITY_##severity, slug, text, rule},
    REFCOW_FINDING_ROWS(KIND_ROW)
#undef KIND_ROW
};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Lower-case words of letters and digits with single dashes between them. */
static int is_slug(const char *name)
{
    size_t length = strlen(name);
    size_t allowed = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && allowed == length && name[0] != '-' && name[length - 1] != '-' && strstr(name, "--") == NULL;
}

/* BAD_ARGUMENT is "bad-argument". */
static int is_name_of(const char *name, const char *symbol)
{
    for (; *name != '\0' && *symbol != '\0'; name++, symbol++) {
        char wanted = *symbol;
        if (wanted == '_') {
            wanted = '-';
        } else if (wanted >= 'A' && wanted <= 'Z') {
            wanted = (char)(wanted - 'A' + 'a');
        }
        if (*name != wanted) {
            return 0;
        }
    }
    return *name == *symbol;
}

static int is_sentence(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && text[length - 1] != '.' && text[length - 1] != '\n' && strchr(text, '\n') == NULL;
}

static void statuses_have_names(void)
{
    for (size_t i = 0; i < LENGTH(statuses); i++) {
        refcow_status status = (refcow_status)statuses[i].number;
        CHECK(is_slug(refcow_status_name(status)));
        CHECK_STRING(refcow_status_name(status), statuses[i].slug);
        CHECK(is_name_of(refcow_status_name(status), statuses[i].symbol));
        CHECK_STRING(refcow_status_text(status), statuses[i].text);
        CHECK(is_sentence(refcow_status_text(status)));
        CHECK_EQUAL(refcow_status_class(status), statuses[i].class_);
    }
}

static void statuses_are_unique(void)
{
    for (size_t i = 0; i < LENGTH(statuses); i++) {
        for (size_t j = 0; j < i; j++) {
            CHECK(statuses[i].number != statuses[j].number);
            CHECK(strcmp(statuses[i].symbol, statuses[j].symbol) != 0);
            CHECK(strcmp(statuses[i].text, statuses[j].text) != 0);
        }
    }
    CHECK_EQUAL(REFCOW_STATUS_OK, 0);
}

static void only_ok_is_ok(void)
{
    for (size_t i = 0; i < LENGTH(statuses); i++) {
        CHECK((statuses[i].class_ == REFCOW_CLASS_OK) == (statuses[i].number == REFCOW_STATUS_OK));
    }
}

static void kinds_have_names(void)
{
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        refcow_kind kind = (refcow_kind)kinds[i].number;
        CHECK(is_slug(refcow_kind_name(kind)));
        CHECK_STRING(refcow_kind_name(kind), kinds[i].slug);
        CHECK_STRING(refcow_kind_text(kind), kinds[i].text);
        CHECK_STRING(refcow_kind_rule(kind), kinds[i].rule);
        CHECK(is_sentence(refcow_kind_text(kind)));
        CHECK(is_sentence(refcow_kind_rule(kind)));
        CHECK_EQUAL(refcow_kind_severity(kind), kinds[i].severity);
    }
}

static void kinds_index_an_array(void)
{
    CHECK_EQUAL(LENGTH(kinds), REFCOW_KINDS);
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        CHECK_EQUAL(kinds[i].number, i);
        for (size_t j = 0; j < i; j++) {
            CHECK(strcmp(kinds[i].slug, kinds[j].slug) != 0);
            CHECK(strcmp(kinds[i].text, kinds[j].text) != 0);
        }
    }
}

static void roles_and_verdicts_have_names(void)
{
    for (int i = REFCOW_ROLE_NONE; i <= REFCOW_ROLE_REFCOUNT_BLOCK; i++) {
        CHECK(is_slug(refcow_role_name((refcow_role)i)));
        CHECK(strcmp(refcow_role_name((refcow_role)i), "unknown") != 0);
        for (int j = REFCOW_ROLE_NONE; j < i; j++) {
            CHECK(strcmp(refcow_role_name((refcow_role)i), refcow_role_name((refcow_role)j)) != 0);
        }
    }
    CHECK_STRING(refcow_role_name(REFCOW_ROLE_L2_TABLE), "l2-table");
    CHECK_STRING(refcow_verdict_name(REFCOW_VERDICT_CLEAN), "clean");
    CHECK_STRING(refcow_verdict_name(REFCOW_VERDICT_LEAKS), "leaks");
    CHECK_STRING(refcow_verdict_name(REFCOW_VERDICT_CORRUPT), "corrupt");
    CHECK_STRING(refcow_verdict_name(REFCOW_VERDICT_REFUSED), "refused");
    CHECK_STRING(refcow_verdict_name(REFCOW_VERDICT_INCOMPLETE), "incomplete");
}

static int is_status(int number)
{
    for (size_t i = 0; i < LENGTH(statuses); i++) {
        if (statuses[i].number == number) {
            return 1;
        }
    }
    return 0;
}

/* The gaps between the numbers, and what lies far outside. A caller may pass on what a newer library gave it. */
static void unknown_numbers_are_unknown(void)
{
    for (int number = 0; number < 300; number++) {
        if (!is_status(number)) {
            CHECK_STRING(refcow_status_name((refcow_status)number), "unknown");
            CHECK(refcow_status_text((refcow_status)number)[0] != '\0');
            CHECK_EQUAL(refcow_status_class((refcow_status)number), REFCOW_CLASS_USAGE);
        }
        if (number >= REFCOW_KINDS) {
            CHECK_STRING(refcow_kind_name((refcow_kind)number), "unknown");
            CHECK(refcow_kind_text((refcow_kind)number)[0] != '\0');
            CHECK(refcow_kind_rule((refcow_kind)number)[0] != '\0');
            CHECK_EQUAL(refcow_kind_severity((refcow_kind)number), REFCOW_SEVERITY_ERROR);
        }
        if (number > REFCOW_ROLE_BITMAP_DATA) {
            CHECK_STRING(refcow_role_name((refcow_role)number), "unknown");
        }
        if (number > REFCOW_VERDICT_INCOMPLETE) {
            CHECK_STRING(refcow_verdict_name((refcow_verdict)number), "unknown");
        }
    }
}

static void version_is_that_of_the_header(void)
{
    char text[32];
    CHECK_EQUAL(refcow_version(), REFCOW_VERSION);
    snprintf(text, sizeof text, "%u.%u.%u", REFCOW_VERSION >> 16, REFCOW_VERSION >> 8 & 0xff, REFCOW_VERSION & 0xff);
    CHECK_STRING(text, REFCOW_VERSION_TEXT);
}

void run_code_tests(void)
{
    RUN(statuses_have_names);
    RUN(statuses_are_unique);
    RUN(only_ok_is_ok);
    RUN(kinds_have_names);
    RUN(kinds_index_an_array);
    RUN(roles_and_verdicts_have_names);
    RUN(unknown_numbers_are_unknown);
    RUN(version_is_that_of_the_header);
}
