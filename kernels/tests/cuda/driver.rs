//! The stand-in driver, through the unmodified cudarc: what works on a device works, what is forbidden there is refused,
//! what is only luck there fails.

use std::path::PathBuf;
use std::sync::Arc;

use cudarc::driver::sys::CUresult;
use cudarc::driver::{
    CudaContext, CudaFunction, CudaModule, CudaSlice, CudaStream, DriverError, LaunchConfig, PushKernelArg,
    result, sys,
};
use cudarc::nvrtc::Ptx;

use crate::compile::here;
use crate::standin::{Standin, calls, count, fault, seed};

/// What the image of sum.cu declares. The stand-in reads names and parameters; the emulator has the bodies.
const PTX: &str = "
.version 9.0
.target sm_80
.address_size 64
.visible .entry block_sums(
    .param .u64 .ptr .align 1 block_sums_param_0,
    .param .u64 .ptr .align 1 block_sums_param_1,
    .param .u64 .ptr .align 1 block_sums_param_2,
    .param .u64 block_sums_param_3,
    .param .u32 block_sums_param_4
)
.maxntid 256, 1, 1
{
    ret;
}
.visible .entry not_emulated()
{
    ret;
}
";

const COUNT: u32 = 512;

fn sources() -> Vec<PathBuf> {
    vec![here().join("sample/sum.cu")]
}

fn run(test: &str, settings: &[(&str, &str)], body: impl FnOnce() -> Result<(), DriverError>) {
    let test = format!("driver::{test}");
    Standin { test: &test, sources: &sources(), settings }.run(|| body().expect("no driver error"));
}

fn report(test: &str, body: impl FnOnce() -> Result<(), DriverError>) -> String {
    let test = format!("driver::{test}");
    Standin { test: &test, sources: &sources(), settings: &[] }.report(|| body().expect("no driver error"))
}

/// A stream, a kernel and its buffers.
struct Sample {
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    module: Arc<CudaModule>,
    kernel: CudaFunction,
    numbers: CudaSlice<u32>,
    sums: CudaSlice<u32>,
    total: CudaSlice<u32>,
}

impl Sample {
    fn new() -> Result<Sample, DriverError> {
        let context = CudaContext::new(0)?;
        // SAFETY: the tests order their work by streams themselves.
        unsafe { context.disable_event_tracking() };
        let stream = context.new_stream()?;
        let module = context.load_module(Ptx::from_src(PTX))?;
        let kernel = module.load_function("block_sums")?;
        let numbers = stream.clone_htod(&(0..COUNT).collect::<Vec<u32>>())?;
        let (sums, total) = (stream.alloc_zeros(4)?, stream.alloc_zeros(1)?);
        Ok(Sample { context, stream, module, kernel, numbers, sums, total })
    }

    fn launch(&mut self, shape: LaunchConfig) -> Result<(), DriverError> {
        let (count, factor) = (u64::from(COUNT), 1u32);
        let mut builder = self.stream.launch_builder(&self.kernel);
        builder.arg(&self.numbers).arg(&mut self.sums).arg(&mut self.total).arg(&count).arg(&factor);
        // SAFETY: the arguments are those of sum.cu.
        unsafe { builder.launch(shape) }.map(drop)
    }

    fn total(&self) -> Result<u32, DriverError> {
        Ok(self.stream.clone_dtoh(&self.total)?[0])
    }
}

fn shape(grid: u32, block: u32, shared_mem_bytes: u32) -> LaunchConfig {
    LaunchConfig { grid_dim: (grid, 1, 1), block_dim: (block, 1, 1), shared_mem_bytes }
}

const GOOD: fn() -> LaunchConfig = || shape(4, 128, 16);
const TOTAL: u32 = COUNT * (COUNT - 1) / 2;

fn code(result: Result<(), DriverError>) -> Option<CUresult> {
    result.err().map(|error| error.0)
}

#[test]
fn cudarc_runs_a_kernel_under_every_schedule() {
    run("cudarc_runs_a_kernel_under_every_schedule", &[], || {
        let mut sample = Sample::new()?;
        assert_eq!(sample.context.compute_capability()?, (9, 0));
        for schedule in 0..16 {
            seed(schedule);
            sample.stream.memset_zeros(&mut sample.total)?;
            sample.launch(GOOD())?;
            assert_eq!(sample.total()?, TOTAL);
        }
        Ok(())
    });
}

#[test]
fn all_memory_and_handles_are_given_back() {
    run("all_memory_and_handles_are_given_back", &[], || {
        let mut sample = Sample::new()?;
        sample.launch(GOOD())?;
        assert!(count().allocations == 3 && count().handles == 2, "{:?}", count());
        drop(sample);
        let after = count();
        assert_eq!((after.allocations, after.handles, after.leaked, after.pending), (0, 0, 0, 0));
        Ok(())
    });
}

