//! A slot: the memory of one launch, and one captured graph for each size of it.
//!
//! Invariant: an answer is taken only if it is whole: its sequence is the launch's, it is about as many blocks,
//! every number is in range, and the hits are in order.
//!
//! A launch is one kernel over `[control: 64 bytes][texts]`, behind a copy of them if they are many; few are read where
//! they are, in memory of the host, which saves the copy's start. What it finds it writes into memory of the host, the
//! sequence last, which the processor waits for.

#![expect(unsafe_code, reason = "pinned memory is read and written through pointers")]

use std::sync::atomic::{Ordering, fence};

use cudarc::driver::{result, sys};

use super::batch::Answer;
use super::device::Load;
use super::families::{BLOCK_BYTES, MAGIC, SCAN_THREADS, TILE_BYTES, VERSION, WARP, failure, family};
use super::fault::Fault;
use super::memory::{DeviceMemory, Graph, PinnedMemory, Pinning, Stream};
use super::probe::checked;

/// Words of the control block in front of the texts: what `common.cuh` calls `Header`.
const CONTROL_WORDS: usize = 16;
const CONTROL_BYTES: usize = CONTROL_WORDS * 4;
/// Words of what it calls `Outcome`.
const OUTCOME_WORDS: usize = 3;
/// Bytes of what it calls `Answer`, with those behind it that nobody uses, and of a `Span`.
const ANSWER_BYTES: usize = 64;
const SPAN_BYTES: usize = 8;
/// The words of an answer.
const BLOCKS: usize = 0;
const HITS: usize = 1;
const FAILURE: usize = 2;
const SEQUENCE: usize = 3;

