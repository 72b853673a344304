/*
 * gate_names.c - the traits of names, what is UTF-8, and which characters cannot be seen.
 */
#include "gate.h"
#include "run.h"
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define INVALID UINT64_MAX /* the code point -1, as CHECK_EQUAL sees it */

/* ----------------------------------------------------------------- helpers */

enum { ROOM = 2048 };

/* Texts stand at the end of a block of their own: ASan sees the first byte that is read behind them. */
static uint8_t *block;

static uint8_t *at_the_end(const void *bytes, size_t length)
{
    uint8_t *text = block + ROOM - length;
    memcpy(text, bytes, length);
    return text;
}

static void with_block(void (*test)(void), const char *name)
{
    block = allocate(ROOM);
    memset(block, 0x80, ROOM);
    run(name, test);
    free(block);
}
#define RUN_WITH_BLOCK(test) with_block(test, #test)

static void expect_sequence(const void *bytes, size_t length, size_t sequence, uint64_t wanted)
{
    int32_t code_point = 77777;
    CHECK_EQUAL(refcow_decode_utf8(at_the_end(bytes, length), length, &code_point), sequence);
    CHECK_EQUAL(code_point, wanted);
}
#define EXPECT_SEQUENCE(literal, sequence, wanted)                                                                     \
    expect_sequence("" literal, sizeof(literal) - 1, sequence, (uint64_t)(wanted))

/* A form of UTF-8, proper or not: a lead byte and length - 1 others. Length 1 to 6; 1 is ASCII. */
static void encode(uint8_t *bytes, uint32_t value, size_t length)
{
    static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0, 0xf8, 0xfc};
    for (size_t i = length; i-- > 1; value >>= 6) {
        bytes[i] = (uint8_t)(0x80 | (value & 0x3f));
    }
    bytes[0] = (uint8_t)(leads[length] | value);
}

static size_t shortest_form(uint32_t value)
{
    if (value < 0x80) {
        return 1;
    }
    if (value < 0x800) {
        return 2;
    }
    return value < 0x10000 ? 3 : 4;
}

static uint32_t traits_of(const void *bytes, size_t length)
{
    return refcow_name_traits(at_the_end(bytes, length), length);
}
#define TRAITS(literal) traits_of("" literal, sizeof(literal) - 1)
#define EXPECT_TRAITS(literal, wanted) CHECK_EQUAL(TRAITS(literal), wanted)

enum {
    EMPTY = REFCOW_TRAIT_EMPTY,
    JSON = REFCOW_TRAIT_JSON,
    PROTOCOL = REFCOW_TRAIT_PROTOCOL,
    ABSOLUTE = REFCOW_TRAIT_ABSOLUTE,
    RELATIVE = REFCOW_TRAIT_RELATIVE,
    FDSET = REFCOW_TRAIT_FDSET,
    PARENT = REFCOW_TRAIT_PARENT,
    HAS_NUL = REFCOW_TRAIT_NUL,
    CONTROL = REFCOW_TRAIT_CONTROL,
    INVISIBLE = REFCOW_TRAIT_INVISIBLE,
    NOT_UTF8 = REFCOW_TRAIT_NOT_UTF8,
    TOO_LONG = REFCOW_TRAIT_TOO_LONG,
    SORTS = EMPTY | JSON | PROTOCOL | ABSOLUTE | RELATIVE,
    ALL_TRAITS = (TOO_LONG << 1) - 1
};

/* ------------------------------------------------------------------- UTF-8 */

static int is_code_point_of_text(uint32_t value)
{
    int is_surrogate = value >= 0xd800 && value <= 0xdfff;
    int is_noncharacter = (value >= 0xfdd0 && value <= 0xfdef) || value % 0x10000 >= 0xfffe;
    return !is_surrogate && !is_noncharacter;
}

static void every_code_point_is_decoded(void)
{
    uint8_t bytes[4];
    for (uint32_t value = 0; value <= 0x10ffff; value++) {
        size_t length = shortest_form(value);
        encode(bytes, value, length);
        expect_sequence(bytes, length, length, is_code_point_of_text(value) ? value : INVALID);
    }
}

