//! Redaction of a slot: which bytes of the new texts come from where.
//!
//! Invariant: a plan exists only for places that are in order, apart and inside of their texts, and for a
//! slot whose bytes a `u32` can count; [`apply`] then gives what `cuda/redact.cu` gives.

use super::families::BLOCK_BYTES;

/// The replacement of what is only placed, not replaced: it is empty.
pub(crate) const NOTHING: u32 = 0;

/// One place and what is written instead, as `cuda/redact.cu` reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Edit {
    /// First byte of the slot that is replaced.
    pub(crate) start: u32,
    /// The byte after the last one.
    pub(crate) end: u32,
    /// Which replacement is written.
    pub(crate) replacement: u32,
    /// Where, in the new slot.
    pub(crate) out: u32,
}

/// Where a text stands in a slot, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) start: u32,
    pub(crate) length: u32,
}

/// A place of a text and its replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// In bytes of its text.
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) replacement: u32,
}

/// Everything that the device needs beside the texts and the replacements.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) edits: Vec<Edit>,
    /// Where the new texts stand.
    pub(crate) texts: Vec<Extent>,
    pub(crate) out_blocks: u32,
}

/// Plans the new slot. `lengths` are those of the replacements, of which the first is empty. Nothing where
/// a span is not behind the one before, reaches out of its text or names a replacement that is not there.
pub(crate) fn plan(texts: &[(Extent, &[Span])], lengths: &[u32]) -> Option<Plan> {
    if lengths.first() != Some(&0) {
        return None;
    }
    let mut plan = Plan::default();
    let mut out = 0u32;
    for &(text, spans) in texts {
        let first = out;
        plan.edits.push(Edit { start: text.start, end: text.start, replacement: NOTHING, out });
        let mut read = 0;
        for span in spans {
            out = out.checked_add(span.start.checked_sub(read)?)?;
            if span.end < span.start || span.end > text.length {
                return None;
            }
            let start = text.start.checked_add(span.start)?;
            let end = text.start.checked_add(span.end)?;
            plan.edits.push(Edit { start, end, replacement: span.replacement, out });
            out = out.checked_add(*lengths.get(usize::try_from(span.replacement).ok()?)?)?;
            read = span.end;
        }
        out = out.checked_add(text.length.checked_sub(read)?)?;
        plan.texts.push(Extent { start: first, length: out - first });
        // To the next multiple, and a block of NUL behind it.
        out = out.checked_next_multiple_of(BLOCK_BYTES)?.checked_add(BLOCK_BYTES)?;
    }
    plan.out_blocks = out / BLOCK_BYTES;
    Some(plan)
}

/// The new slot: what the device writes.
pub(crate) fn apply(slot: &[u8], plan: &Plan, replacements: &[&[u8]]) -> Vec<u8> {
    let place = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
    let end = place(plan.out_blocks.saturating_mul(BLOCK_BYTES));
    let mut out = Vec::with_capacity(end);
    for (index, edit) in plan.edits.iter().enumerate() {
        let next = plan.edits.get(index + 1);
        let source_end = next.map_or(slot.len(), |next| place(next.start));
        let until = next.map_or(end, |next| place(next.out));
        out.resize(place(edit.out), 0);
        out.extend_from_slice(replacements.get(place(edit.replacement)).copied().unwrap_or_default());
        out.extend_from_slice(slot.get(place(edit.end)..source_end).unwrap_or_default());
        out.resize(until, 0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_overlap_or_reach_out_of_their_text_have_no_plan() {
        let text = Extent { start: 64, length: 10 };
        let span = |start, end, replacement| Span { start, end, replacement };
        for spans in [
            &[span(0, 4, 1), span(3, 5, 1)][..],
            &[span(4, 3, 1)],
            &[span(4, 11, 1)],
            &[span(4, 5, 2)],
            &[span(6, 7, 1), span(0, 1, 1)],
        ] {
            assert_eq!(plan(&[(text, spans)], &[0, 7]), None, "{spans:?}");
        }
        assert_eq!(plan(&[(text, &[])], &[7]), None);
        assert!(plan(&[(text, &[span(0, 10, 1)])], &[0, 7]).is_some());
        assert_eq!(plan(&[(text, &[span(0, 1, 1)])], &[0, u32::MAX]), None);
    }

    #[test]
    fn a_text_is_written_with_its_replacements_and_padded() {
        let mut slot = b"call +33 6 12 34 56 78 now".to_vec();
        slot.resize(128, 0);
        let text = Extent { start: 0, length: 26 };
        let plan =
            plan(&[(text, &[Span { start: 5, end: 22, replacement: 1 }])], &[0, 7]).unwrap_or_default();
        let new = apply(&slot, &plan, &[b"", b"[phone]"]);
        assert_eq!(plan.texts, [Extent { start: 0, length: 16 }]);
        assert_eq!(new.get(..16), Some(&b"call [phone] now"[..]));
        assert_eq!((new.len(), new.iter().skip(16).any(|&byte| byte != 0)), (128, false));
    }
}
