//! The device: its kernels, the memory of each slot, and one captured graph for each size of a slot.
//!
//! Invariant: everything here is made, used and dropped by the one thread that owns the device; nothing is
//! given back while a launch is under way. An answer is taken only if it is whole: its sequence is the
//! launch's, its header came back as it was sent, both kernels left their marks, every number is in range.
//!
//! A slot's upload is one copy: `[control: 64 bytes][texts]`. Its answer is one copy of
//! `[flags of tiles][control]`, then one of the sequence alone, which the processor waits for: what is
//! copied first is there first. Hits are written by the kernel into memory of the host.

#![expect(unsafe_code, reason = "pinned memory is read and written through pointers")]

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use cudarc::driver::{CudaContext, result, sys};

use super::batch::{Answer, Hit};
use super::families::{
    ANCHORS_MAX, BLOCK_BYTES, MAGIC, SCAN_THREADS, TILE_BYTES, VERIFY_THREADS, VERSION, failure,
};
use super::fatbin;
use super::fault::Fault;
use super::lanes::Lanes;
use super::memory::{DeviceMemory, Graph, Module, PinnedMemory, Pinning, Stream};
use super::probe::{Driver, checked};

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
/// What a slot holds.
pub(super) const SLOT_BYTES_MAX: usize = 4 << 20;
/// One hit for so many bytes has room; texts with more are read on the processor.
const BYTES_A_HIT: usize = 16;

/// One launch: what is in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    /// Which slot.
    pub(super) slot: usize,
    /// Bytes of texts and the NULs behind them, a multiple of a block.
    pub(super) bytes: usize,
    /// Counts launches; never 0.
    pub(super) sequence: u32,
}

/// A device that is ready.
pub(super) struct Device {
    // In the order in which they are dropped.
    slots: Vec<Slot>,
    _tables: DeviceMemory,
    _modules: [Module; 2],
    context: Arc<CudaContext>,
}

/// What one launch needs for itself.
struct Slot {
    graphs: Vec<Bucket>,
    stream: Stream,
    /// `[control][texts]`, written by the processor.
    input: PinnedMemory,
    /// `[flags of tiles][control][sequence, at a block of its own]`, written by the device.
    output: PinnedMemory,
    hits: PinnedMemory,
    _memory: [DeviceMemory; 3],
}

struct Bucket {
    bytes: usize,
    graph: Graph,
}

/// The kernels, and where each thing is on the device.
struct Addresses {
    scan: sys::CUfunction,
    verify: sys::CUfunction,
    tables: sys::CUdeviceptr,
    /// `[flags of tiles][control][texts]`.
    input: sys::CUdeviceptr,
    anchors: sys::CUdeviceptr,
    counts: sys::CUdeviceptr,
    hits: sys::CUdeviceptr,
}

impl Device {
    /// Loads the kernels and the tables, and records the graphs of `slots` slots.
    pub(super) fn new(driver: &Driver, tables: &[u32], slots: usize, bytes: usize) -> Result<Device, Fault> {
        let context = driver.open()?;
        let modules = [Module::new(fatbin::PII_SCAN)?, Module::new(fatbin::PII_VERIFY)?];
        let kernels = [modules[0].kernel("pii_scan")?, modules[1].kernel("pii_verify")?];
        let tables = DeviceMemory::of(tables)?;
        let slots: Vec<Slot> =
            (0..slots).map(|_| Slot::new(kernels, tables.address, bytes)).collect::<Result<_, _>>()?;
        // Memory is set to zero in the background, by another stream than those of the slots.
        checked("cuCtxSynchronize", result::ctx::synchronize())?;
        Ok(Device { slots, _tables: tables, _modules: modules, context })
    }

    /// Where the texts of each slot are written.
    pub(super) fn lanes(&self) -> Lanes {
        let lane =
            |slot: &Slot| (slot.input.bytes.wrapping_add(CONTROL_BYTES), slot.input.length - CONTROL_BYTES);
        Lanes(self.slots.iter().map(lane).collect())
    }

    /// Starts a launch.
    pub(super) fn launch(&mut self, load: Load) -> Result<(), Fault> {
        let slot = self.slots.get_mut(load.slot).ok_or(Fault::Damaged("there is no such slot"))?;
        slot.write_control(load)?;
        let bucket = slot.graphs.iter().find(|bucket| load.bytes <= bucket.bytes);
        let bucket = bucket.ok_or(Fault::Damaged("a load is larger than its slot"))?;
        slot.stream.launch(&bucket.graph)
    }

    /// Has the sequence of this launch arrived? Reads memory, and asks the driver nothing.
    pub(super) fn has_arrived(&self, load: Load) -> bool {
        self.slots.get(load.slot).is_some_and(|slot| {
            let arrived = slot.read(slot.sequence_offset()) == load.sequence;
            // What was written before it is read after it.
            fence(Ordering::Acquire);
            arrived
        })
    }

    /// Asks the driver whether a launch is done; an error of the device comes out here.
    pub(super) fn is_done(&self, load: Load) -> Result<bool, Fault> {
        self.slots.get(load.slot).map_or(Ok(false), |slot| slot.stream.is_done())
    }

    /// The answer of a launch that has arrived.
    pub(super) fn answer(&self, load: Load) -> Result<Answer, Fault> {
        self.slots.get(load.slot).ok_or(Fault::Damaged("there is no such slot"))?.answer(load)
    }

    /// Is nothing under way?
    pub(super) fn is_quiet(&self) -> Result<bool, Fault> {
        self.slots.iter().try_fold(true, |quiet, slot| Ok(slot.stream.is_done()? && quiet))
    }