/* The one before it and the one behind, too. */
static void edges_of_utf8(void)
{
    EXPECT_SEQUENCE("\x7f", 1, 0x7f);
    EXPECT_SEQUENCE("\xc2\x80", 2, 0x80);
    EXPECT_SEQUENCE("\xdf\xbf", 2, 0x7ff);
    EXPECT_SEQUENCE("\xe0\xa0\x80", 3, 0x800);
    EXPECT_SEQUENCE("\xed\x9f\xbf", 3, 0xd7ff);
    EXPECT_SEQUENCE("\xed\xa0\x80", 3, INVALID);
    EXPECT_SEQUENCE("\xed\xbf\xbf", 3, INVALID);
    EXPECT_SEQUENCE("\xee\x80\x80", 3, 0xe000);
    EXPECT_SEQUENCE("\xef\xb7\x8f", 3, 0xfdcf);
    EXPECT_SEQUENCE("\xef\xb7\x90", 3, INVALID);
    EXPECT_SEQUENCE("\xef\xb7\xaf", 3, INVALID);
    EXPECT_SEQUENCE("\xef\xb7\xb0", 3, 0xfdf0);
    EXPECT_SEQUENCE("\xef\xbf\xbd", 3, 0xfffd);
    EXPECT_SEQUENCE("\xef\xbf\xbe", 3, INVALID);
    EXPECT_SEQUENCE("\xf0\x90\x80\x80", 4, 0x10000);
    EXPECT_SEQUENCE("\xf4\x8f\xbf\xbd", 4, 0x10fffd);
    EXPECT_SEQUENCE("\xf4\x8f\xbf\xbf", 4, INVALID);
    EXPECT_SEQUENCE("\xf4\x90\x80\x80", 4, INVALID);
    EXPECT_SEQUENCE("\xf7\xbf\xbf\xbf", 4, INVALID);
    EXPECT_SEQUENCE("\xf8\x88\x80\x80\x80", 5, INVALID);
    EXPECT_SEQUENCE("\xfb\xbf\xbf\xbf\xbf", 5, INVALID);
    EXPECT_SEQUENCE("\xfc\x84\x80\x80\x80\x80", 6, INVALID);
    EXPECT_SEQUENCE("\xfd\xbf\xbf\xbf\xbf\xbf", 6, INVALID);
}

/* Each value in each form that is longer than its shortest; with 5 and 6 bytes up to the end of Unicode. */
static void overlong_forms_are_invalid(void)
{
    static const uint32_t ends[] = {0, 0, 0x80, 0x800, 0x10000, 0x110000, 0x110000};
    uint8_t bytes[6];
    for (size_t length = 2; length < LENGTH(ends); length++) {
        for (uint32_t value = 0; value < ends[length]; value++) {
            int is_modified_nul = value == 0 && length == 2;
            encode(bytes, value, length);
            expect_sequence(bytes, length, length, is_modified_nul ? 0 : INVALID);
        }
    }
}

