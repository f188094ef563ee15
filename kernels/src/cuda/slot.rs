//! A slot: the memory of one launch, and one captured graph for each size of it.
//!
//! Invariant: an answer is taken only if it is whole: its sequence is the launch's, its header came back as
//! it was sent, both kernels left their marks, every number is in range.
//!
//! The upload is one copy: `[control: 64 bytes][texts]`. The answer is one copy of
//! the control, then one of the sequence alone, which the processor waits for: what is copied first is
//! there first. Hits are written by the kernel into memory of the host.

#![expect(unsafe_code, reason = "pinned memory is read and written through pointers")]

use std::sync::atomic::{Ordering, fence};

use cudarc::driver::{result, sys};

use super::batch::{Answer, Hit};
use super::device::Load;
use super::families::{
    ANCHORS_MAX, BLOCK_BYTES, MAGIC, SCAN_THREADS, TILE_BYTES, VERIFY_THREADS, VERSION, failure,
};
use super::fault::Fault;
use super::memory::{DeviceMemory, Graph, PinnedMemory, Pinning, Stream};
use super::probe::checked;

/// Words of the control block in front of the texts: what `common.cuh` calls `Header` and `Outcome`, and
/// what only the host reads.
const CONTROL_WORDS: usize = 16;
const CONTROL_BYTES: usize = CONTROL_WORDS * 4;
/// The words of it. `Header` is the first eight, `Outcome` the two from `HITS` on.
const BLOCKS: usize = 2;
const HITS: usize = 8;
const FAILURE: usize = 9;
const SEQUENCE: usize = CONTROL_WORDS - 1;
/// What `Outcome` holds before the kernels have run; no run leaves it.
const UNTOUCHED: u32 = u32::MAX;

/// Bytes of texts of each size of a launch, the smallest first; the last is what a slot holds.
const BUCKETS: [usize; 4] = [64 << 10, 256 << 10, 1 << 20, 4 << 20];
/// One hit for so many bytes has room; texts with more are read on the processor.
const BYTES_A_HIT: usize = 8;

/// What a slot holds.
pub(super) const SLOT_BYTES_MAX: usize = 4 << 20;

/// The kernels and their tables.
#[derive(Clone, Copy)]
pub(super) struct Kernels {
    pub(super) scan: sys::CUfunction,
    pub(super) verify: sys::CUfunction,
    pub(super) tables: sys::CUdeviceptr,
}

/// What one launch needs for itself.
pub(super) struct Slot {
    graphs: Vec<Bucket>,
    stream: Stream,
    /// `[control][texts]`, written by the processor.
    input: PinnedMemory,
    /// `[control][sequence, at a block of its own]`, written by the device.
    output: PinnedMemory,
    hits: PinnedMemory,
    kernels: Kernels,
    at: Addresses,
    _memory: [DeviceMemory; 3],
}

struct Bucket {
    bytes: usize,
    graph: Graph,
}

/// Where each thing is on the device.
#[derive(Clone, Copy)]
struct Addresses {
    /// `[control][texts]`.
    input: sys::CUdeviceptr,
    anchors: sys::CUdeviceptr,
    counts: sys::CUdeviceptr,
    hits: sys::CUdeviceptr,
}

