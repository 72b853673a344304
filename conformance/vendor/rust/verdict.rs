// With the static library, and bindings that bindgen makes of refcow.h.
#[allow(dead_code, non_camel_case_types, non_upper_case_globals)]
mod refcow;

use refcow::*;
use std::ffi::{c_void, CStr};
use std::fs::File;
use std::os::raw::{c_char, c_int};
use std::os::unix::fs::FileExt;

const MEMORY_SIZE: usize = 1 << 20;

unsafe extern "C" fn read_file(user: *mut c_void, offset: u64, buffer: *mut c_void, length: usize) -> c_int {
    let bytes = std::slice::from_raw_parts_mut(buffer as *mut u8, length);
    (*(user as *const File)).read_exact_at(bytes, offset).is_err() as c_int
}

fn text(name: *const c_char) -> &'static str {
    unsafe { CStr::from_ptr(name) }.to_str().unwrap()
}

fn source_of(file: &File) -> std::io::Result<refcow_source> {
    Ok(refcow_source {
        read: Some(read_file),
        next_data: None,
        user: file as *const File as *mut c_void,
        size: file.metadata()?.len(),
        work: None,
        next_hole: None,
    })
}

fn options_with(memory: &mut [u8]) -> refcow_options {
    let mut options: refcow_options = unsafe { std::mem::zeroed() };
    options.memory = memory.as_mut_ptr() as *mut c_void;
    options.memory_size = memory.len();
    options
}

fn check(source: &refcow_source) -> Result<refcow_result, refcow_status> {
    let mut memory = vec![0u8; MEMORY_SIZE];
    let options = options_with(&mut memory);
    unsafe {
        let mut image: refcow_image = std::mem::zeroed();
        let mut result: refcow_result = std::mem::zeroed();
        let mut status = refcow_open(&mut image, std::mem::size_of_val(&image), REFCOW_VERSION, source);
        if status == refcow_status_REFCOW_STATUS_OK {
            status = refcow_check(&image, &options, &mut result);
        }
        if status == refcow_status_REFCOW_STATUS_OK { Ok(result) } else { Err(status) }
    }
}

/// The decision by the strict policy, and the broken rules.
fn gate(source: &refcow_source) -> (refcow_decision, Vec<refcow_rule>) {
    let mut memory = vec![0u8; MEMORY_SIZE];
    unsafe {
        let policy = refcow_policy_strict();
        let mut breaches: Vec<refcow_breach> = vec![std::mem::zeroed(); REFCOW_BREACHES_MAX as usize];
        let mut options: refcow_gate_options = std::mem::zeroed();
        let mut result: refcow_gate_result = std::mem::zeroed();
        options.policy = &policy;
        options.check = options_with(&mut memory);
        options.breaches = breaches.as_mut_ptr();
        options.breaches_capacity = breaches.len();
        refcow_gate(source, &options, &mut result, std::mem::size_of_val(&result), REFCOW_VERSION);
        let rules = breaches[..result.breaches_count].iter().map(|breach| breach.rule);
        (result.decision, rules.collect())
    }
}

fn main() -> std::io::Result<()> {
    let path = std::env::args_os().nth(1).expect("usage: verdict IMAGE");
    let file = File::open(path)?;
    let source = source_of(&file)?;
    match check(&source) {
        Err(status) => println!("not checked: {}", text(unsafe { refcow_status_name(status) })),
        Ok(result) => println!(
            "{}: {} corruptions, {} leaks, {} check errors",
            text(unsafe { refcow_verdict_name(result.verdict) }),
            result.corruptions, result.leaks, result.check_errors
        ),
    }
    let (decision, rules) = gate(&source);
    print!("gate: {}", text(unsafe { refcow_decision_name(decision) }));
    for rule in rules {
        print!(" {}", text(unsafe { refcow_rule_name(rule) }));
    }
    println!();
    Ok(())
}
