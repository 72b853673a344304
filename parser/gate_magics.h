#define MAGIC_DMG 20u
