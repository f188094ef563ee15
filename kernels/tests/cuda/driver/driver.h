// The stand-in driver: its state, and what its files share. Behaviour and its reasons: kernels/tests/cuda/README.md.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "block.h"
#include "random.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace driver {

// CUresult (CUDA Driver API, "Data types used by CUDA driver"); names and texts are in errors.cpp.
enum Result : int {
    Success = 0,
    InvalidValue = 1,
    OutOfMemory = 2,
    NotInitialized = 3,
    NoDevice = 100,
    InvalidDevice = 101,
    InvalidImage = 200,
    InvalidContext = 201,
    NoBinaryForGpu = 209,
    EccUncorrectable = 214,
    InvalidPtx = 218,
    FileNotFound = 301,
    InvalidHandle = 400,
    NotFound = 500,
    NotReady = 600,
    IllegalAddress = 700,
    LaunchOutOfResources = 701,
    LaunchTimeout = 702,
    ContextIsDestroyed = 709,
    LaunchFailed = 719,
    NotSupported = 801,
    CaptureUnsupported = 900,
    CaptureInvalidated = 901,
    CaptureUnmatched = 903,
    CaptureUnjoined = 904,
    CaptureIsolation = 905,
    CaptureImplicit = 906,
    CaptureWrongThread = 908,
};

struct Graph;
struct Stream;

// A piece of work in a queue. It may run when all that it comes after is done.
struct Work {
    std::vector<std::shared_ptr<Work>> after;
    std::function<Result()> run;  // without the lock; not called once the context has a lasting error
    bool done = false;
    Result result = Success;
    double finished_ms = 0;
};
using WorkPointer = std::shared_ptr<Work>;

// A stream that is being captured: the graph, and the nodes that its next one comes after.
struct Capture {
    Graph* graph = nullptr;
    std::vector<size_t> tail;
    bool origin = false;  // where the capture began
};

struct Stream {
    unsigned flags = 0;  // 1: does not wait for the null stream
    WorkPointer last;
    Capture capture;
};

struct Event {
    unsigned flags = 0;  // 2: without timing
    WorkPointer recorded;
    Capture captured;
};

// A kernel as its PTX declares it.
struct Entry {
    std::string name;
    std::vector<size_t> parameters;  // their bytes
    unsigned threads_max = 1024;     // .maxntid
    size_t shared_bytes = 0;         // of the __shared__ variables
};

struct Module {
    std::vector<Entry> entries;
};

struct Function {
    const emulator::Kernel* kernel = nullptr;
    Entry entry;
    size_t dynamic_bytes_max = 0;  // without the static ones
};

// A launch whose parameters have been copied.
struct Launch {
    Function* function = nullptr;
    unsigned grid[3] = {}, block[3] = {};
    unsigned dynamic_bytes = 0;
    std::vector<std::vector<unsigned char>> parameters;
};

enum class Kind { Device, Pinned };

// One device, one primary context.
struct Driver {
    std::mutex lock;
    std::condition_variable changed;  // work was done, or was added
    bool initialised = false;
    unsigned retained = 0;  // of the primary context
    Result lasting = Success;  // an error after which the context is of no use
    emulator::Random random{0};
    uint64_t kernel_seed = 0;

    std::vector<WorkPointer> pending;  // in the order of submission
    bool running = false;              // one piece of work at a time
    double woken_ms = 0;               // when the device itself looks at its queues

    Stream null_stream;
    std::set<Stream*> streams;
    std::set<Event*> events;
    std::set<Module*> modules;
    std::set<Function*> functions;
    std::vector<void*> libraries;  // of emulated kernels
    std::map<uintptr_t, std::pair<size_t, Kind>> allocations;
    size_t device_bytes = 0;
    size_t leaked = 0;  // allocations that lived when the context was destroyed
};

// Never destroyed: the device's thread may outlive main.
Driver& state();
using Lock = std::unique_lock<std::mutex>;

// The first line of every function: counts the call, injects a fault, and refuses what is not possible any more.
enum class Needs { Nothing, Initialised, Context };
Result enter(const char* function, Needs needs, Lock& lock);

// fault.cpp: the code to return instead of doing `what`, or Success. The lock is held.
Result injected(const std::string& what);
bool is_lasting(Result result);

// queue.cpp. The lock is held; it is released while work runs.
Stream* stream_of(Stream* handle);  // null for a stream that does not exist
WorkPointer submit(Stream& stream, std::function<Result()> run);
WorkPointer add_work(std::vector<WorkPointer> after, std::function<Result()> run);
Result finish(const WorkPointer& work, Lock& lock);
void finish_all(Lock& lock);
Result query(const WorkPointer& work, Lock& lock);
double now_ms();

// graph.cpp: the node that a capturing stream gets instead of work.
struct NodeWork {
    std::function<Result()> run;
    std::shared_ptr<Launch> launch;  // of a kernel
};
void capture(Stream& stream, NodeWork node);
bool capturing(const Stream& stream);
Result refuse_capture(Stream& stream);     // what may not be called on a capturing stream
Result refuse_while_capturing();           // what may not be called by a thread that captures
Result join_capture(Stream& stream, const Event& event);

// image.cpp: the kernels of a fatbin or of PTX text, once it is certain that the device can run the image.
Result parse_image(const void* image, std::vector<Entry>& entries);

// module.cpp: opens the libraries of emulated kernels that INLAND_CUDA_KERNELS names.
bool load_kernels();

// memory.cpp
bool is_device(uint64_t address, size_t bytes);  // or pinned memory, which the device sees at the same address
bool is_pinned(const void* address, size_t bytes);
void free_everything();

// launch.cpp
Result execute(const Launch& launch);
Result prepare_launch(Function* function, const unsigned grid[3], const unsigned block[3], unsigned dynamic_bytes,
                      void** parameters, void** extra, Launch& launch);

int capability();  // 90 for compute capability 9.0

// A number from the environment, or `otherwise`.
long setting(const char* name, long otherwise);

}  // namespace driver

// Handles are the addresses of our objects.
using driver::Event;
using driver::Function;
using driver::Lock;
using driver::Module;
using driver::Needs;
using driver::Result;
using driver::Stream;
using DevicePointer = unsigned long long;

#define ENTER(needs)                                                \
    Lock lock(driver::state().lock);                                \
    if (Result refused = driver::enter(__func__, Needs::needs, lock)) return refused
