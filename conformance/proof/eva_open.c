/*
 * eva_open.c - opening, the lists, the plan and the names, with any source. What a check relies on is asserted here.
 */
#include "any.h"

static void open_image(refcow_image *image)
{
    refcow_source source = any_source();
    refcow_open(image, sizeof *image, REFCOW_VERSION, &source);
}

static void misuse(refcow_image *image)
{
    refcow_source source = any_source();
    source.read = NULL;
    refcow_open(image, sizeof *image, REFCOW_VERSION, &source);
    refcow_open(image, sizeof *image, REFCOW_VERSION, NULL);
    refcow_open(NULL, sizeof *image, REFCOW_VERSION, &source);
    refcow_open(image, Frama_C_size_t_interval(0, SIZE_MAX), (uint32_t)Frama_C_interval(INT_MIN, INT_MAX), &source);
}

static void list(void)
{
    refcow_image image;
    refcow_extension extension;
    refcow_snapshot snapshot;
    refcow_bitmap bitmap;
    static uint8_t bytes[100];
    any_image(&image);
    Frama_C_make_unknown((char *)&extension, sizeof extension);
    Frama_C_make_unknown((char *)&snapshot, sizeof snapshot);
    Frama_C_make_unknown((char *)&bitmap, sizeof bitmap);
    refcow_next_extension(Frama_C_interval(0, 1) ? &image : NULL, Frama_C_interval(0, 1) ? &extension : NULL);
    refcow_next_snapshot(Frama_C_interval(0, 1) ? &image : NULL, Frama_C_interval(0, 1) ? &snapshot : NULL);
    refcow_next_bitmap(Frama_C_interval(0, 1) ? &image : NULL, Frama_C_interval(0, 1) ? &bitmap : NULL);
    refcow_read_bytes(Frama_C_interval(0, 1) ? &image : NULL, any64(), Frama_C_interval(0, 1) ? bytes : NULL,
                      Frama_C_size_t_interval(1, sizeof bytes));
}

static void plan(void)
{
    refcow_image image;
    refcow_plan plan;
    any_image(&image);
    refcow_plan_memory(Frama_C_interval(0, 1) ? &image : NULL, any64(), Frama_C_interval(0, 1) ? &plan : NULL);
}

static void name(void)
{
    int number = Frama_C_interval(-1, 200);
    refcow_version();
    refcow_status_name((refcow_status)number);
    refcow_status_text((refcow_status)number);
    refcow_kind_name((refcow_kind)number);
    refcow_kind_text((refcow_kind)number);
    refcow_kind_rule((refcow_kind)number);
    refcow_kind_severity((refcow_kind)number);
    refcow_role_name((refcow_role)number);
    refcow_verdict_name((refcow_verdict)number);
}

int main(void)
{
    refcow_image image;
    open_image(&image);
    misuse(&image);
    list();
    plan();
    name();
    return 0;
}
