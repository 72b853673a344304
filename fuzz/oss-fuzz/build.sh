#!/bin/bash -eu
# What OSS-Fuzz and ClusterFuzzLite run in their container: every harness, its seeds, its dictionary and its options go
# to $OUT. They set SRC, OUT, the compilers, the flags and the engine. scripts/simulate-oss-fuzz does so here.
cd "$SRC/refcow"

make clean
make -j"$(nproc)" harnesses

for harness in build/harnesses/fuzz_*; do
    name=$(basename "$harness")
    cp "$harness" "fuzz/harnesses/$name.options" "$OUT/"
    cp fuzz/engines/qcow2.dict "$OUT/$name.dict"
    zip -q -j "$OUT/${name}_seed_corpus.zip" corpus/*/*.qcow2 fuzz/sparse/*
done
