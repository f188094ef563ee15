//! What a scan allocates: nothing, once the list of findings has its room.
//!
//! The views of a text that hides something need memory of their own, and what they need is bounded.
#![expect(unsafe_code, reason = "an allocator that counts is one line more than the system's")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use inland_kernels::{Engine, Finding};

thread_local! {
    /// Allocations of this thread, and their bytes: tests run beside each other.
    static ASKED: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

struct Counting;

impl Counting {
    fn note(bytes: usize) {
        // A thread that ends has no counter any more.
        let _ = ASKED.try_with(|asked| asked.set((asked.get().0 + 1, asked.get().1 + bytes)));
    }
}

// SAFETY: every call is the system allocator's own, with what it was given.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counting::note(layout.size());
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Counting::note(size);
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of the second scan of `text` into the same list, and their bytes.
fn asked(engine: &Engine, text: &str) -> (usize, usize) {
    let mut found: Vec<Finding> = Vec::new();
    engine.scan(text, &mut found);
    found.clear();
    let before = ASKED.get();
    engine.scan(text, &mut found);
    let after = ASKED.get();
    (after.0 - before.0, after.1 - before.1)
}

/// One of every path that has no view.
const PLAIN: [&str; 8] = [
    "Plain prose of one line, with 3 May at 14:30, a ratio of 4:3 and a price of 12.50 EUR. ",
    "Contact anna@example.org or +33 6 12 34 56 78, NIR 2 95 10 99 126 111 93, from 192.0.2.17. ",
    "IBAN DE89 3704 0044 0532 0130 00, card 4111 1111 1111 1111, AHV 756.9217.0769.85, IMEI 352099001761481. ",
    "Passport number C01X00T47, born 20.03.1980, Kennzeichen B-AB 1234, EHIC 80756003460012345678. ",
    "password=hunter2hunter2, the password is \"letmein\", postgres://u:p4ssw0rd@db.example/x, ",
    "key ghp_16C7e42F292c6912E7710c838347Ae178B4a and $2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy ",
    "fe80::1 and 00:1a:2b:3c:4d:5e, BIC DEUTDEFF, 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2, ",
    "né à Paris – l’été « 12 », Пациент выписан 12 мая, 価格は千円です, Ελλάδα. ",
];

#[test]
fn a_scan_into_a_list_that_has_room_allocates_nothing() {
    for engine in Engine::each_cpu() {
        for text in PLAIN.into_iter().chain([PLAIN.concat().as_str()]) {
            let body = text.repeat(8192 / text.len());
            assert_eq!(asked(&engine, &body), (0, 0), "{} {text:?}", engine.simd());
        }
    }
}

#[test]
fn the_memory_of_views_is_bounded_by_the_body() {
    /// Bytes of a view and what is noted beside it, for each of the body's.
    const TIMES: usize = 64;
    let engine = Engine::cpu();
    for hidden in [
        "anna%40example.org ",
        "４１１１ 1111 1111 1111 ",
        "4111\n1111 1111 1111 ",
        "YW5uYUBleGFtcGxlLm9yZyBpcyBoZXJl ",
    ] {
        let body = hidden.repeat((64 << 10) / hidden.len());
        let (count, bytes) = asked(&engine, &body);
        assert!(count > 0, "{hidden:?} has a view");
        assert!(bytes < TIMES * body.len(), "{hidden:?}: {bytes} bytes for {}", body.len());
    }
}
