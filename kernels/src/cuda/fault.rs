//! Why no device takes texts, and what went wrong with one that did.
//!
//! Invariant: an error here never loses a text: it sends it to the processor and says why. It names
//! calls and codes, never a content.

/// Why there is no CUDA engine. The text says whose move it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// The operator's: no driver is installed, or the process cannot see it.
    #[error("no libcuda.so.1: the NVIDIA driver is not installed, or not in the library path")]
    NoLibrary,
    /// The operator's: the library is none of NVIDIA's, or cut short.
    #[error("libcuda.so.1 has no {0}")]
    NoSymbol(&'static str),
    /// The operator's: the embedded kernels need a newer driver.
    #[error("driver {}.{} is older than {}.{}", found.0, found.1, wanted.0, wanted.1)]
    OldDriver {
        /// The CUDA version that the driver speaks: major and minor.
        found: (i32, i32),
        /// The first one that these kernels load in.
        wanted: (i32, i32),
    },
    /// The operator's: the machine has none, or hides it from the process.
    #[error("no device")]
    NoDevice,
    /// The machine's: its device is older than the oldest kernel.
    #[error("compute capability {major}.{minor} has no kernel here")]
    Capability {
        /// Of the device's compute capability.
        major: i32,
        /// Of the device's compute capability.
        minor: i32,
    },
    /// This program's: a table of the crate that the device has no room for.
    #[error("the tables do not fit the device: {0}")]
    Tables(&'static str),
    /// The operator's: options that no ring can be made from.
    #[error("{0}")]
    Options(&'static str),
    /// The device's, or its driver's.
    #[error("the device failed: {0}")]
    Failed(Fault),
    /// Ours, or the device's: what it finds is not what the processor finds, so it is not asked.
    #[error("the device failed its self-test: it found something else than the processor")]
    SelfTest,
}

/// What a device or its driver did wrong. After one, the device gets no more texts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A call of the driver came back with an error.
    #[error("{call} returned {code}")]
    Driver {
        /// The function of the driver.
        call: &'static str,
        /// The driver's name for the error.
        code: String,
    },
    /// A batch was not answered in time.
    #[error("no answer within {0} ms")]
    Timeout(u128),
    /// An answer came that no working device gives.
    #[error("its answer is damaged: {0}")]
    Damaged(&'static str),
    /// The thread that owns the device is gone.
    #[error("the thread that owns it has stopped")]
    Stopped,
}

impl From<Fault> for Unavailable {
    fn from(fault: Fault) -> Unavailable {
        Unavailable::Failed(fault)
    }
}

impl From<super::tables::Unfit> for Unavailable {
    fn from(unfit: super::tables::Unfit) -> Unavailable {
        Unavailable::Tables(unfit.0)
    }
}
