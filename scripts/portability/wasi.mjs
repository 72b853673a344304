// Run a program for WASI under Node: node wasi.mjs PROGRAM [ARGUMENT]... It sees the current folder.
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const args = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args, preopens: { '.': '.' }, returnOnExit: true });

// Called directly, from compiled code, Node 20.20 may collect garbage where it must not, and crash.
const calls = Object.entries(wasi.wasiImport).map(([name, call]) => [name, (...values) => call(...values)]);

const program = new WebAssembly.Module(readFileSync(args[0]));
const imports = { wasi_snapshot_preview1: Object.fromEntries(calls) };
process.exitCode = wasi.start(new WebAssembly.Instance(program, imports));
