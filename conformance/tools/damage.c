/*
 * damage - read and change the metadata of a QCOW2 image by name, to plant defects in it.
 *
 * This is a reading of the QCOW2 format of its own: it shares no code with the parser, so that a misreading on one side
 * cannot cancel itself out on the other. `damage --help` explains the language; README.md has examples.
 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: damage IMAGE STATEMENT [, STATEMENT]...\n"
    "\n"
    "Reads and changes the metadata of a QCOW2 image. A comma that stands alone separates statements.\n"
    "\n"
    "statements:\n"
    "  get VALUE               print a value in hexadecimal\n"
    "  set PLACE VALUE         write a value; it must fit\n"
    "  add PLACE VALUE         add to what is there; the sum must fit\n"
    "  subtract PLACE VALUE    subtract from what is there\n"
    "  set-bits PLACE VALUE    set the bits of VALUE, leave the others\n"
    "  clear-bits PLACE VALUE  clear the bits of VALUE, leave the others\n"
    "  flip-bits PLACE VALUE   turn over the bits of VALUE, leave the others\n"
    "  poke HOST HEXDIGITS     write bytes\n"
    "  fill HOST LENGTH BYTE   write the same byte LENGTH times\n"
    "  copy FROM TO LENGTH     copy bytes from host offset FROM to host offset TO\n"
    "  append COUNT            make the file COUNT clusters of zeros longer, starting at a cluster boundary\n"
    "  truncate SIZE           make the file SIZE bytes long\n"
    "  locate PLACE            print the host offset of a place in hexadecimal\n"
    "\n"
    "places (HOST is an offset in the file, GUEST one on the virtual disk; both may lie anywhere in a cluster):\n"
    "  header:FIELD            a header field by its name in the format: l1_size, cluster_bits, ...\n"
    "  refcount:HOST           the stored refcount of a host cluster, any width\n"
    "  refcount_table:INDEX    an entry of the refcount table\n"
    "  l1:INDEX                an entry of the active L1 table\n"
    "  l2:GUEST                an entry of an active L2 table (extended L2: its first word)\n"
    "  l2_bitmap:GUEST         extended L2: its second word\n"
    "  u8: u16: u32: u64:HOST  any big-endian number in the file\n"
    "\n"
    "values, joined by + and -:\n"
    "  123 0x7b 4K 1M 2G 1T    a number\n"
    "  3c                      three clusters, in bytes\n"
    "  2s                      what two L2 tables span on the virtual disk, in bytes\n"
    "  PLACE                   what stands there\n"
    "  host:GUEST              the host offset in an L2 entry, without flags\n"
    "  l2_table:INDEX          the host offset in an L1 entry, without flags\n"
    "  refcount_block:INDEX    the host offset in a refcount table entry\n"
    "  extension:TYPE          host offset of the contents of a header extension (length: u32:{extension:TYPE-4})\n"
    "  snapshot:INDEX          host offset of an entry of the snapshot table\n"
    "  bitmap:INDEX            host offset of an entry of the bitmap directory\n"
    "  end last free           the file's size; its last cluster; its first cluster with refcount 0\n"
    "  copied compressed zero  flags of L1 and L2 entries: bits 63, 62 and 0\n"
    "  max                     the largest refcount of the image's width\n"
    "  {VALUE}                 grouping: what follows a colon is one term\n"
    "\n"
    "example, one orphan and one leak:\n"
    "  damage disk.qcow2 set refcount:host:0 0 , append 1 , set refcount:last 1\n"
    "\n"
    "exit status: 0 done; 1 one line on stderr says what is wrong, and earlier statements have taken effect\n";

/* ------------------------------------------------------------ the image */

enum { NESTING_MAX = 16, CHUNK = 65536 };

/* The bits of an L1 or L2 entry and of a refcount table entry that hold a host offset. */
#define ENTRY_OFFSET UINT64_C(0x00fffffffffffe00)
#define BLOCK_OFFSET (~UINT64_C(0x1ff))
#define FLAG_COPIED (UINT64_C(1) << 63)
#define FLAG_COMPRESSED (UINT64_C(1) << 62)
#define FLAG_ZERO UINT64_C(1)

/* A number in the file: width bits, big-endian; less than 8 bits: starting at a bit of a byte, counted from the least
 * significant one. */