#[test]
fn what_is_not_waited_for_is_not_there() {
    run("what_is_not_waited_for_is_not_there", &[("INLAND_CUDA_DELAY_US", "1000000")], || {
        let mut sample = Sample::new()?;
        // SAFETY: written by the device before it is read as a number, but for the read that the test is about.
        let mut host = unsafe { sample.context.alloc_pinned_with_flags::<u32>(1, 0) }?;
        sample.launch(GOOD())?;
        let place = host.as_mut_ptr()?;
        sample.stream.memcpy_dtoh(&sample.total, &mut host)?;
        // SAFETY: `place` is the first element of `host`.
        let early = unsafe { place.read_volatile() };
        sample.stream.synchronize()?;
        // SAFETY: as above.
        let late = unsafe { place.read_volatile() };
        assert_eq!((early, late), (0xA5A5_A5A5, TOTAL));
        Ok(())
    });
}

#[test]
fn a_pinned_source_is_read_when_the_copy_runs() {
    run("a_pinned_source_is_read_when_the_copy_runs", &[("INLAND_CUDA_DELAY_US", "1000000")], || {
        let sample = Sample::new()?;
        // SAFETY: written below before the copy.
        let mut host = unsafe { sample.context.alloc_pinned::<u32>(1) }?;
        let place = host.as_mut_ptr()?;
        let mut device = sample.stream.alloc_zeros::<u32>(1)?;
        // SAFETY: `place` is the first element of `host`.
        unsafe { place.write_volatile(1) };
        sample.stream.memcpy_htod(&host, &mut device)?;
        // SAFETY: as above; too early, which is what the test is about.
        unsafe { place.write_volatile(2) };
        assert_eq!(sample.stream.clone_dtoh(&device)?, [2]);
        Ok(())
    });
}

#[test]
fn work_is_done_without_being_asked_for() {
    run("work_is_done_without_being_asked_for", &[], || {
        let mut sample = Sample::new()?;
        sample.launch(GOOD())?;
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while count().pending > 0 {
            assert!(std::time::Instant::now() < deadline, "the device does not begin");
            std::thread::yield_now();
        }
        Ok(())
    });
}

#[test]
fn streams_have_no_order_without_an_event() {
    run("streams_have_no_order_without_an_event", &[], || {
        let mut sample = Sample::new()?;
        let other = sample.context.new_stream()?;
        let mut seen = [0, 0];
        for schedule in 0..32 {
            seed(schedule + 2);
            sample.stream.memset_zeros(&mut sample.total)?;
            sample.stream.synchronize()?;
            sample.launch(GOOD())?;
            let event = sample.stream.record_event(None)?;
            if schedule % 2 == 0 {
                other.wait(&event)?;
            }
            let early = other.clone_dtoh(&sample.total)?[0];
            assert!(schedule % 2 == 1 || early == TOTAL, "an event was not waited for");
            seen[usize::from(early == TOTAL)] += 1;
            sample.stream.synchronize()?;
        }
        assert!(seen[0] > 0 && seen[1] > 16, "never early: {seen:?}");
        Ok(())
    });
}

#[test]
fn impossible_launches_are_refused() {
    run("impossible_launches_are_refused", &[], || {
        let mut sample = Sample::new()?;
        assert_eq!(code(sample.launch(shape(0, 128, 16))), Some(CUresult::CUDA_ERROR_INVALID_VALUE));
        assert_eq!(code(sample.launch(shape(1, 2048, 16))), Some(CUresult::CUDA_ERROR_INVALID_VALUE));
        assert_eq!(
            code(sample.launch(shape(1, 512, 16))),
            Some(CUresult::CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES)
        );
        // More than 48 KB of shared memory must be asked for, and 227 KB is the most.
        let opt_in = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        assert_eq!(code(sample.launch(shape(4, 128, 65536))), Some(CUresult::CUDA_ERROR_INVALID_VALUE));
        let too_much = sample.kernel.set_attribute(opt_in, 228 * 1024);
        assert_eq!(code(too_much), Some(CUresult::CUDA_ERROR_INVALID_VALUE));
        sample.kernel.set_attribute(opt_in, 227 * 1024)?;
        sample.launch(shape(4, 128, 227 * 1024))?;
        assert_eq!(sample.total()?, TOTAL);
        Ok(())
    });
}

