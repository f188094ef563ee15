//! Probe: is there a driver and a device that these kernels run on?
//!
//! Invariant: a [`Driver`] exists only after the library, each function of it that is called here, its
//! version, the device and its compute capability were looked at, in that order. `cudarc` panics without
//! the library or with a function missing, so nothing else here calls it without one.

#![expect(unsafe_code, reason = "the library is looked at before it is used")]

use std::sync::Arc;

use cudarc::driver::{CudaContext, result, sys};

use super::fault::{Fault, Unavailable};

/// The driver that the pinned compiler's output needs (CUDA 13.0 release notes, table 2).
const DRIVER: (i32, i32) = (13, 0);
/// The machine code in each fatbin, by compute capability; one runs on later minors of its major (CUDA C++
/// Programming Guide, binary compatibility).
const EMBEDDED: [(i32, i32); 6] = [(8, 0), (8, 6), (8, 9), (9, 0), (10, 0), (12, 0)];
/// The PTX in each fatbin: the driver compiles it for any device that is not older.
const PTX: (i32, i32) = (8, 0);

/// Every function of the library that is called from here, `cudarc`'s own calls included.
const CALLED: [&str; 33] = [
    "cuDriverGetVersion",
    "cuInit",
    "cuDeviceGetCount",
    "cuDeviceGet",
    "cuDeviceGetName",
    "cuDeviceGetAttribute",
    "cuDevicePrimaryCtxRetain",
    "cuDevicePrimaryCtxRelease_v2",
    "cuCtxGetCurrent",
    "cuCtxSetCurrent",
    "cuModuleLoadData",
    "cuModuleGetFunction",
    "cuModuleUnload",
    "cuMemAlloc_v2",
    "cuMemFree_v2",
    "cuMemHostAlloc",
    "cuMemHostGetDevicePointer_v2",
    "cuMemFreeHost",
    "cuMemsetD8_v2",
    "cuMemcpyHtoD_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuStreamCreate",
    "cuStreamQuery",
    "cuStreamSynchronize",
    "cuStreamDestroy_v2",
    "cuStreamBeginCapture_v2",
    "cuStreamEndCapture",
    "cuLaunchKernel",
    "cuGraphInstantiateWithFlags",
    "cuGraphUpload",
    "cuGraphLaunch",
    "cuGraphExecDestroy",
    "cuGraphDestroy",
];

/// A driver with a device that these kernels run on.
#[derive(Clone, Debug)]
pub(super) struct Driver {
    ordinal: i32,
    /// The device and its compute capability, for people.
    pub(super) name: String,
}

/// Looks for a device. The only way to the driver.
pub(super) fn probe() -> Result<Driver, Unavailable> {
    // SAFETY: opening the library runs its initialisers; it is the system's own driver.
    if !unsafe { sys::is_culib_present() } {
        return Err(Unavailable::NoLibrary);
    }
    if let Some(missing) = CALLED.into_iter().find(|name| !has(name)) {
        return Err(Unavailable::NoSymbol(missing));
    }
    let found = version()?;
    if found < DRIVER {
        return Err(Unavailable::OldDriver { found, wanted: DRIVER });
    }
    match init() {
        Err(Fault::Driver { code, .. }) if code == format!("{:?}", sys::CUresult::CUDA_ERROR_NO_DEVICE) => {
            return Err(Unavailable::NoDevice);
        }
        other => other?,
    }
    let count = checked("cuDeviceGetCount", result::device::get_count())?;
    let mut older = None;
    for ordinal in 0..count {
        match device(ordinal) {
            Err(Unavailable::Capability { major, minor }) => older = older.max(Some((major, minor))),
            other => return other,
        }
    }
    Err(older.map_or(Unavailable::NoDevice, |(major, minor)| Unavailable::Capability { major, minor }))
}

impl Driver {
    /// Opens the device's context and makes it current on this thread.
    #[expect(clippy::disallowed_methods, reason = "the one place: a Driver has been probed")]
    pub(super) fn open(&self) -> Result<Arc<CudaContext>, Fault> {
        let ordinal = usize::try_from(self.ordinal).unwrap_or(0);
        checked("cuDevicePrimaryCtxRetain", CudaContext::new(ordinal))
    }
}

/// Names the call in its error.
pub(super) fn checked<T>(call: &'static str, result: Result<T, result::DriverError>) -> Result<T, Fault> {
    // Not the error's own text: it asks the driver that has just failed for it.
    result.map_err(|error| Fault::Driver { call, code: format!("{:?}", error.0) })
}

#[expect(clippy::disallowed_methods, reason = "the one place: the library is there")]
fn has(name: &str) -> bool {
    // SAFETY: the library is there, and the function is looked up, not called.
    unsafe { sys::culib().get::<unsafe extern "C" fn()>(name.as_bytes()) }.is_ok()
}

fn version() -> Result<(i32, i32), Fault> {
    let mut version = 0;
    // SAFETY: the function is there, takes a place for a number, and may be called before cuInit.
    checked("cuDriverGetVersion", unsafe { sys::cuDriverGetVersion(&mut version) }.result())?;
    Ok((version / 1000, version % 1000 / 10))
}

#[expect(clippy::disallowed_methods, reason = "the one place: the library and its functions are there")]
fn init() -> Result<(), Fault> {
    checked("cuInit", result::init())
}

fn device(ordinal: i32) -> Result<Driver, Unavailable> {
    let device = checked("cuDeviceGet", result::device::get(ordinal))?;
    let attribute = |which| {
        // SAFETY: the device was given by the driver just now.
        checked("cuDeviceGetAttribute", unsafe { result::device::get_attribute(device, which) })
    };
    let major = attribute(sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
    let minor = attribute(sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
    if !is_embedded(major, minor) {
        return Err(Unavailable::Capability { major, minor });
    }
    let name = device_name(device)?;
    Ok(Driver { ordinal, name: format!("{name}, compute capability {major}.{minor}") })
}

/// Without `cudarc`, which panics on a name that is not UTF-8 or has no end.
fn device_name(device: sys::CUdevice) -> Result<String, Fault> {
    let mut name = [0_u8; 128];
    let length = i32::try_from(name.len() - 1).unwrap_or(0); // so that the last byte stays NUL
    // SAFETY: the driver writes at most `length` bytes to a buffer that has them.
    let code = unsafe { sys::cuDeviceGetName(name.as_mut_ptr().cast(), length, device) };
    checked("cuDeviceGetName", code.result())?;
    let end = name.iter().position(|&byte| byte == 0).unwrap_or(0);
    Ok(String::from_utf8_lossy(name.get(..end).unwrap_or_default()).into_owned())
}

fn is_embedded(major: i32, minor: i32) -> bool {
    EMBEDDED.iter().any(|&(own, first)| own == major && first <= minor) || PTX <= (major, minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_from_ampere_on_have_a_kernel_and_older_ones_have_none() {
        for (capability, expected) in [
            ((7, 0), false),
            ((7, 5), false),
            ((8, 0), true),
            ((8, 7), true),
            ((9, 0), true),
            ((11, 0), true),
            ((12, 1), true),
        ] {
            assert_eq!(is_embedded(capability.0, capability.1), expected, "{capability:?}");
        }
    }
}