static void some_bytes_begin_no_sequence(void)
{
    for (unsigned lead = 0x80; lead <= 0xff; lead++) {
        uint8_t bytes[8] = {(uint8_t)lead, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
        if (lead < 0xc0 || lead >= 0xfe) {
            expect_sequence(bytes, 1, 1, INVALID);
            expect_sequence(bytes, sizeof bytes, 1, INVALID);
        }
    }
}

/* With the text, whether or not what stands behind it would continue the sequence. */
static void sequences_end_with_the_text(void)
{
    static const uint8_t leads[] = {0, 0, 0xc3, 0xe3, 0xf3, 0xfb, 0xfd};
    for (size_t length = 2; length < LENGTH(leads); length++) {
        uint8_t bytes[8] = {leads[length], 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
        for (size_t end = 1; end < length; end++) {
            int32_t code_point = 0;
            expect_sequence(bytes, end, end, INVALID);
            CHECK_EQUAL(refcow_decode_utf8(bytes, end, &code_point), end);
            CHECK_EQUAL(code_point, INVALID);
        }
        for (size_t end = length; end <= sizeof bytes; end++) {
            expect_sequence(bytes, end, length,
                            length <= 4 ? (uint64_t)(leads[length] & 3) << 6 * (length - 1) : INVALID);
        }
    }
}

static void sequences_end_before_what_does_not_continue_them(void)
{
    static const uint8_t leads[] = {0, 0, 0xdf, 0xef, 0xf7, 0xfb, 0xfd};
    for (size_t length = 2; length < LENGTH(leads); length++) {
        for (size_t at = 1; at < length; at++) {
            for (unsigned byte = 0; byte <= 0xff; byte++) {
                uint8_t bytes[6] = {leads[length], 0xbf, 0xbf, 0xbf, 0xbf, 0xbf};
                int32_t code_point = 0;
                int continues = byte >= 0x80 && byte <= 0xbf;
                bytes[at] = (uint8_t)byte;
                CHECK_EQUAL(refcow_decode_utf8(at_the_end(bytes, length), length, &code_point),
                            continues ? length : at);
                CHECK(continues || code_point == -1);
            }
        }
    }
}

/* ------------------------------------------------------------------- shape */

/* The parser's ranges, with what they are. In them is all that has category Cc, Cf, Co, Zl, Zp or Zs in
 * Unicode 14, but for U+0020. */
static const struct {
    int32_t first;
    int32_t last;
} shapeless_ranges[] = {
    {0, 0x1f},          /* C0 */
    {0x7f, 0xa0},       /* DEL, C1, no-break space */
    {0xad, 0xad},       /* soft hyphen */
    {0x34f, 0x34f},     /* combining grapheme joiner */
    {0x600, 0x605},     /* Arabic number signs */
    {0x61c, 0x61c},     /* Arabic letter mark */
    {0x6dd, 0x6dd},     /* Arabic end of ayah */
    {0x70f, 0x70f},     /* Syriac abbreviation mark */
    {0x890, 0x891},     /* Arabic pound and piastre marks */
    {0x8e2, 0x8e2},     /* Arabic disputed end of ayah */
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x1680, 0x1680},   /* Ogham space */
    {0x17b4, 0x17b5},   /* Khmer inherent vowels */
    {0x180b, 0x180f},   /* Mongolian selectors and vowel separator */
    {0x2000, 0x200f},   /* spaces, zero width, direction */
    {0x2028, 0x202f},   /* separators, embeddings, overrides, narrow space */
    {0x205f, 0x206f},   /* mathematical space, joiners, isolates, deprecated */
    {0x2800, 0x2800},   /* Braille blank */
    {0x3000, 0x3000},   /* ideographic space */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xe000, 0xf8ff},   /* private use */
    {0xfe00, 0xfe0f},   /* variation selectors */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xffa0, 0xffa0},   /* halfwidth Hangul filler */
    {0xfff0, 0xfffb},   /* interlinear annotation */
    {0x110bd, 0x110bd}, /* Kaithi number sign */
    {0x110cd, 0x110cd}, /* Kaithi number sign above */
    {0x13430, 0x1343f}, /* joiners of Egyptian hieroglyphs */
    {0x1bca0, 0x1bca3}, /* shorthand format controls */
    {0x1d173, 0x1d17a}, /* musical beams, ties, slurs */
    {0xe0000, 0x10ffff} /* tags, variation selectors, private use */
};

static int is_in_a_range(int32_t code_point)
{
    for (size_t i = 0; i < LENGTH(shapeless_ranges); i++) {
        if (code_point >= shapeless_ranges[i].first && code_point <= shapeless_ranges[i].last) {
            return 1;
        }
    }
    return 0;
}

static void every_code_point_has_a_shape_or_none(void)
{
    for (int32_t value = -300; value <= 0x120000; value++) {
        if (refcow_is_shapeless(value) != is_in_a_range(value)) {
            CHECK_EQUAL(value, INVALID); /* says which */
        }
    }
}

static void numbers_that_are_no_code_points_are_not_shapeless(void)
{
    static const int32_t numbers[] = {-1, INT32_MIN, INT32_MIN + 0x200b, 0x110000, 0x100200b, INT32_MAX};
    for (size_t i = 0; i < LENGTH(numbers); i++) {
        CHECK_EQUAL(refcow_is_shapeless(numbers[i]), 0);
    }
}

/* ------------------------------------------------------------------ traits */

static void traits_have_bits_and_words(void)
{
    static const struct {
        unsigned bit;
        refcow_trait trait;
        const char *word;
        const char *meaning;
    } rows[] = {
#define TRAIT_ROW(name, bit, word, meaning) {bit, REFCOW_TRAIT_##name, word, meaning},
        REFCOW_TRAIT_ROWS(TRAIT_ROW)
#undef TRAIT_ROW
    };
    CHECK_EQUAL(LENGTH(rows), 12);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        CHECK_EQUAL(rows[i].bit, i);
        CHECK_EQUAL(rows[i].trait, 1u << i);
        CHECK(rows[i].word[0] != '\0' && rows[i].meaning[0] != '\0');
        for (size_t j = 0; j < i; j++) {
            CHECK(strcmp(rows[i].word, rows[j].word) != 0);
            CHECK(strcmp(rows[i].meaning, rows[j].meaning) != 0);
        }
    }
}