impl Slot {
    pub(super) fn new(kernels: Kernels, bytes: usize) -> Result<Slot, Fault> {
        let tiles = tiles_of(bytes);
        let input = PinnedMemory::new(CONTROL_BYTES + bytes, Pinning::WriteCombined)?;
        let output = PinnedMemory::new(2 * CONTROL_BYTES, Pinning::Mapped)?;
        let hits = PinnedMemory::new(hits_max(bytes) * size_of::<Hit>(), Pinning::Mapped)?;
        let device = DeviceMemory::new(CONTROL_BYTES + tiles * TILE)?;
        let anchors = DeviceMemory::new(tiles * ANCHORS_MAX as usize * size_of::<u16>())?;
        let counts = DeviceMemory::new(tiles * 4)?;
        let at = Addresses {
            input: device.address,
            anchors: anchors.address,
            counts: counts.address,
            hits: hits.device_address()?,
        };
        let (graphs, stream, memory) = (Vec::new(), Stream::new()?, [device, anchors, counts]);
        let mut slot = Slot { graphs, stream, input, output, hits, kernels, at, _memory: memory };
        for bucket in BUCKETS.into_iter().filter(|&bucket| bucket < bytes).chain([bytes]) {
            let graph = slot.stream.capture(|| {
                slot.record_upload(bucket)?;
                slot.record_kernels(bucket)?;
                slot.record_answer()
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
        let arrived = self.read(self.sequence_offset()) == load.sequence;
        // What was written before it is read after it.
        fence(Ordering::Acquire);
        arrived
    }

    /// Is everything done that was launched?
    pub(super) fn is_done(&self) -> Result<bool, Fault> {
        self.stream.is_done()
    }

    /// A graph of the kernels alone, `times` times: what is on the device is read from there.
    pub(super) fn resident(&self, bytes: usize, times: usize) -> Result<Graph, Fault> {
        self.stream.capture(|| (0..times).try_for_each(|_| self.record_kernels(bytes)))
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

    /// The two kernels, over what was uploaded.
    fn record_kernels(&self, bytes: usize) -> Result<(), Fault> {
        let (Addresses { input, anchors, counts, hits }, Kernels { scan, verify, tables }) =
            (self.at, self.kernels);
        let (text, outcome) = (input + CONTROL_BYTES as u64, input + HITS as u64 * 4);
        let (stream, grid) = (self.stream.raw, u32::try_from(tiles_of(bytes)).unwrap_or(u32::MAX));
        // pii_scan.cu: text, header, anchors, counts, outcome
        launch(scan, grid, SCAN_THREADS, stream, [text, input, anchors, counts, outcome])?;
        // pii_verify.cu: text, header, tables, anchors, counts, hits, outcome
        launch(verify, grid, VERIFY_THREADS, stream, [text, input, tables, anchors, counts, hits, outcome])
    }

    /// The answer of one launch, and its sequence behind it.
    fn record_answer(&self) -> Result<(), Fault> {
        let stream = self.stream.raw;
        // SAFETY: the output has room for the control block and one block more, and is read only after the
        // sequence has arrived.
        let answer = unsafe { std::slice::from_raw_parts_mut(self.output.bytes, CONTROL_BYTES) };
        // SAFETY: the control block is in the device's memory, which lives as long as the graph.
        let copied = unsafe { result::memcpy_dtoh_async(answer, self.at.input, stream) };
        checked("cuMemcpyDtoHAsync", copied)?;
        // SAFETY: the last block of the output, see above; nothing else is copied there.
        let word =
            unsafe { std::slice::from_raw_parts_mut(self.output.bytes.add(self.sequence_offset()), 4) };
        let sequence = self.at.input + SEQUENCE as u64 * 4;
        // SAFETY: the control block is in the device's memory, which lives as long as the graph.
        checked("cuMemcpyDtoHAsync", unsafe { result::memcpy_dtoh_async(word, sequence, stream) })
    }

    fn write_control(&mut self, load: Load) -> Result<(), Fault> {
        let control = self.control_of(load).ok_or(TOO_LARGE)?;
        let bytes: [u8; CONTROL_BYTES] = std::array::from_fn(|index| {
            control.get(index / 4).map_or(0, |word| word.to_le_bytes().get(index % 4).copied().unwrap_or(0))
        });
        // SAFETY: the input begins with a control block, and no launch of this slot is under way: it is
        // launched only from the state that `Ring` calls loaded, and once.
        unsafe { self.input.bytes.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        // SAFETY: the sequence of the launch before, in the output's last block; no launch is under way.
        unsafe { self.output.bytes.add(self.sequence_offset()).cast::<u32>().write_volatile(0) };
        Ok(())
    }

    /// `Header` and `Outcome` of `common.cuh`.
    fn control_of(&self, load: Load) -> Option<[u32; CONTROL_WORDS]> {
        let blocks = u32::try_from(load.bytes / BLOCK_BYTES as usize).ok()?;
        let hits_max = u32::try_from(self.hits.length / size_of::<Hit>()).ok()?;
        let mut control = [0; CONTROL_WORDS];
        for (index, value) in [
            (0, MAGIC),
            (1, VERSION),
            (BLOCKS, blocks),
            (3, hits_max),
            (HITS, UNTOUCHED),
            (FAILURE, UNTOUCHED),
        ] {
            *control.get_mut(index)? = value;
        }
        *control.get_mut(SEQUENCE)? = load.sequence;
        Some(control)
    }

    fn sequence_offset(&self) -> usize {
        self.output.length - CONTROL_BYTES
    }

    /// A word of the output.
    fn read(&self, offset: usize) -> u32 {
        if offset + 4 > self.output.length {
            return 0;
        }
        // SAFETY: inside of the output, as was just checked, and aligned: offsets are multiples of 4. The
        // device may write it at the same time, hence volatile.
        unsafe { self.output.bytes.add(offset).cast::<u32>().read_volatile() }
    }

    /// The answer of a launch that has arrived.
    pub(super) fn answer(&self, load: Load) -> Result<Answer, Fault> {
        let sent = self.control_of(load).unwrap_or_default();
        for (index, &value) in sent.iter().enumerate() {
            let came = self.read(index * 4);
            if index != HITS && index != FAILURE && came != value {
                return Err(Fault::Damaged("its header is not the one that was sent"));
            }
        }
        let (count, failed) = (self.read(HITS * 4), self.read(FAILURE * 4));
        if count == UNTOUCHED || failed == UNTOUCHED || failed & failure::LAYOUT != 0 {
            return Err(Fault::Damaged("the kernels have not run"));
        }
        if failed & !(failure::OVERFLOW | failure::LAYOUT) != 0 {
            return Err(Fault::Damaged("a failure that no kernel reports"));
        }
        let (count, room) = (count as usize, self.hits.length / size_of::<Hit>());
        match (failed & failure::OVERFLOW != 0, count > room) {
            (false, false) => {}
            (true, _) => return Ok(Answer::Overflow),
            (false, true) => return Err(Fault::Damaged("it has more hits than room for them")),
        }
        Ok(Answer::Hits(self.hits_of(load, count)?))
    }

    /// The hits in order of place.
    fn hits_of(&self, load: Load, count: usize) -> Result<Vec<Hit>, Fault> {
        // SAFETY: `count` is at most what there is room for (`answer`); the device has written the hits
        // before the sequence, which has arrived, and writes no more.
        let words = unsafe { std::slice::from_raw_parts(self.hits.bytes.cast::<[u32; 2]>(), count) };
        let mut hits: Vec<Hit> = words.iter().map(|&[place, families]| Hit { place, families }).collect();
        hits.sort_unstable_by_key(|hit| hit.place);
        let last_is_inside = hits.last().is_none_or(|last| (last.place as usize) < load.bytes);
        let each_once = hits.array_windows().all(|[left, right]| left.place < right.place);
        if last_is_inside && each_once && hits.iter().all(|hit| hit.families != 0) {
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

fn hits_max(bytes: usize) -> usize {
    bytes / BYTES_A_HIT
}

/// Gives one kernel to a stream; each parameter is an address.
fn launch<const N: usize>(
    kernel: sys::CUfunction,
    grid: u32,
    threads: u32,
    stream: sys::CUstream,
    mut parameters: [u64; N],
) -> Result<(), Fault> {
    let mut pointers = parameters.each_mut().map(|parameter| std::ptr::from_mut(parameter).cast());
    // SAFETY: the kernel takes these parameters (its header comment in cuda/, and the tests under the
    // stand-in driver, which compares them with the entry point); they are copied before this returns.
    let launched =
        unsafe { result::launch_kernel(kernel, (grid, 1, 1), (threads, 1, 1), 0, stream, &mut pointers) };
    checked("cuLaunchKernel", launched)
}