    /// Leaves everything to the end of the process: a device that has not answered may still write.
    pub(super) fn abandon(self) {
        std::mem::forget(Arc::clone(&self.context));
        std::mem::forget(self);
    }
}

impl Slot {
    fn new(kernels: [sys::CUfunction; 2], tables: sys::CUdeviceptr, bytes: usize) -> Result<Slot, Fault> {
        let tiles = tiles_of(bytes);
        let input = PinnedMemory::new(CONTROL_BYTES + bytes, Pinning::WriteCombined)?;
        let output = PinnedMemory::new(tiles * 4 + 2 * CONTROL_BYTES, Pinning::Mapped)?;
        let hits = PinnedMemory::new(hits_max(bytes) * size_of::<Hit>(), Pinning::Mapped)?;
        let device = DeviceMemory::new(flags_room(bytes) + CONTROL_BYTES + tiles * TILE)?;
        let anchors = DeviceMemory::new(tiles * ANCHORS_MAX as usize * size_of::<u16>())?;
        let counts = DeviceMemory::new(tiles * 4)?;
        let [scan, verify] = kernels;
        let addresses = Addresses {
            scan,
            verify,
            tables,
            input: device.address + flags_room(bytes) as u64,
            anchors: anchors.address,
            counts: counts.address,
            hits: hits.device_address()?,
        };
        let stream = Stream::new()?;
        let mut slot =
            Slot { graphs: Vec::new(), stream, input, output, hits, _memory: [device, anchors, counts] };
        for bucket in BUCKETS.into_iter().filter(|&bucket| bucket < bytes).chain([bytes]) {
            let graph = slot.stream.capture(|| slot.record(&addresses, bucket))?;
            slot.graphs.push(Bucket { bytes: bucket, graph });
        }
        slot.stream.wait()?;
        Ok(slot)
    }

    /// Gives the work of one launch to the stream.
    fn record(&self, at: &Addresses, bytes: usize) -> Result<(), Fault> {
        let (stream, tiles) = (self.stream.raw, tiles_of(bytes));
        let flags = at.input - tiles as u64 * 4;
        // SAFETY: the pinned memory holds a control block and at least `bytes` bytes; it is written only
        // while no launch of this slot is under way, and outlives the graph.
        let upload = unsafe { std::slice::from_raw_parts(self.input.bytes, CONTROL_BYTES + bytes) };
        // SAFETY: the device memory has the room (`Slot::new`) and outlives the graph.
        checked("cuMemcpyHtoDAsync", unsafe { result::memcpy_htod_async(at.input, upload, stream) })?;
        let (text, outcome) = (at.input + CONTROL_BYTES as u64, at.input + HITS as u64 * 4);
        let grid = u32::try_from(tiles).unwrap_or(u32::MAX);
        // pii_scan.cu: text, header, anchors, counts, flags, outcome
        launch(at.scan, grid, SCAN_THREADS, stream, [text, at.input, at.anchors, at.counts, flags, outcome])?;
        // pii_verify.cu: text, header, tables, anchors, counts, hits, outcome
        let parameters = [text, at.input, at.tables, at.anchors, at.counts, at.hits, outcome];
        launch(at.verify, grid, VERIFY_THREADS, stream, parameters)?;
        // SAFETY: the output has room for the flags of all tiles, the control block and one block more, and
        // is read only after the sequence has arrived.
        let answer = unsafe { std::slice::from_raw_parts_mut(self.output.bytes, tiles * 4 + CONTROL_BYTES) };
        // SAFETY: flags and control stand side by side on the device; both live as long as the graph.
        checked("cuMemcpyDtoHAsync", unsafe { result::memcpy_dtoh_async(answer, flags, stream) })?;
        // SAFETY: the last block of the output, see above; nothing else is copied there.
        let word =
            unsafe { std::slice::from_raw_parts_mut(self.output.bytes.add(self.sequence_offset()), 4) };
        let sequence = at.input + SEQUENCE as u64 * 4;
        // SAFETY: the control block is in the device's memory, which lives as long as the graph.
        checked("cuMemcpyDtoHAsync", unsafe { result::memcpy_dtoh_async(word, sequence, stream) })
    }

    fn write_control(&mut self, load: Load) -> Result<(), Fault> {
        let control = self.control_of(load).ok_or(Fault::Damaged("a load is larger than its slot"))?;
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

    fn answer(&self, load: Load) -> Result<Answer, Fault> {
        let bucket = self.graphs.iter().find(|bucket| load.bytes <= bucket.bytes);
        let control_at = bucket.map_or(0, |bucket| tiles_of(bucket.bytes)) * 4;
        let sent = self.control_of(load).unwrap_or_default();
        for (index, &value) in sent.iter().enumerate() {
            let came = self.read(control_at + index * 4);
            if index != HITS && index != FAILURE && came != value {
                return Err(Fault::Damaged("its header is not the one that was sent"));
            }
        }
        let (count, failed) = (self.read(control_at + HITS * 4), self.read(control_at + FAILURE * 4));
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
        let flags = (0..tiles_of(load.bytes)).map(|tile| self.read(tile * 4)).collect();
        let hits = self.hits_of(load, count)?;
        Ok(Answer::Hits { hits, flags })
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

const TILE: usize = TILE_BYTES as usize;

fn tiles_of(bytes: usize) -> usize {
    bytes.div_ceil(TILE)
}

fn hits_max(bytes: usize) -> usize {
    bytes / BYTES_A_HIT
}

/// Bytes in front of the control block, so that it is aligned and the flags of any bucket fit.
fn flags_room(bytes: usize) -> usize {
    (tiles_of(bytes) * 4).next_multiple_of(256)
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
