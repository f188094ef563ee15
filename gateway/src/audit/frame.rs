//! Frame: how one record stands in a segment.
//!
//! Invariant: a frame is read only if it is whole: magic, length, sequence and CRC-32C over all of
//! it agree. Whatever the bytes, reading ends at the first that is not, and never panics.
//!
//! ```text
//! offset  0  magic     "INL1"
//!         4  length    u32 little-endian, bytes of the record (1..=65,535)
//!         8  sequence  u64 little-endian, the record's index in the log
//!        16  checksum  u32 little-endian, CRC-32C over bytes 0..16 and 20..
//!        20  0x00      RFC 6962's leaf prefix: hashing from here on gives the leaf hash
//!        21  record    RFC 8785 JSON
//! ```

use std::io::{self, Read};

/// Bytes before the record.
pub(super) const HEADER_BYTES: usize = 21;
/// C2SP tlog-tiles gives the length of an entry 16 bits.
pub(super) const RECORD_BYTES_MAX: usize = 65_535;
const FRAME_BYTES_MAX: usize = HEADER_BYTES + RECORD_BYTES_MAX;
const MAGIC: [u8; 4] = *b"INL1";
const CHECKSUM_AT: usize = 16;
const LEAF_AT: usize = 20;
/// How much is read from a segment at once: at least one whole frame.
const WINDOW_BYTES: usize = 512 * 1024;

/// A whole frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// The record's index in the log.
    pub(super) sequence: u64,
    /// Header and record.
    pub(super) bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// What RFC 6962 hashes for a leaf: 0x00 and the record.
    pub(super) fn leaf(&self) -> &'a [u8] {
        self.bytes.get(LEAF_AT..).unwrap_or_default()
    }

    /// The record.
    pub(super) fn record(&self) -> &'a [u8] {
        self.bytes.get(HEADER_BYTES..).unwrap_or_default()
    }
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Bad {
    /// They end before it does: what a crash in the middle of a write leaves.
    #[error("the frame is cut short")]
    Short,
    /// They do not start like one.
    #[error("no frame starts here")]
    Magic,
    /// No record is that long.
    #[error("the length of the frame is impossible")]
    Length,
    /// Something in it changed.
    #[error("the checksum of the frame does not match")]
    Checksum,
}

/// Appends a frame that has no sequence yet: [`seal`] gives it one.
pub(super) fn write_unsealed(record: &[u8], out: &mut Vec<u8>) {
    out.reserve(HEADER_BYTES + record.len());
    out.extend_from_slice(&[0; HEADER_BYTES]);
    out.extend_from_slice(record);
}

/// Gives a frame its place in the log.
pub(super) fn seal(frame: &mut [u8], sequence: u64) {
    let Some((header, record)) = frame.split_first_chunk_mut::<HEADER_BYTES>() else { return };
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
    let (head, tail) = header.split_at_mut(CHECKSUM_AT);
    let fields = MAGIC.into_iter().chain(length.to_le_bytes()).chain(sequence.to_le_bytes());
    head.iter_mut().zip(fields).for_each(|(byte, value)| *byte = value);
    let checksum = crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(head), &[0]), record);
    let fields = checksum.to_le_bytes().into_iter().chain([0]);
    tail.iter_mut().zip(fields).for_each(|(byte, value)| *byte = value);
}

/// Reads the frame that `bytes` start with.
pub(super) fn parse(bytes: &[u8]) -> Result<Frame<'_>, Bad> {
    let header = bytes.first_chunk::<HEADER_BYTES>().ok_or(Bad::Short)?;
    let length = record_bytes(header)?;
    let frame = bytes.get(..HEADER_BYTES + length).ok_or(Bad::Short)?;
    let (head, rest) = frame.split_at_checked(CHECKSUM_AT).ok_or(Bad::Short)?;
    let (checksum, leaf) = rest.split_first_chunk::<4>().ok_or(Bad::Short)?;
    let (_, sequence) = head.split_last_chunk::<8>().ok_or(Bad::Short)?;
    if crc32c::crc32c_append(crc32c::crc32c(head), leaf) != u32::from_le_bytes(*checksum)
        || leaf.first() != Some(&0)
    {
        return Err(Bad::Checksum);
    }
    Ok(Frame { sequence: u64::from_le_bytes(*sequence), bytes: frame })
}

fn record_bytes(header: &[u8; HEADER_BYTES]) -> Result<usize, Bad> {
    let (magic, rest) = header.split_first_chunk::<4>().ok_or(Bad::Short)?;
    let length = rest.first_chunk::<4>().ok_or(Bad::Short)?;
    if *magic != MAGIC {
        return Err(Bad::Magic);
    }
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Bad::Length)?;
    if length == 0 || length > RECORD_BYTES_MAX { Err(Bad::Length) } else { Ok(length) }
}