typedef struct place {
    uint64_t offset;
    unsigned bit;
    unsigned width;
} place;

static int image_fd = -1;
static const char *image_name = "";
static char statement_text[256] = "";

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
_Noreturn static void
fail(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "damage: %s: ", image_name);
    if (statement_text[0] != 0)
        fprintf(stderr, "%s: ", statement_text);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    if (b > UINT64_MAX - a)
        fail("0x%" PRIx64 " + 0x%" PRIx64 " is more than 64 bits", a, b);
    return a + b;
}

static uint64_t product(uint64_t a, uint64_t b)
{
    if (b != 0 && a > UINT64_MAX / b)
        fail("0x%" PRIx64 " times 0x%" PRIx64 " is more than 64 bits", a, b);
    return a * b;
}

static uint64_t file_size(void)
{
    struct stat status;

    if (fstat(image_fd, &status) != 0)
        fail("%s", strerror(errno));
    return (uint64_t)status.st_size;
}

static void need_inside_file(uint64_t offset, uint64_t length)
{
    uint64_t size = file_size();

    if (length > size || offset > size - length)
        fail("0x%" PRIx64 " bytes at 0x%" PRIx64 " are not inside the file, whose size is 0x%" PRIx64, length, offset,
             size);
}

static void read_file(uint64_t offset, void *buffer, size_t length)
{
    need_inside_file(offset, length);
    if (pread(image_fd, buffer, length, (off_t)offset) != (ssize_t)length)
        fail("cannot read %zu bytes at 0x%" PRIx64, length, offset);
}

static void write_file(uint64_t offset, const void *buffer, size_t length)
{
    need_inside_file(offset, length);
    if (pwrite(image_fd, buffer, length, (off_t)offset) != (ssize_t)length)
        fail("cannot write %zu bytes at 0x%" PRIx64, length, offset);
}

static void resize_file(uint64_t size)
{
    if (size > INT64_MAX)
        fail("0x%" PRIx64 " is no file size", size);
    if (ftruncate(image_fd, (off_t)size) != 0)
        fail("%s", strerror(errno));
}

/* --------------------------------------------------------------- places */

