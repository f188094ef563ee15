//! Kernels in the emulator, called without any driver: for comparing a kernel with its CPU twin.
//!
//! Invariant: a kernel gets exactly as many parameters, of exactly the sizes, as its source has.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::path::Path;
use std::{ptr, slice};

use crate::compile;

/// How many schedules a kernel is tested under: in order, in reverse, and shuffled ones.
pub(crate) const SCHEDULES: u64 = 16;

/// `emulator::Kernel` of emulator/block.h.
#[repr(C)]
struct Description {
    name: *const c_char,
    call: *const c_void,
    sizes: *const c_uint,
    count: c_uint,
    pointers: u64,
    shared: *const c_void,
    dynamic: *const c_void,
}

type Launch = unsafe extern "C" fn(
    *const Description,
    *const [c_uint; 3],
    *const [c_uint; 3],
    usize,
    *mut *mut c_void,
    u64,
);

unsafe extern "C" {
    fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}

/// A kernel that can be launched.
pub(crate) struct Kernel {
    description: &'static Description,
    launch: Launch,
}

/// A kernel's parameter.
pub(crate) enum Argument {
    Pointer(*mut c_void),
    U32(u32),
    U64(u64),
}

/// Memory that a kernel may touch: the byte behind it faults (up to 256 bytes later: is found when it is dropped).
pub(crate) struct Buffer<T> {
    start: *mut T,
    count: usize,
    free: unsafe extern "C" fn(*mut c_void) -> bool,
}

impl Kernel {
    /// Compiles the `.cu` file, if that was not done before, and finds the kernel `name` in it.
    pub(crate) fn new(source: &Path, name: &str) -> Kernel {
        let library = open(&compile::kernels(source));
        let description = symbol(library, &format!("emulator_kernel_{name}")).cast::<Description>();
        let launch = symbol(library, "emulator_launch");
        // SAFETY: the generated source defines a description under this name; the library is never closed.
        let description = unsafe { &*description };
        // SAFETY: the type is that of emulator_launch in emulator/block.h.
        let launch = unsafe { std::mem::transmute::<*mut c_void, Launch>(launch) };
        Kernel { description, launch }
    }

    /// Runs the grid under the schedule of `seed`: 0 in order, 1 in reverse, others shuffled.
    /// A mistake of the kernel ends the process with a report.
    pub(crate) fn launch(
        &self,
        grid: [u32; 3],
        block: [u32; 3],
        shared_bytes: usize,
        arguments: &[Argument],
        seed: u64,
    ) {
        let sizes = self.sizes();
        let given: Vec<usize> = arguments.iter().map(Argument::bytes).collect();
        assert_eq!(given, sizes, "parameters of {}, in bytes", self.name());
        let mut values: Vec<u64> = arguments.iter().map(Argument::bits).collect();
        let mut pointers: Vec<*mut c_void> =
            values.iter_mut().map(|value| ptr::from_mut(value).cast()).collect();
        // SAFETY: as many parameters as the kernel reads, and none larger than the eight bytes each points to.
        unsafe { (self.launch)(self.description, &grid, &block, shared_bytes, pointers.as_mut_ptr(), seed) }
    }

    fn sizes(&self) -> Vec<usize> {
        let description = self.description;
        // SAFETY: the description's `sizes` has `count` elements.
        let sizes = unsafe { slice::from_raw_parts(description.sizes, description.count as usize) };
        sizes.iter().map(|&size| size as usize).collect()
    }

    fn name(&self) -> String {
        // SAFETY: the name is a string literal of the generated source.
        unsafe { CStr::from_ptr(self.description.name) }.to_string_lossy().into_owned()
    }
}

impl Argument {
    fn bytes(&self) -> usize {
        match self {
            Argument::Pointer(_) | Argument::U64(_) => 8,
            Argument::U32(_) => 4,
        }
    }

    fn bits(&self) -> u64 {
        match self {
            Argument::Pointer(pointer) => pointer.addr() as u64,
            Argument::U32(value) => u64::from(*value),
            Argument::U64(value) => *value,
        }
    }
}

impl<T: Copy> Buffer<T> {
    /// A copy of `values`, which are not empty.
    pub(crate) fn from(values: &[T]) -> Buffer<T> {
        let library = open(&compile::libraries().join("libemulator.so"));
        let (allocate, free) = (symbol(library, "emulator_allocate"), symbol(library, "emulator_free"));
        // SAFETY: the type is that of emulator_allocate in emulator/memory.h.
        let allocate = unsafe {
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn(usize) -> *mut c_void>(allocate)
        };
        // SAFETY: the type is that of emulator_free in emulator/memory.h.
        let free =
            unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void) -> bool>(free) };
        // SAFETY: any size may be asked for; null is refused below.
        let start = unsafe { allocate(size_of_val(values)) }.cast::<T>();
        assert!(!start.is_null(), "{} bytes of guarded memory", size_of_val(values));
        // SAFETY: the allocation has the size of `values`, and was made just now.
        unsafe { ptr::copy_nonoverlapping(values.as_ptr(), start, values.len()) };
        Buffer { start, count: values.len(), free }
    }

    /// What a kernel is given.
    pub(crate) fn argument(&self) -> Argument {
        Argument::Pointer(self.start.cast())
    }

    /// A copy of what is in it.
    pub(crate) fn to_vec(&self) -> Vec<T> {
        // SAFETY: the allocation holds `count` values, of a type that is Copy, and no kernel runs now.
        unsafe { slice::from_raw_parts(self.start, self.count) }.to_vec()
    }
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        // SAFETY: `start` came from emulator_allocate and is freed once.
        let freed = unsafe { (self.free)(self.start.cast()) };
        assert!(freed, "a buffer was freed twice");
    }
}

fn open(library: &Path) -> *mut c_void {
    const NOW: c_int = 2; // RTLD_NOW: a missing symbol shows here
    let name = CString::new(library.to_str().expect("a path in UTF-8")).expect("no NUL in a path");
    // SAFETY: the library was made by this test; its constructors only initialise its own variables.
    let opened = unsafe { dlopen(name.as_ptr(), NOW) };
    assert!(!opened.is_null(), "{}", last_error());
    opened
}

fn symbol(library: *mut c_void, name: &str) -> *mut c_void {
    let c_name = CString::new(name).expect("no NUL in a symbol");
    // SAFETY: `library` came from dlopen and is never closed.
    let found = unsafe { dlsym(library, c_name.as_ptr()) };
    assert!(!found.is_null(), "{}", last_error());
    found
}

fn last_error() -> String {
    // SAFETY: dlerror returns a string or null.
    let text = unsafe { dlerror() };
    if text.is_null() {
        return "no error".to_owned();
    }
    // SAFETY: not null, so a string that stays until the next call in this thread.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
