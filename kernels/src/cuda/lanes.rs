//! Lanes: where callers write their texts, in the pinned memory of each slot.
//!
//! Invariant: a text is written inside of its slot, in bytes that the ring gave to it alone, and with NUL
//! behind it.

#![expect(unsafe_code, reason = "pinned memory is written through pointers")]

use super::batch::{Place, room};

/// Where the texts of each slot are written. Pinned memory, which lives until the owner's thread ends.
#[derive(Debug)]
pub(super) struct Lanes(pub(super) Vec<(*mut u8, usize)>);

// SAFETY: the memory is written in places that the ring gives to one caller each, and lives until the last
// handle is dropped (`Cuda::drop`).
unsafe impl Send for Lanes {}
// SAFETY: as above.
unsafe impl Sync for Lanes {}

impl Lanes {
    /// Writes a text and the NULs behind it.
    pub(super) fn write(&self, place: &Place, text: &[u8]) {
        let Some(&(slot, length)) = self.0.get(place.slot) else { return };
        let room = room(text.len());
        if place.start.checked_add(room).is_none_or(|end| end > length) {
            return; // the ring gives no such place
        }
        // SAFETY: inside of the slot, as was just checked. The ring gave these bytes to this caller alone,
        // and the slot is neither launched nor given back before `Ring::written`.
        unsafe {
            let to = slot.add(place.start);
            to.copy_from_nonoverlapping(text.as_ptr(), text.len());
            to.add(text.len()).write_bytes(0, room - text.len());
        }
    }
}