/// Bytes of texts of each size of a launch, the smallest first; the last is what a slot holds.
const BUCKETS: [usize; 5] = [16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
/// Up to so many bytes are read where they are.
const MAPPED_MAX: usize = 64 << 10;
/// One hit for so many bytes has room; texts with more are read on the processor.
const BYTES_A_HIT: usize = 8;

/// What a slot holds.
pub(super) const SLOT_BYTES_MAX: usize = 4 << 20;

/// The kernel and its tables.
#[derive(Clone, Copy)]
pub(super) struct Kernel {
    pub(super) scan: sys::CUfunction,
    pub(super) tables: sys::CUdeviceptr,
}

/// What one launch needs for itself.
pub(super) struct Slot {
    graphs: Vec<Bucket>,
    stream: Stream,
    /// `[control][texts]`, written by the processor.
    input: PinnedMemory,
    /// `[answer][the span of each tile]`, written by the device.
    output: PinnedMemory,
    hits: PinnedMemory,
    kernel: Kernel,
    at: Addresses,
    _memory: [DeviceMemory; 2],
}

struct Bucket {
    bytes: usize,
    graph: Graph,
}

/// Where the device finds each thing.
#[derive(Clone, Copy)]
struct Addresses {
    /// `[control][texts]`, in memory of the host and in that of the device.
    mapped: sys::CUdeviceptr,
    input: sys::CUdeviceptr,
    outcome: sys::CUdeviceptr,
    hits: sys::CUdeviceptr,
    output: sys::CUdeviceptr,
}

impl Slot {
    pub(super) fn new(kernel: Kernel, bytes: usize) -> Result<Slot, Fault> {
        let tiles = tiles_of(bytes);
        let input = PinnedMemory::new(CONTROL_BYTES + bytes, Pinning::WriteCombined)?;
        let output = PinnedMemory::new(ANSWER_BYTES + tiles * SPAN_BYTES, Pinning::Mapped)?;
        let hits = PinnedMemory::new(hits_max(bytes) * size_of::<u32>(), Pinning::Mapped)?;
        let device = DeviceMemory::new(CONTROL_BYTES + bytes)?;
        let outcome = DeviceMemory::new(OUTCOME_WORDS * 4)?;
        let at = Addresses {
            mapped: input.device_address()?,
            input: device.address,
            outcome: outcome.address,
            hits: hits.device_address()?,
            output: output.device_address()?,
        };
        let (graphs, stream, memory) = (Vec::new(), Stream::new()?, [device, outcome]);
        let mut slot = Slot { graphs, stream, input, output, hits, kernel, at, _memory: memory };
        for bucket in BUCKETS.into_iter().filter(|&bucket| bucket < bytes).chain([bytes]) {
            let graph = slot.stream.capture(|| {
                if bucket <= MAPPED_MAX {
                    return slot.record_kernel(slot.at.mapped, bucket);
                }
                slot.record_upload(bucket)?;
                slot.record_kernel(slot.at.input, bucket)
            })?;
            slot.graphs.push(Bucket { bytes: bucket, graph });
        }
        slot.stream.wait()?;
        Ok(slot)
    }

    /// Where its texts are written.
    pub(super) fn lane(&self) -> (*mut u8, usize) {
        (self.input.bytes.wrapping_add(CONTROL_BYTES), self.input.length - CONTROL_BYTES)
    }

    /// Starts a launch.
    pub(super) fn launch(&mut self, load: Load) -> Result<(), Fault> {
        self.write_control(load)?;
        let bucket = self.graphs.iter().find(|bucket| load.bytes <= bucket.bytes).ok_or(TOO_LARGE)?;
        self.stream.launch(&bucket.graph)
    }

    /// Has the sequence of this launch arrived?
    pub(super) fn has_arrived(&self, load: Load) -> bool {
        let arrived = self.read(SEQUENCE) == load.sequence;
        // What was written before it is read after it.
        fence(Ordering::Acquire);
        arrived
    }

    /// Is everything done that was launched?
    pub(super) fn is_done(&self) -> Result<bool, Fault> {
        self.stream.is_done()
    }

    /// Uploads what the slot holds; a graph of the kernel alone, `times` times, over what is on the device then.
    pub(super) fn resident(&self, bytes: usize, times: usize) -> Result<Graph, Fault> {
        self.record_upload(bytes)?;
        self.stream.capture(|| (0..times).try_for_each(|_| self.record_kernel(self.at.input, bytes)))
    }

    /// Runs a graph of this slot to its end.
    pub(super) fn run(&self, graph: &Graph) -> Result<(), Fault> {
        self.stream.launch(graph)?;
        self.stream.wait()
    }

    /// The upload of one launch.
    fn record_upload(&self, bytes: usize) -> Result<(), Fault> {
        // SAFETY: the pinned memory holds a control block and at least `bytes` bytes; it is written only
        // while no launch of this slot is under way, and outlives the graph.
        let upload = unsafe { std::slice::from_raw_parts(self.input.bytes, CONTROL_BYTES + bytes) };
        // SAFETY: the device memory has the room (`Slot::new`) and outlives the graph.
        let copied = unsafe { result::memcpy_htod_async(self.at.input, upload, self.stream.raw) };
        checked("cuMemcpyHtoDAsync", copied)
    }

    /// The kernel, over `[control][texts]` there.
    fn record_kernel(&self, input: sys::CUdeviceptr, bytes: usize) -> Result<(), Fault> {
        let (Addresses { outcome, hits, output, .. }, Kernel { scan, tables }) = (self.at, self.kernel);
        let (text, spans) = (input + CONTROL_BYTES as u64, output + ANSWER_BYTES as u64);
        // pii_scan.cu: text, header, tables, hits, spans, outcome, answer
        launch(scan, grid(bytes), self.stream.raw, [text, input, tables, hits, spans, outcome, output])
    }

    fn write_control(&mut self, load: Load) -> Result<(), Fault> {
        let control = self.control_of(load).ok_or(TOO_LARGE)?;
        let bytes: [u8; CONTROL_BYTES] = std::array::from_fn(|index| {
            control.get(index / 4).map_or(0, |word| word.to_le_bytes().get(index % 4).copied().unwrap_or(0))
        });
        // SAFETY: the input begins with a control block, and no launch of this slot is under way: it is
        // launched only from the state that `Ring` calls loaded, and once.
        unsafe { self.input.bytes.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        let spans = (tiles_of(load.bytes) * SPAN_BYTES).min(self.output.length - ANSWER_BYTES);
        // SAFETY: the answer of the launch before and its spans, inside of the output; no launch is under way.
        unsafe { self.output.bytes.write_bytes(0, ANSWER_BYTES + spans) };
        Ok(())
    }

    /// `Header` of `common.cuh`.
    fn control_of(&self, load: Load) -> Option<[u32; CONTROL_WORDS]> {
        let mut control = [0; CONTROL_WORDS];
        let room = u32::try_from(self.room()).ok()?;
        let head = [MAGIC, VERSION, blocks_of(load)?, room, load.sequence, family::ALL];
        control.iter_mut().zip(head).for_each(|(word, value)| *word = value);
        Some(control)
    }

    /// How many hits there is room for.
    fn room(&self) -> usize {
        self.hits.length / size_of::<u32>()
    }

    /// A word of the output.
    fn read(&self, word: usize) -> u32 {
        if (word + 1) * 4 > self.output.length {
            return 0;
        }
        // SAFETY: inside of the output, as was just checked. The device may write it at the same time, hence
        // volatile.
        unsafe { self.output.bytes.cast::<u32>().add(word).read_volatile() }
    }

    /// The answer of a launch that has arrived.
    pub(super) fn answer(&self, load: Load) -> Result<Answer, Fault> {
        if Some(self.read(BLOCKS)) != blocks_of(load) {
            return Err(Fault::Damaged("it is about another slot"));
        }
        let (count, failed) = (self.read(HITS) as usize, self.read(FAILURE));
        match failed {
            0 if count <= self.room() => Ok(Answer::Hits(self.hits_of(load, count)?)),
            0 => Err(Fault::Damaged("it has more hits than room for them")),
            failure::OVERFLOW => Ok(Answer::Overflow),
            _ => Err(Fault::Damaged("the kernels are of another version")),
        }
    }

    /// The hits in order of place: those of the first tile, of the second, and so on.
    fn hits_of(&self, load: Load, count: usize) -> Result<Vec<u32>, Fault> {
        // SAFETY: `count` is at most what there is room for (`answer`); the device has written the hits
        // before the sequence, which has arrived, and writes no more.
        let places = unsafe { std::slice::from_raw_parts(self.hits.bytes.cast::<u32>(), count) };
        let mut hits: Vec<u32> = Vec::with_capacity(count);
        for tile in 0..tiles_of(load.bytes) {
            let span = ANSWER_BYTES / 4 + tile * (SPAN_BYTES / 4);
            let (first, length) = (self.read(span) as usize, self.read(span + 1) as usize);
            hits.extend(places.get(first..first.saturating_add(length)).unwrap_or_default());
        }
        let last_is_inside = hits.last().is_none_or(|&last| (last as usize) < load.bytes);
        let each_once = hits.array_windows().all(|[left, right]| left < right);
        if hits.len() == count && last_is_inside && each_once {
            Ok(hits)
        } else {
            Err(Fault::Damaged("a hit that no kernel reports"))
        }
    }
}

const TOO_LARGE: Fault = Fault::Damaged("a load is larger than its slot");
const TILE: usize = TILE_BYTES as usize;

fn tiles_of(bytes: usize) -> usize {
    bytes.div_ceil(TILE)
}

fn blocks_of(load: Load) -> Option<u32> {
    u32::try_from(load.bytes / BLOCK_BYTES as usize).ok()
}

/// Blocks of threads that give each tile a warp.
fn grid(bytes: usize) -> u32 {
    u32::try_from(tiles_of(bytes).div_ceil((SCAN_THREADS / WARP) as usize)).unwrap_or(u32::MAX)
}

fn hits_max(bytes: usize) -> usize {
    bytes / BYTES_A_HIT
}

/// Gives one kernel to a stream; each parameter is an address.
fn launch<const N: usize>(
    kernel: sys::CUfunction,
    grid: u32,
    stream: sys::CUstream,
    mut parameters: [u64; N],
) -> Result<(), Fault> {
    let mut pointers = parameters.each_mut().map(|parameter| std::ptr::from_mut(parameter).cast());
    // SAFETY: the kernel takes these parameters (its header comment in cuda/, and the tests under the
    // stand-in driver, which compares them with the entry point); they are copied before this returns.
    let launched = unsafe {
        result::launch_kernel(kernel, (grid, 1, 1), (SCAN_THREADS, 1, 1), 0, stream, &mut pointers)
    };
    checked("cuLaunchKernel", launched)
}