static uint64_t largest(unsigned width)
{
    return width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

static uint64_t load(place at)
{
    unsigned char bytes[8];
    size_t count = (at.width + 7) / 8;
    uint64_t value = 0;

    read_file(at.offset, bytes, count);
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value >> at.bit & largest(at.width);
}

static void store(place at, uint64_t value)
{
    unsigned char bytes[8];
    size_t count = (at.width + 7) / 8;

    if (value > largest(at.width))
        fail("0x%" PRIx64 " does not fit in %u bits", value, at.width);
    if (at.width < 8) {
        read_file(at.offset, bytes, 1);
        value = (bytes[0] & ~(largest(at.width) << at.bit)) | value << at.bit;
    }
    for (size_t i = count; i-- > 0; value >>= 8)
        bytes[i] = (unsigned char)(value & 0xff);
    write_file(at.offset, bytes, count);
}

static place number_at(uint64_t offset, unsigned width)
{
    place at = {offset, 0, width};

    return at;
}

static uint64_t load_number(uint64_t offset, unsigned width)
{
    return load(number_at(offset, width));
}

/* --------------------------------------------------------------- header */

static const struct header_field {
    const char *name;
    uint64_t offset;
    unsigned width;
} header_fields[] = {
    {"magic", 0, 32},
    {"version", 4, 32},
    {"backing_file_offset", 8, 64},
    {"backing_file_size", 16, 32},
    {"cluster_bits", 20, 32},
    {"size", 24, 64},
    {"crypt_method", 32, 32},
    {"l1_size", 36, 32},
    {"l1_table_offset", 40, 64},
    {"refcount_table_offset", 48, 64},
    {"refcount_table_clusters", 56, 32},
    {"nb_snapshots", 60, 32},
    {"snapshots_offset", 64, 64},
    {"incompatible_features", 72, 64},
    {"compatible_features", 80, 64},
    {"autoclear_features", 88, 64},
    {"refcount_order", 96, 32},
    {"header_length", 100, 32},
    {"compression_type", 104, 8},
};

static place header_place(const char *name)
{
    for (size_t i = 0; i < sizeof header_fields / sizeof header_fields[0]; i++) {
        const struct header_field *field = &header_fields[i];

        if (strcmp(field->name, name) != 0)
            continue;
        if (field->offset >= 72 && load_number(4, 32) == 2)
            fail("version 2 has no %s", name);
        if (field->offset >= 104 && load_number(100, 32) <= field->offset)
            fail("header_length ends before %s", name);
        return number_at(field->offset, field->width);
    }
    fail("the header has no field '%s'", name);
}

static uint64_t header(const char *name)
{
    return load(header_place(name));
}

static uint64_t cluster_size(void)
{
    uint64_t bits = header("cluster_bits");

    if (bits < 9 || bits > 21)
        fail("cluster_bits is %" PRIu64 ": clusters have no size", bits);
    return UINT64_C(1) << bits;
}

static unsigned refcount_width(void)
{
    uint64_t order = header("version") == 2 ? 4 : header("refcount_order");

    if (order > 6)
        fail("refcount_order is %" PRIu64 ": refcounts have no width", order);
    return 1u << order;
}

static int has_extended_l2(void)
{
    return header("version") != 2 && (header("incompatible_features") & 0x10) != 0;
}

/* --------------------------------------------------------------- tables */

static place refcount_table_place(uint64_t index)
{
    uint64_t entries = header("refcount_table_clusters") * (cluster_size() / 8);

    if (index >= entries)
        fail("the refcount table has %" PRIu64 " entries", entries);
    return number_at(sum(header("refcount_table_offset"), 8 * index), 64);
}

static place refcount_place(uint64_t host)
{
    unsigned width = refcount_width();
    uint64_t per_block = cluster_size() * 8 / width, cluster = host / cluster_size();
    uint64_t block = load(refcount_table_place(cluster / per_block)) & BLOCK_OFFSET;
    uint64_t bit = cluster % per_block * width;
    place at = {sum(block, bit / 8), (unsigned)(bit % 8), width};

    if (block == 0)
        fail("no refcount block covers host offset 0x%" PRIx64, host);
    return at;
}

static place l1_place(uint64_t index)
{
    uint64_t entries = header("l1_size");

    if (index >= entries)
        fail("the L1 table has %" PRIu64 " entries", entries);
    return number_at(sum(header("l1_table_offset"), 8 * index), 64);
}

static uint64_t l2_entry_size(void)
{
    return has_extended_l2() ? 16 : 8;
}

static uint64_t l2_span(void)
{
    return cluster_size() * (cluster_size() / l2_entry_size());
}

static place l2_place(uint64_t guest)
{
    uint64_t table = load(l1_place(guest / l2_span())) & ENTRY_OFFSET;
    uint64_t index = guest % l2_span() / cluster_size();

    if (table == 0)
        fail("no L2 table covers guest offset 0x%" PRIx64, guest);
    return number_at(sum(table, index * l2_entry_size()), 64);
}

static place l2_bitmap_place(uint64_t guest)
{
    place at = l2_place(guest);

    if (!has_extended_l2())
        fail("the image has no extended L2 entries");
    at.offset = sum(at.offset, 8);
    return at;
}

static uint64_t host_of(uint64_t guest)
{
    uint64_t entry = load(l2_place(guest));

    if ((entry & FLAG_COMPRESSED) != 0) /* the offset has 62 - (cluster_bits - 8) bits, the sectors those above */
        return entry & largest((unsigned)(70 - header("cluster_bits")));
    return entry & ENTRY_OFFSET;
}

static uint64_t first_free_cluster(void)
{
    uint64_t clusters = file_size() / cluster_size();

    for (uint64_t i = 0; i < clusters; i++) {
        if (load(refcount_place(i * cluster_size())) == 0)
            return i * cluster_size();
    }
    fail("no cluster of the file has refcount 0");
}

static uint64_t last_cluster(void)
{
    uint64_t size = file_size();

    if (size == 0)
        fail("the file is empty");
    return (size - 1) / cluster_size() * cluster_size();
}

static uint64_t extension_contents(uint64_t wanted)
{
    uint64_t at = header("version") == 2 ? 72 : header("header_length"), type;

    for (;;) {
        if (at > cluster_size() - 8)
            break;
        type = load_number(at, 32);
        if (type == wanted)
            return at + 8;
        if (type == 0)
            break;
        at += 8 + (load_number(at + 4, 32) + 7) / 8 * 8;
    }
    fail("the header has no extension 0x%" PRIx64, wanted);
}

static uint64_t round_up_8(uint64_t offset)
{
    return sum(offset, 7) / 8 * 8;
}

static uint64_t snapshot_entry(uint64_t index)
{
    uint64_t at = header("snapshots_offset");

    if (index >= header("nb_snapshots"))
        fail("the image has %" PRIu64 " snapshots", header("nb_snapshots"));
    while (index-- > 0)
        at = round_up_8(sum(at, 40 + load_number(at + 36, 32) + load_number(at + 12, 16) + load_number(at + 14, 16)));
    return at;
}

static uint64_t bitmap_entry(uint64_t index)
{
    uint64_t extension = extension_contents(0x23852875), at = load_number(extension + 16, 64);

    if (index >= load_number(extension, 32))
        fail("the image has %" PRIu64 " bitmaps", load_number(extension, 32));
    while (index-- > 0)
        at = round_up_8(sum(at, 24 + load_number(at + 20, 32) + load_number(at + 18, 16)));
    return at;
}

/* --------------------------------------------------------------- values */

static uint64_t parse_value(const char **text, unsigned nesting);

/* Take the name at the start of the text: lower-case letters, digits and underscores. */
static void parse_name(const char **text, char name[32])
{
    size_t length = 0;

    while (islower((unsigned char)**text) || isdigit((unsigned char)**text) || **text == '_') {
        if (length == 31)
            fail("a name is too long");
        name[length++] = *(*text)++;
    }
    name[length] = 0;
}

static uint64_t parse_number(const char **text)
{
    char *rest = NULL;
    uint64_t value, unit = 1;
    int has_unit = 1;

    errno = 0;
    value = strtoull(*text, &rest, (*text)[0] == '0' && (*text)[1] == 'x' ? 16 : 10);
    if (errno != 0 || rest == *text)
        fail("'%s' is no number of 64 bits", *text);
    switch (*rest) {
    case 'K':
        unit = UINT64_C(1) << 10;
        break;
    case 'M':
        unit = UINT64_C(1) << 20;
        break;
    case 'G':
        unit = UINT64_C(1) << 30;
        break;
    case 'T':
        unit = UINT64_C(1) << 40;
        break;
    case 'c':
        unit = cluster_size();
        break;
    case 's':
        unit = l2_span();
        break;
    default:
        has_unit = 0;
    }
    *text = rest + has_unit;
    return product(value, unit);
}

static uint64_t parse_term(const char **text, unsigned nesting);

/* What follows the colon of a name. */
static uint64_t parse_argument(const char **text, const char *name, unsigned nesting)
{
    if (**text != ':')
        fail("'%s' needs a colon and a value", name);
    (*text)++;
    return parse_term(text, nesting + 1);
}

/* Complete the place that a name begins. Returns 0 if no place has this name. */
static int parse_place(const char **text, const char *name, unsigned nesting, place *at)
{
    char field[32];

    if (strcmp(name, "header") == 0) {
        if (**text != ':')
            fail("'header' needs a colon and a field");
        (*text)++;
        parse_name(text, field);
        *at = header_place(field);
    } else if (strcmp(name, "refcount") == 0) {
        *at = refcount_place(parse_argument(text, name, nesting));
    } else if (strcmp(name, "refcount_table") == 0) {
        *at = refcount_table_place(parse_argument(text, name, nesting));
    } else if (strcmp(name, "l1") == 0) {
        *at = l1_place(parse_argument(text, name, nesting));
    } else if (strcmp(name, "l2") == 0) {
        *at = l2_place(parse_argument(text, name, nesting));
    } else if (strcmp(name, "l2_bitmap") == 0) {
        *at = l2_bitmap_place(parse_argument(text, name, nesting));
    } else if (strcmp(name, "u8") == 0) {
        *at = number_at(parse_argument(text, name, nesting), 8);
    } else if (strcmp(name, "u16") == 0) {
        *at = number_at(parse_argument(text, name, nesting), 16);
    } else if (strcmp(name, "u32") == 0) {
        *at = number_at(parse_argument(text, name, nesting), 32);
    } else if (strcmp(name, "u64") == 0) {
        *at = number_at(parse_argument(text, name, nesting), 64);
    } else {
        return 0;
    }
    return 1;
}

static uint64_t parse_named_value(const char **text, const char *name, unsigned nesting)
{
    place at;

    if (strcmp(name, "host") == 0)
        return host_of(parse_argument(text, name, nesting));
    if (strcmp(name, "l2_table") == 0)
        return load(l1_place(parse_argument(text, name, nesting))) & ENTRY_OFFSET;
    if (strcmp(name, "refcount_block") == 0)
        return load(refcount_table_place(parse_argument(text, name, nesting))) & BLOCK_OFFSET;
    if (strcmp(name, "extension") == 0)
        return extension_contents(parse_argument(text, name, nesting));
    if (strcmp(name, "snapshot") == 0)
        return snapshot_entry(parse_argument(text, name, nesting));
    if (strcmp(name, "bitmap") == 0)
        return bitmap_entry(parse_argument(text, name, nesting));
    if (strcmp(name, "end") == 0)
        return file_size();
    if (strcmp(name, "last") == 0)
        return last_cluster();
    if (strcmp(name, "free") == 0)
        return first_free_cluster();
    if (strcmp(name, "copied") == 0)
        return FLAG_COPIED;
    if (strcmp(name, "compressed") == 0)
        return FLAG_COMPRESSED;
    if (strcmp(name, "zero") == 0)
        return FLAG_ZERO;
    if (strcmp(name, "max") == 0)
        return largest(refcount_width());
    if (parse_place(text, name, nesting, &at))
        return load(at);
    fail("'%s' is no value", name);
}

static uint64_t parse_term(const char **text, unsigned nesting)
{
    char name[32];
    uint64_t value;

    if (nesting > NESTING_MAX)
        fail("a value is nested too deeply");
    if (isdigit((unsigned char)**text))
        return parse_number(text);
    if (**text == '{') {
        (*text)++;
        value = parse_value(text, nesting + 1);
        if (**text != '}')
            fail("'}' is missing before '%s'", *text);
        (*text)++;
        return value;
    }
    parse_name(text, name);
    if (name[0] == 0)
        fail("a value is missing before '%s'", *text);
    return parse_named_value(text, name, nesting);
}

static uint64_t parse_value(const char **text, unsigned nesting)
{
    uint64_t value = parse_term(text, nesting), term;

    while (**text == '+' || **text == '-') {
        char operation = *(*text)++;

        term = parse_term(text, nesting);
        if (operation == '-' && term > value)
            fail("0x%" PRIx64 " - 0x%" PRIx64 " is less than 0", value, term);
        value = operation == '+' ? sum(value, term) : value - term;
    }
    return value;
}

static uint64_t whole_value(const char *text)
{
    uint64_t value = parse_value(&text, 0);

    if (*text != 0)
        fail("'%s' is left over", text);
    return value;
}

static place whole_place(const char *text)
{
    char name[32];
    place at = {0, 0, 0};

    parse_name(&text, name);
    if (!parse_place(&text, name, 0, &at))
        fail("'%s' is no place", name);
    if (*text != 0)
        fail("'%s' is left over; a sum after a colon is written in {}", text);
    return at;
}

/* ----------------------------------------------------------- statements */

static void get(char **words)
{
    printf("0x%" PRIx64 "\n", whole_value(words[0]));
}

static void locate(char **words)
{
    printf("0x%" PRIx64 "\n", whole_place(words[0]).offset);
}

static void set(char **words)
{
    store(whole_place(words[0]), whole_value(words[1]));
}

static void add(char **words)
{
    place at = whole_place(words[0]);

    store(at, sum(load(at), whole_value(words[1])));
}

static void subtract(char **words)
{
    place at = whole_place(words[0]);
    uint64_t old = load(at), value = whole_value(words[1]);

    if (value > old)
        fail("only 0x%" PRIx64 " stands there", old);
    store(at, old - value);
}

static void set_bits(char **words)
{
    place at = whole_place(words[0]);

    store(at, load(at) | whole_value(words[1]));
}

static void clear_bits(char **words)
{
    place at = whole_place(words[0]);

    store(at, load(at) & ~whole_value(words[1]));
}

static void flip_bits(char **words)
{
    place at = whole_place(words[0]);

    store(at, load(at) ^ whole_value(words[1]));
}

static unsigned hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit == 0 ? NULL : strchr(digits, tolower((unsigned char)digit));

    if (found == NULL)
        fail("bytes are written as pairs of hexadecimal digits");
    return (unsigned)(found - digits);
}

