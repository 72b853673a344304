// With refcow.wasm, which is compiled from refcow.c and glue.c: node verdict.js IMAGE
'use strict';
const fs = require('fs');
const path = require('path');

const file = fs.openSync(process.argv[2]);
let wasm;
const bytes = () => new Uint8Array(wasm.memory.buffer);

// The functions that the parser needs, where the compiler has not made instructions of them; and the source.
const host = {
  memcpy: (to, from, length) => (bytes().copyWithin(to, from, from + length), to),
  memmove: (to, from, length) => (bytes().copyWithin(to, from, from + length), to),
  memset: (to, byte, length) => (bytes().fill(byte, to, to + length), to),
  memcmp: (one, other, length) =>
    Buffer.compare(bytes().subarray(one, one + length), bytes().subarray(other, other + length)),
  read: (offset, buffer, length) =>
    fs.readSync(file, bytes(), buffer, length, Number(offset)) === length ? 0 : 1,
};

function text(address) {
  const end = bytes().indexOf(0, address);
  return Buffer.from(bytes().subarray(address, end)).toString();
}

const module_ = new WebAssembly.Module(fs.readFileSync(path.join(__dirname, 'refcow.wasm')));
wasm = new WebAssembly.Instance(module_, { env: host }).exports;

const size = fs.fstatSync(file, { bigint: true }).size;
const answer = new DataView(wasm.memory.buffer, wasm.check(size));
const status = answer.getUint32(0, true);
if (status !== 0) {
  console.log(`not checked: ${text(status)}`);
} else {
  const [corruptions, leaks, checkErrors] = [8, 16, 24].map((offset) => answer.getBigUint64(offset, true));
  console.log(`${text(answer.getUint32(4, true))}: ${corruptions} corruptions, ${leaks} leaks, ${checkErrors} check errors`);
}

const decided = new DataView(wasm.memory.buffer, wasm.gate(size));
const rules = Array.from({ length: decided.getUint32(4, true) }, (_, i) => text(decided.getUint32(8 + 4 * i, true)));
console.log(['gate:', text(decided.getUint32(0, true)), ...rules].join(' '));