static void a_name_is_empty(void)
{
    CHECK_EQUAL(refcow_name_traits(NULL, 0), EMPTY);
    EXPECT_TRAITS("", EMPTY);
    EXPECT_TRAITS("\0", EMPTY | HAS_NUL);
    EXPECT_TRAITS("\0json:", EMPTY | HAS_NUL);
    EXPECT_TRAITS("\0/a", EMPTY | HAS_NUL);
    EXPECT_TRAITS("0", RELATIVE);
    EXPECT_TRAITS(" ", RELATIVE);
}

static void a_name_is_json(void)
{
    EXPECT_TRAITS("json:", JSON);
    EXPECT_TRAITS("json:{\"driver\": \"file\"}", JSON);
    EXPECT_TRAITS("json", RELATIVE);
    EXPECT_TRAITS("json\0:", RELATIVE | HAS_NUL);
    EXPECT_TRAITS("json;", RELATIVE);
    EXPECT_TRAITS("json/:", RELATIVE);
    EXPECT_TRAITS("jsonx:", PROTOCOL);
    EXPECT_TRAITS("jsom:", PROTOCOL);
    EXPECT_TRAITS("JSON:", PROTOCOL);
    EXPECT_TRAITS(" json:", PROTOCOL);
    EXPECT_TRAITS("/json:", ABSOLUTE);
}

static void a_name_has_a_protocol(void)
{
    EXPECT_TRAITS(":", PROTOCOL);
    EXPECT_TRAITS(":/", PROTOCOL);
    EXPECT_TRAITS("a:", PROTOCOL);
    EXPECT_TRAITS("nbd://host/disk", PROTOCOL);
    EXPECT_TRAITS("a.qcow2:b", PROTOCOL);
    EXPECT_TRAITS("a;", RELATIVE);
    EXPECT_TRAITS("a9", RELATIVE);
    EXPECT_TRAITS("a/:", RELATIVE);
    EXPECT_TRAITS("./a:b", RELATIVE);
    EXPECT_TRAITS("a\0:", RELATIVE | HAS_NUL);
    EXPECT_TRAITS("a:\0", PROTOCOL | HAS_NUL);
}

static void a_name_is_absolute_or_relative(void)
{
    EXPECT_TRAITS("/", ABSOLUTE);
    EXPECT_TRAITS("//", ABSOLUTE);
    EXPECT_TRAITS("/etc/shadow", ABSOLUTE);
    EXPECT_TRAITS("/a:b", ABSOLUTE);
    EXPECT_TRAITS("/\0:", ABSOLUTE | HAS_NUL);
    EXPECT_TRAITS(".", RELATIVE);
    EXPECT_TRAITS("0/", RELATIVE);
    EXPECT_TRAITS("\\", RELATIVE);
    EXPECT_TRAITS("base.qcow2", RELATIVE);
}

static void a_name_has_a_set_of_descriptors(void)
{
    EXPECT_TRAITS("/dev/fdset", ABSOLUTE | FDSET);
    EXPECT_TRAITS("/dev/fdset/7", ABSOLUTE | FDSET);
    EXPECT_TRAITS("/dev/fdsets", ABSOLUTE | FDSET);
    EXPECT_TRAITS("a/dev/fdset/7", RELATIVE | FDSET);
    EXPECT_TRAITS("nbd:/dev/fdset/7", PROTOCOL | FDSET);
    EXPECT_TRAITS("json:{\"file.filename\": \"/dev/fdset/7\"}", JSON | FDSET);
    EXPECT_TRAITS("a\0/dev/fdset", RELATIVE | FDSET | HAS_NUL);
    EXPECT_TRAITS("/dev/dev/fdset", ABSOLUTE | FDSET);
    EXPECT_TRAITS("/dev/fdse", ABSOLUTE);
    EXPECT_TRAITS("/dev/fdse\0t", ABSOLUTE | HAS_NUL);
    EXPECT_TRAITS("/dev/fdseT", ABSOLUTE);
    EXPECT_TRAITS("dev/fdset/7", RELATIVE);
    EXPECT_TRAITS("/Dev/fdset/7", ABSOLUTE);
}

