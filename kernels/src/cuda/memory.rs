//! What the driver gives: memory, streams, modules, graphs. Each is given back when it is dropped.
//!
//! Invariant: these live on the thread that owns the device, with its context current, and are dropped
//! there before the context. That a giving back fails is not reported: the device is lost by then.

#![expect(unsafe_code, reason = "the driver is called through pointers")]

use std::ffi::{CString, c_void};

use cudarc::driver::result::{self, stream::StreamKind};
use cudarc::driver::sys;

use super::fault::Fault;
use super::probe::checked;

/// Memory of the device.
pub(super) struct DeviceMemory {
    pub(super) address: sys::CUdeviceptr,
}

impl DeviceMemory {
    /// Zeros.
    pub(super) fn new(bytes: usize) -> Result<DeviceMemory, Fault> {
        // SAFETY: a context is current; the memory is written before anything reads it, just below.
        let address = checked("cuMemAlloc", unsafe { result::malloc_sync(bytes) })?;
        let memory = DeviceMemory { address };
        // SAFETY: the memory has that many bytes, and nothing else knows of it yet.
        checked("cuMemsetD8", unsafe { result::memset_d8_sync(address, 0, bytes) })?;
        Ok(memory)
    }

    /// A copy of `words`.
    pub(super) fn of(words: &[u32]) -> Result<DeviceMemory, Fault> {
        let memory = DeviceMemory::new(size_of_val(words).max(size_of::<u32>()))?;
        // SAFETY: the memory has at least the bytes of `words`; the copy is complete when the call returns.
        checked("cuMemcpyHtoD", unsafe { result::memcpy_htod_sync(memory.address, words) })?;
        Ok(memory)
    }
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        // SAFETY: the address was given by `malloc_sync` and is given back once; no launch is under way
        // (`Device::drop`).
        let _ = unsafe { result::free_sync(self.address) };
    }
}

/// How the processor and the device use pinned memory.
#[derive(Clone, Copy)]
pub(super) enum Pinning {
    /// Written by the processor, never read: past its caches, and quicker over the bus. A kernel may read it.
    WriteCombined,
    /// Written by the device, also from within a kernel, and read by the processor.
    Mapped,
}

/// Memory of the host that the device reaches.
pub(super) struct PinnedMemory {
    pub(super) bytes: *mut u8,
    pub(super) length: usize,
}

impl PinnedMemory {
    /// Zeros.
    pub(super) fn new(length: usize, pinning: Pinning) -> Result<PinnedMemory, Fault> {
        let flags = match pinning {
            Pinning::WriteCombined => sys::CU_MEMHOSTALLOC_WRITECOMBINED | sys::CU_MEMHOSTALLOC_DEVICEMAP,
            Pinning::Mapped => sys::CU_MEMHOSTALLOC_DEVICEMAP,
        };
        // SAFETY: a context is current; the memory is written before anything reads it, just below.
        let bytes = checked("cuMemHostAlloc", unsafe { result::malloc_host(length, flags) })?.cast::<u8>();
        let memory = PinnedMemory { bytes, length };
        // SAFETY: the memory has that many bytes, and nothing else knows of it yet.
        unsafe { bytes.write_bytes(0, length) };
        Ok(memory)
    }

    /// Where the device finds it.
    pub(super) fn device_address(&self) -> Result<sys::CUdeviceptr, Fault> {
        let mut address = 0;
        // SAFETY: the memory was given by `cuMemHostAlloc`, mapped, and is not given back yet.
        let code = unsafe { sys::cuMemHostGetDevicePointer_v2(&mut address, self.bytes.cast(), 0) };
        checked("cuMemHostGetDevicePointer", code.result())?;
        Ok(address)
    }
}

impl Drop for PinnedMemory {
    fn drop(&mut self) {
        // SAFETY: the memory was given by `malloc_host` and is given back once; no launch is under way
        // (`Device::drop`), and no caller writes to it any more (`Cuda::drop` has the last handle).
        let _ = unsafe { result::free_host(self.bytes.cast()) };
    }
}

/// A queue of work of the device.
pub(super) struct Stream {
    pub(super) raw: sys::CUstream,
}

