// With the static library, and bindings that bindgen makes of refcow.h.
#[allow(dead_code, non_camel_case_types, non_upper_case_globals)]
mod refcow;

use refcow::*;
use std::ffi::{c_void, CStr};
use std::fs::File;
use std::os::raw::{c_char, c_int};
use std::os::unix::fs::FileExt;

unsafe extern "C" fn read_file(user: *mut c_void, offset: u64, buffer: *mut c_void, length: usize) -> c_int {
    let bytes = std::slice::from_raw_parts_mut(buffer as *mut u8, length);
    (*(user as *const File)).read_exact_at(bytes, offset).is_err() as c_int
}

fn text(name: *const c_char) -> &'static str {
    unsafe { CStr::from_ptr(name) }.to_str().unwrap()
}

fn check(file: &File) -> std::io::Result<Result<refcow_result, refcow_status>> {
    let source = refcow_source {
        read: Some(read_file),
        next_data: None,
        user: file as *const File as *mut c_void,
        size: file.metadata()?.len(),
        work: None,
    };
    let mut memory = vec![0u8; 1 << 20];
    Ok(unsafe {
        let mut image: refcow_image = std::mem::zeroed();
        let mut options: refcow_options = std::mem::zeroed();
        let mut result: refcow_result = std::mem::zeroed();
        options.memory = memory.as_mut_ptr() as *mut c_void;
        options.memory_size = memory.len();
        let mut status = refcow_open(&mut image, std::mem::size_of_val(&image), REFCOW_VERSION, &source);
        if status == refcow_status_REFCOW_STATUS_OK {
            status = refcow_check(&image, &options, &mut result);
        }
        if status == refcow_status_REFCOW_STATUS_OK { Ok(result) } else { Err(status) }
    })
}

fn main() -> std::io::Result<()> {
    let path = std::env::args_os().nth(1).expect("usage: verdict IMAGE");
    match check(&File::open(path)?)? {
        Err(status) => println!("not checked: {}", text(unsafe { refcow_status_name(status) })),
        Ok(result) => println!(
            "{}: {} corruptions, {} leaks, {} check errors",
            text(unsafe { refcow_verdict_name(result.verdict) }),
            result.corruptions, result.leaks, result.check_errors
        ),
    }
    Ok(())
}
