//! The emulator itself: right kernels give right results under every schedule, wrong ones are found.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::compile::{entries, here};
use crate::emulated::{Argument, Buffer, Kernel, SCHEDULES};

const CHILD: &str = "INLAND_TEST_CHILD";

fn sample(file: &str, name: &str) -> Kernel {
    Kernel::new(&path(file), name)
}

fn path(file: &str) -> PathBuf {
    here().join("sample").join(file)
}

#[test]
fn sums_are_right_under_every_schedule() {
    let kernel = sample("sum.cu", "block_sums");
    let values: Vec<u32> = (0..1000).map(|i| i * i % 97).collect();
    let numbers = Buffer::from(&values);
    for seed in 0..SCHEDULES {
        let (sums, total) = (Buffer::from(&[0u32; 8]), Buffer::from(&[0u32]));
        let arguments =
            [numbers.argument(), sums.argument(), total.argument(), Argument::U64(1000), Argument::U32(3)];
        kernel.launch([8, 1, 1], [128, 1, 1], 16, &arguments, seed);
        let expected: Vec<u32> = values.chunks(128).map(|block| block.iter().sum::<u32>() * 3).collect();
        assert_eq!(sums.to_vec(), expected, "schedule {seed}");
        assert_eq!(total.to_vec(), [values.iter().sum::<u32>() * 3], "schedule {seed}");
    }
}

/// The definitions of CUDA's intrinsics, written again in Rust.
fn expected_of_intrinsics(t: u32) -> [u32; 24] {
    let (lane, warp) = (t % 32, t / 32 * 32);
    let all =
        |test: &dyn Fn(u32) -> bool| (0..32).filter(|&i| test(warp + i)).fold(0u32, |mask, i| mask | 1 << i);
    let bytes = |change: &dyn Fn(u32, u32) -> u32| {
        (0..4).fold(0, |word, i| word | change([0x40, 0x30, 0x20, 0x10][i], t & 0xff) << (8 * i))
    };
    let high = 0x7766_5544u32 + t;
    [
        (warp + (lane + 5) % 32) * 3,
        if lane % 8 < 3 { t } else { t - 3 },
        if lane % 8 + 3 >= 8 { t } else { t + 3 },
        t ^ 9,
        all(&|i| i % 3 == 0),
        u32::from(warp == 32) * 2 + u32::from(warp == 0),
        all(&|i| i % 5 == t % 5),
        (warp..warp + 32).sum(),
        (-7i32).cast_unsigned(),
        (warp..warp + 32).map(|i| i ^ 5).max().expect("32 values"),
        16,
        2,
        t.count_ones() + 100 * (if t == 0 { 0 } else { t.trailing_zeros() + 1 }) + 10000 * t.leading_zeros(),
        t.reverse_bits(),
        (high & 0xff00) << 16 | 0x11 << 16 | (high & 0xff) << 8,
        (0x8000_0001u32 << 4 | t >> 28) ^ 7,
        bytes(&|a, b| if a >= b { 0xff } else { 0 }),
        ((u64::from(t << 26) * (1 << 31)) >> 32) as u32,
        all(&|i| i % 2 == 0 && (i % 32 < 16) == (lane < 16)),
        if lane < 16 { warp + 2 } else { warp + 18 },
        6 + t,
        10 * t + 1,
        bytes(&u32::saturating_sub),
        t.min(17) + lane.max(3),
    ]
}

#[test]
fn intrinsics_do_what_cuda_says() {
    let kernel = sample("intrinsics.cu", "intrinsics");
    for seed in 0..SCHEDULES {
        let out = Buffer::from(&[0u32; 64 * 24]);
        kernel.launch([1, 1, 1], [64, 1, 1], 0, &[out.argument()], seed);
        for (t, got) in out.to_vec().chunks(24).enumerate() {
            assert_eq!(got, expected_of_intrinsics(t as u32), "thread {t}, schedule {seed}");
        }
    }
}

/// In how many schedules does the one-block kernel leave something else than `expected`?
fn wrong_schedules(name: &str, threads: u32, expected: &[u32]) -> usize {
    let kernel = sample("mistakes.cu", name);
    let wrong = |&seed: &u64| {
        let out = Buffer::from(&vec![0u32; expected.len()]);
        kernel.launch([1, 1, 1], [threads, 1, 1], 0, &[out.argument()], seed);
        out.to_vec() != expected
    };
    (0..SCHEDULES).filter(wrong).count()
}