static void a_name_leads_to_a_parent(void)
{
    EXPECT_TRAITS("..", RELATIVE | PARENT);
    EXPECT_TRAITS("../a", RELATIVE | PARENT);
    EXPECT_TRAITS("a/..", RELATIVE | PARENT);
    EXPECT_TRAITS("a/../b", RELATIVE | PARENT);
    EXPECT_TRAITS("/..", ABSOLUTE | PARENT);
    EXPECT_TRAITS("file:..", PROTOCOL | PARENT);
    EXPECT_TRAITS("..:", PROTOCOL | PARENT);
    EXPECT_TRAITS("..\0", RELATIVE | PARENT | HAS_NUL);
    EXPECT_TRAITS("a\0..", RELATIVE | PARENT | HAS_NUL);
    EXPECT_TRAITS("a\0../b", RELATIVE | PARENT | HAS_NUL);
    EXPECT_TRAITS("a\0..b", RELATIVE | HAS_NUL);
    EXPECT_TRAITS(".", RELATIVE);
    EXPECT_TRAITS("./a", RELATIVE);
    EXPECT_TRAITS("...", RELATIVE);
    EXPECT_TRAITS("/...", ABSOLUTE);
    EXPECT_TRAITS("..a", RELATIVE);
    EXPECT_TRAITS("..9", RELATIVE);
    EXPECT_TRAITS("a..", RELATIVE);
    EXPECT_TRAITS("9../", RELATIVE);
    EXPECT_TRAITS("a/.", RELATIVE);
    EXPECT_TRAITS("./.", RELATIVE);
    EXPECT_TRAITS("a;..;b", RELATIVE);
}

static void a_name_has_dangerous_characters(void)
{
    static const uint8_t from_right_to_left[] = {'a', 0xe2, 0x80, 0xae, 'b'};
    EXPECT_TRAITS("a\x01", RELATIVE | CONTROL);
    EXPECT_TRAITS("\x1f", RELATIVE | CONTROL);
    EXPECT_TRAITS("a\x20~", RELATIVE);
    EXPECT_TRAITS("a\x7f", RELATIVE | CONTROL);
    EXPECT_TRAITS("a\xc2\x80", RELATIVE | CONTROL);
    EXPECT_TRAITS("a\xc2\x9f", RELATIVE | CONTROL);
    EXPECT_TRAITS("a\xc2\xa0", RELATIVE | INVISIBLE);
    EXPECT_TRAITS("a\xc2\xa1", RELATIVE);
    EXPECT_TRAITS("a\xc2\xac", RELATIVE);
    EXPECT_TRAITS("a\xc2\xad", RELATIVE | INVISIBLE);
    EXPECT_TRAITS("a\xc2\xae", RELATIVE);
    EXPECT_TRAITS("a\xe2\x80\x8b", RELATIVE | INVISIBLE);
    CHECK_EQUAL(traits_of(from_right_to_left, sizeof from_right_to_left), RELATIVE | INVISIBLE);
    EXPECT_TRAITS("\xf3\xa0\x80\x80", RELATIVE | INVISIBLE);
    EXPECT_TRAITS("\xf3\x9f\xbf\xbd", RELATIVE);
    EXPECT_TRAITS("\xc3\xa9\xe6\x97\xa5", RELATIVE);
    EXPECT_TRAITS("a\0", RELATIVE | HAS_NUL);
    EXPECT_TRAITS("a\xc0\x80", RELATIVE | NOT_UTF8);
    EXPECT_TRAITS("\xc0\x80", RELATIVE | NOT_UTF8);
    EXPECT_TRAITS("a\xed\xa0\x80", RELATIVE | NOT_UTF8);
    EXPECT_TRAITS("a\xe2\x80", RELATIVE | NOT_UTF8);
    EXPECT_TRAITS("a\xe2\x80\x01", RELATIVE | NOT_UTF8 | CONTROL);
    EXPECT_TRAITS("a\xe2\x80\0\xae", RELATIVE | NOT_UTF8 | HAS_NUL);
    EXPECT_TRAITS("\x9b", RELATIVE | NOT_UTF8);
    EXPECT_TRAITS("\xff:\x1b/../dev/fdset\0\xe2\x80\x8b",
                  PROTOCOL | NOT_UTF8 | CONTROL | PARENT | FDSET | HAS_NUL | INVISIBLE);
}