static void poke(char **words)
{
    uint64_t offset = whole_value(words[0]);
    const char *digits = words[1];
    size_t length = strlen(digits);

    if (length == 0 || length % 2 != 0)
        fail("bytes are written as pairs of hexadecimal digits");
    for (size_t i = 0; i < length; i++)
        hex_digit(digits[i]); /* before anything is written */
    need_inside_file(offset, length / 2);
    for (size_t i = 0; i < length; i += 2)
        store(number_at(offset + i / 2, 8), hex_digit(digits[i]) << 4 | hex_digit(digits[i + 1]));
}

static void fill(char **words)
{
    static unsigned char chunk[CHUNK];
    uint64_t offset = whole_value(words[0]), length = whole_value(words[1]), value = whole_value(words[2]);

    if (value > 0xff)
        fail("0x%" PRIx64 " is no byte", value);
    need_inside_file(offset, length);
    memset(chunk, (int)value, sizeof chunk);
    while (length > 0) {
        size_t part = length < CHUNK ? (size_t)length : CHUNK;

        write_file(offset, chunk, part);
        offset += part;
        length -= part;
    }
}

static void copy(char **words)
{
    static unsigned char chunk[CHUNK];
    uint64_t from = whole_value(words[0]), to = whole_value(words[1]), length = whole_value(words[2]);

    need_inside_file(from, length);
    need_inside_file(to, length);
    if (from < to && to - from < length)
        fail("the ranges overlap");
    while (length > 0) {
        size_t part = length < CHUNK ? (size_t)length : CHUNK;

        read_file(from, chunk, part);
        write_file(to, chunk, part);
        from += part;
        to += part;
        length -= part;
    }
}