#[test]
fn a_missing_barrier_shows() {
    let expected: Vec<u32> = (0..64).map(|i| (i + 1) % 64).collect();
    assert_eq!(wrong_schedules("no_barrier", 64, &expected), SCHEDULES as usize);
}

#[test]
fn looking_before_adding_shows() {
    let wrong = wrong_schedules("look_then_add", 64, &[1]);
    assert!(wrong >= 3, "{wrong} schedules"); // two threads must meet between the look and the addition
}

/// Runs `name` of mistakes.cu in a child process, this test binary with this one test, and returns what it printed.
fn report_of(test: &str, name: &str, threads: u32) -> String {
    if std::env::var_os(CHILD).is_some() {
        let out = Buffer::from(&vec![0u32; 64]);
        sample("mistakes.cu", name).launch([1, 1, 1], [threads, 1, 1], 64, &[out.argument()], 3);
        drop(out);
        std::process::exit(0); // nothing was found
    }
    crate::compile::kernels(&path("mistakes.cu")); // once, here, and not in every child
    let test = format!("emulator::{test}");
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", &test, "--nocapture"]).env(CHILD, "1").env("INLAND_EMULATOR_SECONDS", "1");
    let Output { status, stderr, .. } = command.output().expect("a child process");
    let report = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!status.success(), "the mistake of {name} was not found");
    assert!(report.contains(&format!("kernel {name}")), "{report}");
    report
}

fn line_of(code: &str) -> usize {
    let text = std::fs::read_to_string(path("mistakes.cu")).expect("the source");
    text.lines().position(|line| line.contains(code)).expect("the line") + 1
}

#[test]
fn a_divergent_barrier_is_reported_with_both_lines() {
    let report = report_of("a_divergent_barrier_is_reported_with_both_lines", "two_barriers", 64);
    assert!(report.contains("divergent barrier"), "{report}");
    let first = line_of("if (threadIdx.x < 32)") + 1;
    assert!(report.contains(&format!("mistakes.cu:{first}")), "{report}");
    assert!(report.contains(&format!("mistakes.cu:{}", first + 2)), "{report}");
}

#[test]
fn a_deadlock_is_reported_with_who_waits_where() {
    let report = report_of("a_deadlock_is_reported_with_who_waits_where", "deadlock", 64);
    assert!(report.contains("deadlock"), "{report}");
    let first = line_of("if (threadIdx.x < 10)") + 1;
    assert!(
        report.contains(&format!("thread (0,0,0) in __syncwarp at {}", path("mistakes.cu").display())),
        "{report}"
    );
    assert!(report.contains(&format!("mistakes.cu:{first}, mask ffffffff")), "{report}");
}

#[test]
fn two_operations_under_one_mask_are_reported() {
    let report = report_of("two_operations_under_one_mask_are_reported", "two_operations", 32);
    assert!(report.contains("divergent warp, mask ffffffff"), "{report}");
    assert!(report.contains("a vote") && report.contains("a shuffle"), "{report}");
}

#[test]
fn a_write_behind_a_buffer_is_reported_with_its_line() {
    let report = report_of("a_write_behind_a_buffer_is_reported_with_its_line", "past_the_end", 64);
    assert!(report.contains("0 bytes behind a live allocation of 256 bytes"), "{report}");
    assert!(report.contains("thread (63,0,0)"), "{report}");
    assert!(report.contains(&format!("mistakes.cu:{}", line_of("void past_the_end"))), "{report}");
}

#[test]
fn a_write_behind_dynamic_shared_memory_is_reported() {
    let report = report_of("a_write_behind_dynamic_shared_memory_is_reported", "past_shared", 16);
    assert!(report.contains("byte 64 of a dynamic shared array of 64 bytes"), "{report}");
}

#[test]
fn a_kernel_that_does_not_end_is_reported() {
    let report = report_of("a_kernel_that_does_not_end_is_reported", "endless", 1);
    assert!(report.contains("does not end"), "{report}");
}

#[test]
fn a_source_tells_its_kernels() {
    let text = "// __global__ void no(\n/* __global__ */ extern \"C\" __global__ void __launch_bounds__(64) a(int x) {}\n\
                extern \"C\" __global__ __launch_bounds__(64, 2) void b(int x) { f(x); }\n";
    assert_eq!(entries(text), ["a", "b"]);
}