/* Of a name that begins with this byte. */
static uint32_t sort_of_byte(unsigned byte)
{
    switch (byte) {
    case '\0':
        return EMPTY;
    case ':':
        return PROTOCOL;
    case '/':
        return ABSOLUTE;
    default:
        return RELATIVE;
    }
}

/* At the start of a name and behind it. */
static void every_byte_has_its_traits(void)
{
    for (unsigned byte = 0; byte <= 0xff; byte++) {
        uint8_t first[] = {(uint8_t)byte, 'a'};
        uint8_t last[] = {'a', (uint8_t)byte};
        uint32_t traits = byte >= 0x80 ? NOT_UTF8 : 0;
        if (byte == 0) {
            traits = HAS_NUL;
        } else if (byte < 0x20 || byte == 0x7f) {
            traits = CONTROL;
        }
        CHECK_EQUAL(traits_of(first, sizeof first), traits | sort_of_byte(byte));
        CHECK_EQUAL(traits_of(last, sizeof last), traits | (byte == ':' ? PROTOCOL : RELATIVE));
    }
}

/* ------------------------------------------------------------------ length */

static uint64_t read_of(uint64_t length)
{
    return length < REFCOW_NAME_MAX ? length : REFCOW_NAME_MAX;
}

/* A name of a's, of which at most REFCOW_NAME_MAX bytes are there. */
static uint8_t *long_name(uint64_t length)
{
    uint8_t *name = block + ROOM - read_of(length);
    memset(name, 'a', (size_t)read_of(length));
    return name;
}

static void put(uint8_t *to, const char *text)
{
    for (; *text != '\0'; text++) {
        *to++ = (uint8_t)*text;
    }
}

static uint32_t of_length(uint64_t length)
{
    return length > REFCOW_NAME_MAX ? TOO_LONG : 0;
}

static void every_length_is_read_to_its_end(void)
{
    for (uint64_t length = 0; length <= REFCOW_NAME_MAX + 1; length++) {
        uint8_t *name = long_name(length);
        size_t end = (size_t)read_of(length);
        CHECK_EQUAL(refcow_name_traits(name, length), (end == 0 ? EMPTY : RELATIVE) | of_length(length));
        if (end < 2) {
            continue;
        }
        name[end - 1] = 1;
        CHECK_EQUAL(refcow_name_traits(name, length), RELATIVE | CONTROL | of_length(length));
        name[end - 1] = '\0';
        CHECK_EQUAL(refcow_name_traits(name, length), RELATIVE | HAS_NUL | of_length(length));
        name[end - 1] = ':';
        CHECK_EQUAL(refcow_name_traits(name, length), PROTOCOL | of_length(length));
        name[end - 1] = 0xf4;
        CHECK_EQUAL(refcow_name_traits(name, length), RELATIVE | NOT_UTF8 | of_length(length));
        name[end - 1] = '.';
        name[end - 2] = '/';
        CHECK_EQUAL(refcow_name_traits(name, length), (end == 2 ? ABSOLUTE : RELATIVE) | of_length(length));
    }
}

static void words_may_end_the_name(void)
{
    static const char fdset[] = "/dev/fdset";
    const size_t size = sizeof fdset - 1;
    for (uint64_t length = size + 1; length <= REFCOW_NAME_MAX + 1; length++) {
        uint8_t *name = long_name(length);
        size_t end = (size_t)read_of(length);
        put(name + end - size, fdset);
        CHECK_EQUAL(refcow_name_traits(name, length), RELATIVE | FDSET | of_length(length));
        put(name + end - size, "/dev/fdse/");
        CHECK_EQUAL(refcow_name_traits(name, length), RELATIVE | of_length(length));
        put(name + end - 3, "/..");
        CHECK_EQUAL(refcow_name_traits(name, length), RELATIVE | PARENT | of_length(length));
        put(name + end - 3, "\xe2\x80\x8b");
        CHECK_EQUAL(refcow_name_traits(name, length), RELATIVE | INVISIBLE | of_length(length));
    }
}