impl Stream {
    pub(super) fn new() -> Result<Stream, Fault> {
        Ok(Stream { raw: checked("cuStreamCreate", result::stream::create(StreamKind::NonBlocking))? })
    }

    /// Is everything done that was given to it?
    pub(super) fn is_done(&self) -> Result<bool, Fault> {
        // SAFETY: the stream was created and is not destroyed before it is dropped.
        let code = unsafe { sys::cuStreamQuery(self.raw) };
        if code == sys::CUresult::CUDA_ERROR_NOT_READY {
            return Ok(false);
        }
        checked("cuStreamQuery", code.result()).map(|()| true)
    }

    /// Records what `work` gives to it, instead of doing it.
    pub(super) fn capture(&self, work: impl FnOnce() -> Result<(), Fault>) -> Result<Graph, Fault> {
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        // SAFETY: the stream is valid, and nothing else uses it.
        checked("cuStreamBeginCapture", unsafe { result::stream::begin_capture(self.raw, mode) })?;
        let worked = work();
        // SAFETY: the capture was begun above; it is ended also when the work failed.
        let graph = checked("cuStreamEndCapture", unsafe { result::stream::end_capture(self.raw) });
        worked?;
        let mut graph = Graph { graph: graph?, runnable: std::ptr::null_mut() };
        let flags = sys::CUgraphInstantiate_flags(0);
        // SAFETY: the graph was just captured and is owned by this value alone.
        let made = unsafe { result::graph::instantiate(graph.graph, flags) };
        graph.runnable = checked("cuGraphInstantiate", made)?;
        // SAFETY: both were created above and are not destroyed.
        let uploaded = unsafe { result::graph::upload(graph.runnable, self.raw) };
        checked("cuGraphUpload", uploaded)?;
        Ok(graph)
    }

    /// Starts a graph.
    pub(super) fn launch(&self, graph: &Graph) -> Result<(), Fault> {
        // SAFETY: both are valid; the memory that the graph speaks of lives as long as it does
        // (`device.rs`: it is dropped after the graphs).
        checked("cuGraphLaunch", unsafe { result::graph::launch(graph.runnable, self.raw) })
    }

    /// Waits until everything is done.
    pub(super) fn wait(&self) -> Result<(), Fault> {
        // SAFETY: the stream is valid.
        checked("cuStreamSynchronize", unsafe { result::stream::synchronize(self.raw) })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: the stream is valid and destroyed once.
        let _ = unsafe { result::stream::destroy(self.raw) };
    }
}

/// Work that was recorded once, to be done often.
pub(super) struct Graph {
    graph: sys::CUgraph,
    runnable: sys::CUgraphExec,
}

impl Drop for Graph {
    fn drop(&mut self) {
        if !self.runnable.is_null() {
            // SAFETY: it was instantiated and is destroyed once; no launch of it is under way.
            let _ = unsafe { result::graph::exec_destroy(self.runnable) };
        }
        if !self.graph.is_null() {
            // SAFETY: it was captured and is destroyed once.
            let _ = unsafe { result::graph::destroy(self.graph) };
        }
    }
}

/// Code of the device.
pub(super) struct Module {
    raw: sys::CUmodule,
}

impl Module {
    /// Loads a fatbin: the driver takes the machine code for its device, or compiles the PTX.
    pub(super) fn new(fatbin: &'static [u8]) -> Result<Module, Fault> {
        // SAFETY: a fatbin that was compiled into this program; its header says how long it is.
        let loaded = unsafe { result::module::load_data(fatbin.as_ptr().cast::<c_void>()) };
        Ok(Module { raw: checked("cuModuleLoadData", loaded)? })
    }

    /// The kernel of that name.
    pub(super) fn kernel(&self, name: &'static str) -> Result<sys::CUfunction, Fault> {
        let name = CString::new(name).unwrap_or_default();
        // SAFETY: the module is loaded.
        checked("cuModuleGetFunction", unsafe { result::module::get_function(self.raw, name) })
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // SAFETY: the module is loaded and unloaded once; no launch of its kernels is under way.
        let _ = unsafe { result::module::unload(self.raw) };
    }
}