static void append(char **words)
{
    uint64_t clusters = sum(file_size(), cluster_size() - 1) / cluster_size();

    resize_file(product(sum(clusters, whole_value(words[0])), cluster_size()));
}

static void truncate_file(char **words)
{
    resize_file(whole_value(words[0]));
}

static const struct statement {
    const char *name;
    int words;
    void (*run)(char **words);
} statements[] = {
    {"get", 1, get},
    {"set", 2, set},
    {"add", 2, add},
    {"subtract", 2, subtract},
    {"set-bits", 2, set_bits},
    {"clear-bits", 2, clear_bits},
    {"flip-bits", 2, flip_bits},
    {"poke", 2, poke},
    {"fill", 3, fill},
    {"copy", 3, copy},
    {"append", 1, append},
    {"truncate", 1, truncate_file},
    {"locate", 1, locate},
};

/* Remember the words of a statement for messages. */
static void note_statement(char **words, int count)
{
    size_t length = 0;

    statement_text[0] = 0;
    for (int i = 0; i < count && length < sizeof statement_text; i++) {
        int more =
            snprintf(statement_text + length, sizeof statement_text - length, "%s%s", i > 0 ? " " : "", words[i]);

        length += more > 0 ? (size_t)more : 0;
    }
}

static void run_statement(char **words, int count)
{
    note_statement(words, count);
    if (count == 0)
        fail("a statement is missing");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        if (strcmp(statements[i].name, words[0]) != 0)
            continue;
        if (count - 1 != statements[i].words)
            fail("'%s' takes %d words", words[0], statements[i].words);
        statements[i].run(words + 1);
        return;
    }
    fail("'%s' is no statement", words[0]);
}

int main(int argc, char **argv)
{
    int first = 2;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return 0;
    }
    if (argc < 3) {
        fputs("damage: an image and a statement are needed; see damage --help\n", stderr);
        return 1;
    }
    image_name = argv[1];
    image_fd = open(image_name, O_RDWR | O_CLOEXEC);
    if (image_fd < 0)
        fail("%s", strerror(errno));
    for (int i = 2; i <= argc; i++) {
        if (i < argc && strcmp(argv[i], ",") != 0)
            continue;
        run_statement(argv + first, i - first);
        first = i + 1;
    }
    if (fflush(stdout) != 0 || close(image_fd) != 0)
        fail("%s", strerror(errno));
    return 0;
}