/* What is behind the first REFCOW_NAME_MAX bytes gives no trait, also if it is there. */
static void bytes_behind_the_longest_name_are_not_looked_at(void)
{
    static const uint64_t lengths[] = {REFCOW_NAME_MAX + 1, ROOM,           65535,          UINT32_MAX,
                                       UINT64_C(1) << 32,   UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX};
    uint8_t *name = block;
    for (size_t i = 0; i < LENGTH(lengths); i++) {
        CHECK_EQUAL(refcow_name_traits(long_name(lengths[i]), lengths[i]), RELATIVE | TOO_LONG);
        memset(name, 1, ROOM);
        memset(name, 'a', REFCOW_NAME_MAX);
        CHECK_EQUAL(refcow_name_traits(name, lengths[i]), RELATIVE | TOO_LONG);
        name[REFCOW_NAME_MAX] = ':';
        CHECK_EQUAL(refcow_name_traits(name, lengths[i]), RELATIVE | TOO_LONG);
        put(name + REFCOW_NAME_MAX - 2, "/.."); /* the last dot is behind */
        CHECK_EQUAL(refcow_name_traits(name, lengths[i]), RELATIVE | TOO_LONG);
        put(name + REFCOW_NAME_MAX - 3, "/..a"); /* the a is behind */
        CHECK_EQUAL(refcow_name_traits(name, lengths[i]), RELATIVE | PARENT | TOO_LONG);
        put(name + REFCOW_NAME_MAX - 9, "/dev/fdset"); /* the t is behind */
        CHECK_EQUAL(refcow_name_traits(name, lengths[i]), RELATIVE | TOO_LONG);
        put(name + REFCOW_NAME_MAX - 9, "aaaaaaaa\xc3\xa9"); /* half of a character is behind */
        CHECK_EQUAL(refcow_name_traits(name, lengths[i]), RELATIVE | NOT_UTF8 | TOO_LONG);
    }
}

/* Names of any kind: one sort each, no bit that is not a trait, and no trait of the bytes behind. */
static void any_name_has_one_sort(void)
{
    static const uint8_t pieces[] = {0,    ':',  '/',  '.',  'a',  'j',  's',  'o',  'n',  'd',
                                     'e',  'v',  'f',  't',  0x1b, ' ',  0x7f, 0x80, 0xbf, 0xc0,
                                     0xc2, 0xe2, 0xae, 0xed, 0xf0, 0xf4, 0xf8, 0xfc, 0xfe, 0xff};
    uint32_t state = 1;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t bytes[24];
        size_t length = round % (sizeof bytes + 1);
        for (size_t i = 0; i < length; i++) {
            state = state * 1664525 + 1013904223;
            bytes[i] = pieces[(state >> 16) % LENGTH(pieces)];
        }
        uint32_t traits = traits_of(bytes, length);
        uint32_t sort = traits & SORTS;
        CHECK(sort != 0 && (sort & (sort - 1)) == 0);
        CHECK_EQUAL(traits & ~(uint32_t)ALL_TRAITS, 0);
        CHECK_EQUAL((traits & EMPTY) != 0, length == 0 || bytes[0] == 0);
        CHECK_EQUAL((traits & HAS_NUL) != 0, memchr(bytes, 0, length) != NULL);
    }
}

void run_name_tests(void)
{
    RUN_WITH_BLOCK(every_code_point_is_decoded);
    RUN_WITH_BLOCK(edges_of_utf8);
    RUN_WITH_BLOCK(overlong_forms_are_invalid);
    RUN_WITH_BLOCK(some_bytes_begin_no_sequence);
    RUN_WITH_BLOCK(sequences_end_with_the_text);
    RUN_WITH_BLOCK(sequences_end_before_what_does_not_continue_them);
    RUN(every_code_point_has_a_shape_or_none);
    RUN(numbers_that_are_no_code_points_are_not_shapeless);
    RUN(traits_have_bits_and_words);
    RUN_WITH_BLOCK(a_name_is_empty);
    RUN_WITH_BLOCK(a_name_is_json);
    RUN_WITH_BLOCK(a_name_has_a_protocol);
    RUN_WITH_BLOCK(a_name_is_absolute_or_relative);
    RUN_WITH_BLOCK(a_name_has_a_set_of_descriptors);
    RUN_WITH_BLOCK(a_name_leads_to_a_parent);
    RUN_WITH_BLOCK(a_name_has_dangerous_characters);
    RUN_WITH_BLOCK(every_byte_has_its_traits);
    RUN_WITH_BLOCK(every_length_is_read_to_its_end);
    RUN_WITH_BLOCK(words_may_end_the_name);
    RUN_WITH_BLOCK(bytes_behind_the_longest_name_are_not_looked_at);
    RUN_WITH_BLOCK(any_name_has_one_sort);
}