#[test]
fn kernels_that_are_not_in_the_image_or_not_emulated_are_refused() {
    run("kernels_that_are_not_in_the_image_or_not_emulated_are_refused", &[], || {
        let sample = Sample::new()?;
        let missing = |module: &Arc<CudaModule>, name: &str| module.load_function(name).map(drop);
        assert_eq!(code(missing(&sample.module, "no_such_kernel")), Some(CUresult::CUDA_ERROR_NOT_FOUND));
        assert_eq!(code(missing(&sample.module, "not_emulated")), Some(CUresult::CUDA_ERROR_NOT_FOUND));
        let other = PTX.replace(".param .u32 block_sums_param_4", ".param .u64 block_sums_param_4");
        let other = sample.context.load_module(Ptx::from_src(other))?;
        assert_eq!(code(missing(&other, "block_sums")), Some(CUresult::CUDA_ERROR_INVALID_IMAGE));
        let nothing = sample.context.load_module(Ptx::from_src("not PTX")).map(drop);
        assert_eq!(code(nothing), Some(CUresult::CUDA_ERROR_INVALID_IMAGE));
        Ok(())
    });
}

#[test]
fn an_image_for_later_devices_is_refused() {
    run("an_image_for_later_devices_is_refused", &[("INLAND_CUDA_CAPABILITY", "75")], || {
        let loaded = CudaContext::new(0)?.load_module(Ptx::from_src(PTX)).map(drop);
        assert_eq!(code(loaded), Some(CUresult::CUDA_ERROR_NO_BINARY_FOR_GPU));
        Ok(())
    });
}

#[test]
fn a_captured_graph_can_be_launched_again_and_again() {
    run("a_captured_graph_can_be_launched_again_and_again", &[], || {
        let mut sample = Sample::new()?;
        sample.stream.synchronize()?;
        sample.stream.begin_capture(sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)?;
        sample.stream.memset_zeros(&mut sample.total)?;
        sample.launch(GOOD())?;
        let graph = sample.stream.end_capture(sys::CUgraphInstantiate_flags(0))?.expect("a graph");
        assert_eq!(calls("kernel"), 0, "capturing runs nothing");
        for round in 1..=16 {
            seed(round);
            graph.launch()?;
            assert_eq!(sample.total()?, TOTAL);
            assert_eq!(calls("kernel"), round);
        }
        Ok(())
    });
}

#[test]
fn waiting_while_capturing_spoils_the_capture() {
    run("waiting_while_capturing_spoils_the_capture", &[], || {
        let mut sample = Sample::new()?;
        sample.stream.synchronize()?;
        sample.stream.begin_capture(sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)?;
        sample.launch(GOOD())?;
        let waited = sample.stream.synchronize();
        assert_eq!(code(waited), Some(CUresult::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED));
        let ended = sample.stream.end_capture(sys::CUgraphInstantiate_flags(0)).map(drop);
        assert_eq!(code(ended), Some(CUresult::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED));
        sample.launch(GOOD())?;
        assert_eq!(sample.total()?, TOTAL);
        Ok(())
    });
}

#[test]
fn faults_come_out_as_cuda_errors() {
    run("faults_come_out_as_cuda_errors", &[("INLAND_CUDA_FAULT", "cuMemAllocAsync:4:2")], || {
        let mut sample = Sample::new()?; // three allocations
        let fourth = sample.stream.alloc_zeros::<u32>(1).map(drop);
        assert_eq!(code(fourth), Some(CUresult::CUDA_ERROR_OUT_OF_MEMORY));
        sample.stream.alloc_zeros::<u32>(1)?;
        sample.launch(GOOD())?;
        sample.stream.synchronize()?;
        // A launch that times out says so when it is waited for, and from then on the context is of no use.
        fault("kernel", 2, CUresult::CUDA_ERROR_LAUNCH_TIMEOUT);
        sample.launch(GOOD())?;
        sample.stream.synchronize()?;
        sample.launch(GOOD())?;
        assert_eq!(code(sample.stream.synchronize()), Some(CUresult::CUDA_ERROR_LAUNCH_TIMEOUT));
        assert_eq!(code(sample.launch(GOOD())), Some(CUresult::CUDA_ERROR_LAUNCH_TIMEOUT));
        // A new context is free of it.
        let Sample { context, stream, module, kernel, numbers, sums, total } = sample;
        drop((stream, module, kernel, numbers, sums, total, context));
        let mut again = Sample::new()?;
        again.launch(GOOD())?;
        assert_eq!(again.total()?, TOTAL);
        Ok(())
    });
}

