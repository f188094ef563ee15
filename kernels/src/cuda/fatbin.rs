//! The kernels as machine code for each device, and as PTX for later ones.
//!
//! Invariant: made from `cuda/*.cu` by `cuda/build`, which also says whether they still are.

/// At an address that a multiple of 16, as the driver wants it.
#[repr(align(16))]
struct Aligned<B: ?Sized>(B);

macro_rules! fatbin {
    ($name:literal) => {{
        static CODE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!("../../cuda/bin/", $name, ".fatbin")));
        &CODE.0
    }};
}

/// `cuda/pii_scan.cu`
pub(super) static PII_SCAN: &[u8] = fatbin!("pii_scan");