/// The frames in `bytes`, up to the first that is not whole.
pub(super) fn all(bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let frame = parse(rest).ok()?;
        rest = rest.get(frame.bytes.len()..)?;
        Some(frame)
    })
}

/// Reads frame after frame from a file, in bounded memory.
#[derive(Debug)]
pub(super) struct Reader<R> {
    source: R,
    window: Vec<u8>,
    start: usize,
    ended: bool,
    /// Bytes of whole frames read so far.
    consumed: u64,
}

impl<R: Read> Reader<R> {
    /// Reads from where `source` stands.
    pub(super) fn new(source: R) -> Reader<R> {
        Reader { source, window: Vec::new(), start: 0, ended: false, consumed: 0 }
    }

    /// Bytes of whole frames read so far: where the next one starts.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The next frame; nothing at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Frame<'_>, Bad>>> {
        if self.window.len() - self.start < FRAME_BYTES_MAX && !self.ended {
            self.fill()?;
        }
        let rest = self.window.get(self.start..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let frame = parse(rest);
        if let Ok(frame) = &frame {
            self.start += frame.bytes.len();
            self.consumed += frame.bytes.len() as u64;
        }
        Ok(Some(frame))
    }

    fn fill(&mut self) -> io::Result<()> {
        self.window.drain(..self.start);
        self.start = 0;
        let wanted = (WINDOW_BYTES - self.window.len().min(WINDOW_BYTES)) as u64;
        let read = self.source.by_ref().take(wanted).read_to_end(&mut self.window)?;
        self.ended = (read as u64) < wanted;
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(records: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Vec::new();
        for (sequence, record) in records.iter().enumerate() {
            let start = out.len();
            write_unsealed(record, &mut out);
            seal(&mut out[start..], sequence as u64);
        }
        out
    }

    fn read(bytes: &[u8]) -> (Vec<Vec<u8>>, u64, Option<Bad>) {
        let mut reader = Reader::new(bytes);
        let mut records = Vec::new();
        loop {
            match reader.next().unwrap() {
                Some(Ok(frame)) => records.push(frame.record().to_vec()),
                Some(Err(bad)) => return (records, reader.consumed(), Some(bad)),
                None => return (records, reader.consumed(), None),
            }
        }
    }

    #[test]
    fn a_frame_is_what_the_picture_says() {
        let bytes = frames(&[b"{}".to_vec()]);
        assert_eq!(bytes[..16], *b"INL1\x02\0\0\0\0\0\0\0\0\0\0\0");
        assert_eq!(bytes[20..], *b"\0{}");
        let mut covered = bytes[..16].to_vec();
        covered.extend_from_slice(b"\0{}");
        assert_eq!(bytes[16..20], crc32c::crc32c(&covered).to_le_bytes());
    }

    #[test]
    fn any_flipped_bit_ends_the_reading_there() {
        let good = frames(&[b"{\"a\":1}".to_vec(), b"{\"b\":2}".to_vec(), b"{}".to_vec()]);
        let second = HEADER_BYTES + 7;
        for bit in second * 8..2 * second * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let (records, consumed, bad) = read(&bytes);
            assert_eq!((records.len(), consumed), (1, second as u64), "bit {bit}");
            assert!(bad.is_some());
        }
    }

    #[test]
    fn records_larger_than_the_window_together_are_all_read() {
        let records: Vec<Vec<u8>> =
            (0..64_u8).map(|n| vec![n; RECORD_BYTES_MAX - usize::from(n) * 7]).collect();
        assert_eq!(read(&frames(&records)).0, records);
    }

    proptest! {
        /// Whatever stands behind whole frames, they are read, and only they.
        #[test]
        fn a_torn_tail_never_hides_or_adds_a_record(
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6),
            tail in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..60),
                prop::collection::vec(prop::sample::select(b"INL1\x00\x01\xff".to_vec()), 0..60),
            ],
        ) {
            let mut bytes = frames(&records);
            let whole = bytes.len() as u64;
            bytes.extend_from_slice(&tail);
            let (read, consumed, _) = read(&bytes);
            prop_assert_eq!(read, records);
            prop_assert_eq!(consumed, whole);
        }

        /// A file cut anywhere gives exactly the frames that are whole.
        #[test]
        fn a_cut_gives_a_prefix(
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = frames(&records);
            let cut = cut.index(bytes.len());
            let (read, consumed, _) = read(&bytes[..cut]);
            prop_assert_eq!(&read[..], &records[..read.len()]);
            prop_assert!(consumed <= cut as u64);
            prop_assert!(cut as u64 - consumed < (HEADER_BYTES + 40) as u64);
        }
    }
}