#[test]
fn a_memory_error_of_the_device_is_lasting() {
    run("a_memory_error_of_the_device_is_lasting", &[], || {
        let mut sample = Sample::new()?;
        sample.launch(GOOD())?;
        fault("copy", 1, CUresult::CUDA_ERROR_ECC_UNCORRECTABLE);
        assert_eq!(code(sample.total().map(drop)), Some(CUresult::CUDA_ERROR_ECC_UNCORRECTABLE));
        assert_eq!(code(sample.total().map(drop)), Some(CUresult::CUDA_ERROR_ECC_UNCORRECTABLE));
        Ok(())
    });
}

#[test]
fn there_may_be_no_device() {
    run("there_may_be_no_device", &[("INLAND_CUDA_DEVICES", "0")], || {
        assert_eq!(code(CudaContext::new(0).map(drop)), Some(CUresult::CUDA_ERROR_NO_DEVICE));
        Ok(())
    });
}

#[test]
fn device_memory_has_an_end() {
    run("device_memory_has_an_end", &[("INLAND_CUDA_MEMORY_MIB", "1")], || {
        let stream = CudaContext::new(0)?.new_stream()?;
        let first = stream.alloc_zeros::<u8>(1 << 19)?;
        let second = stream.alloc_zeros::<u8>((1 << 19) + 1).map(drop);
        assert_eq!(code(second), Some(CUresult::CUDA_ERROR_OUT_OF_MEMORY));
        drop(first);
        stream.synchronize()?;
        stream.alloc_zeros::<u8>(1 << 20).map(drop)
    });
}

#[test]
fn a_pointer_of_the_host_is_reported() {
    let report = report("a_pointer_of_the_host_is_reported", || {
        let sample = Sample::new()?;
        let mut host = [0u32; 4];
        let address = host.as_mut_ptr().addr() as u64;
        let (count, factor) = (u64::from(COUNT), 1u32);
        let mut builder = sample.stream.launch_builder(&sample.kernel);
        builder.arg(&sample.numbers).arg(&address).arg(&address).arg(&count).arg(&factor);
        // SAFETY: the stand-in ends the process before the kernel runs.
        unsafe { builder.launch(GOOD()) }?;
        sample.stream.synchronize()
    });
    assert!(report.contains("parameter 1 of kernel block_sums"), "{report}");
}

#[test]
fn pinned_memory_freed_too_early_is_reported() {
    let report = report("pinned_memory_freed_too_early_is_reported", || {
        let sample = Sample::new()?;
        // SAFETY: freed below, once.
        let host = unsafe { result::malloc_host(4096, 0) }?;
        // SAFETY: the source is pinned memory of that size, but freed before the copy runs: the stand-in finds it.
        unsafe {
            sys::cuMemcpyDtoHAsync_v2(host, device_address(&sample), 2048, sample.stream.cu_stream())
                .result()?;
            result::free_host(host)?;
        }
        sample.stream.synchronize()
    });
    assert!(report.contains("of a freed allocation of 4096 bytes"), "{report}");
}

fn device_address(sample: &Sample) -> sys::CUdeviceptr {
    use cudarc::driver::DevicePtr;
    sample.numbers.device_ptr(&sample.stream).0
}

#[test]
fn an_unknown_library_of_kernels_is_no_device() {
    // The path is a name that cannot be one of ours.
    let settings = [("INLAND_CUDA_KERNELS", "/nowhere/kernels.so")];
    run("an_unknown_library_of_kernels_is_no_device", &settings, || {
        assert_eq!(code(CudaContext::new(0).map(drop)), Some(CUresult::CUDA_ERROR_NO_DEVICE));
        Ok(())
    });
}

#[test]
fn every_committed_fatbin_fits_its_source() {
    let folder = here().join("../../cuda");
    let sources: Vec<PathBuf> =
        ["pii_scan", "redact"].iter().map(|name| folder.join(name).with_extension("cu")).collect();
    let test = "driver::every_committed_fatbin_fits_its_source";
    Standin { test, sources: &sources, settings: &[] }.run(|| {
        let context = CudaContext::new(0).expect("a context");
        for source in &sources {
            let name = source.file_stem().expect("a name").to_str().expect("UTF-8");
            let mut image =
                std::fs::read(folder.join("bin").join(name).with_extension("fatbin")).expect("a fatbin");
            let text = std::fs::read_to_string(source).expect("a source");
            let load = |image: Vec<u8>| context.load_module(Ptx::from_binary(image));
            let module = load(image.clone()).expect("the driver takes it");
            for kernel in crate::compile::entries(&text) {
                module.load_function(&kernel).expect("the same kernel with the same parameters");
            }
            image[16] = 9; // the kind of the first image
            assert!(load(image).is_err(), "a damaged fatbin was taken");
        }
    });
}
