// Reports: see report.h.
#include "report.h"

#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ctime>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "fiber.h"
#include "memory.h"

namespace emulator {
namespace {

thread_local const Kernel* launched = nullptr;
struct sigaction before_segv, before_bus;
constexpr size_t threads_listed = 8;

// Straight to stderr: stdio would need more stack than a signal handler may have.
__attribute__((format(printf, 1, 2))) void print(const char* format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t bytes = length < 0 ? 0 : static_cast<size_t>(length);
    if (write(STDERR_FILENO, text, bytes < sizeof text ? bytes : sizeof text - 1) < 0) abort();
}

const char* operation_name(Operation operation) {
    switch (operation) {
        case Operation::Sync: return "__syncwarp";
        case Operation::Shuffle: return "a shuffle";
        case Operation::Ballot: return "a vote";
        case Operation::Match:
        case Operation::MatchAll: return "a match";
        default: return "a reduction";
    }
}

// "emulator: kernel k, block (0,0,0), thread (3,0,0): "
void begin() {
    print("\nemulator: kernel %s", launched == nullptr ? "?" : launched->name);
    if (running.current != nullptr) {
        Index b = running.block_index, t = running.current->index;
        print(", block (%u,%u,%u), thread (%u,%u,%u)", b.x, b.y, b.z, t.x, t.y, t.z);
    }
    print(": ");
}

[[noreturn]] void end() {
    print("\n");
    abort();
}

// File and line of an instruction, from the debug information, by addr2line of the binutils that g++ needs anyway.
// The process is at its end, so that a child process in a signal handler does no harm.
void print_source_line(const void* instruction) {
    Dl_info info;
    if (dladdr(instruction, &info) == 0 || info.dli_fname == nullptr) return;
    char offset[32];
    uintptr_t base = reinterpret_cast<uintptr_t>(info.dli_fbase);
    snprintf(offset, sizeof offset, "0x%zx", static_cast<size_t>(reinterpret_cast<uintptr_t>(instruction) - base));
    print("  at %s+%s\n", info.dli_fname, offset);
    pid_t child = fork();
    if (child == 0) {
        dup2(2, 1);
        execlp("addr2line", "addr2line", "-i", "-e", info.dli_fname, offset, static_cast<char*>(nullptr));
        _exit(127);
    }
    if (child > 0) waitpid(child, nullptr, 0);
}

const void* instruction_of(const void* context) {
    const auto* user = static_cast<const ucontext_t*>(context);
    return reinterpret_cast<const void*>(user->uc_mcontext.gregs[REG_RIP]);
}

void on_fault(int signal, siginfo_t* info, void* context) {
    char where[256];
    bool known = describe_address(info->si_addr, where, sizeof where);
    int overflowed = stack_overflowed_at(info->si_addr);
    bool in_kernel = launched != nullptr && running.current != nullptr;
    if (!in_kernel && !known) {
        // Not ours: as it was before us. The instruction faults again.
        sigaction(signal, signal == SIGSEGV ? &before_segv : &before_bus, nullptr);
        return;
    }
    if (in_kernel) {
        begin();
    } else {
        print("\nemulator: outside any kernel: ");
    }
    if (overflowed >= 0) {
        print("the stack of thread %d (%zu bytes) overflowed\n", overflowed, stack_bytes);
    } else {
        print("illegal address %p: %s\n", info->si_addr, known ? where : "in no allocation");
    }
    print_source_line(instruction_of(context));
    end();
}

void on_timeout(int, siginfo_t*, void* context) {
    if (launched == nullptr) return;
    begin();
    print("does not end\n");
    print_source_line(instruction_of(context));
    end();
}

void install_handlers() {
    struct sigaction action = {};
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    action.sa_sigaction = on_fault;
    sigaction(SIGSEGV, &action, &before_segv);
    sigaction(SIGBUS, &action, &before_bus);
    action.sa_sigaction = on_timeout;
    sigaction(SIGRTMIN, &action, nullptr);
}

// A fault on a fiber's guard page is handled on another stack, and Rust's own are too small to look up a line.
// Mapped once in each thread that launches; small, and never given back.
stack_t signal_stack() {
    thread_local void* stack = nullptr;
    constexpr size_t bytes = 64 * 1024;
    if (stack == nullptr) {
        stack = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    stack_t made = {};
    made.ss_sp = stack;
    made.ss_size = bytes;
    if (stack == MAP_FAILED) made.ss_flags = SS_DISABLE;
    return made;
}

long seconds_allowed() {
    const char* text = getenv("INLAND_EMULATOR_SECONDS");
    long seconds = text == nullptr ? 0 : strtol(text, nullptr, 10);
    return seconds > 0 ? seconds : 60;
}

// A timer whose signal comes to this thread.
timer_t start_timer() {
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGRTMIN;
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    timer_t timer = nullptr;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return nullptr;
    itimerspec when = {};
    when.it_value.tv_sec = seconds_allowed();
    timer_settime(timer, 0, &when, nullptr);
    return timer;
}

}  // namespace

extern "C" void emulator_watch() {
    static std::once_flag once;
    std::call_once(once, install_handlers);
}

Reporting::Reporting(const Kernel* kernel) {
    emulator_watch();
    stack_t own = signal_stack();
    sigaltstack(&own, &stack_before);
    launched = kernel;
    timer = start_timer();
}

Reporting::~Reporting() {
    timer_delete(static_cast<timer_t>(timer));
    launched = nullptr;
    sigaltstack(&stack_before, nullptr);
}

void report_deadlock(const std::vector<Thread>& threads) {
    begin();
    print("deadlock: every thread waits for one that does not come");
    size_t listed = 0;
    for (const Thread& t : threads) {
        if (t.wait != Wait::Barrier && t.wait != Wait::Warp) continue;
        if (listed++ == threads_listed) {
            print("\n  and others");
            break;
        }
        print("\n  thread (%u,%u,%u) in %s at %s:%u", t.index.x, t.index.y, t.index.z,
                t.wait == Wait::Barrier ? "__syncthreads" : operation_name(t.operation), t.place.file, t.place.line);
        if (t.wait == Wait::Warp) print(", mask %08x", t.mask);
    }
    end();
}

void report_divergent_barrier(Place first, Place second) {
    begin();
    print("divergent barrier: comes to __syncthreads at %s:%u while others wait in the one at %s:%u",
            second.file, second.line, first.file, first.line);
    end();
}

void report_divergent_warp(const Thread& first, const Thread& second) {
    begin();
    print("divergent warp, mask %08x: %s at %s:%u while lane %u waits in %s at %s:%u", first.mask,
            operation_name(first.operation), first.place.file, first.place.line, second.linear % 32,
            operation_name(second.operation), second.place.file, second.place.line);
    end();
}

void report_lane_outside_mask(const Thread& thread) {
    begin();
    print("%s at %s:%u with mask %08x, which does not name the calling lane",
            operation_name(thread.operation), thread.place.file, thread.place.line, thread.mask);
    end();
}

void report_shared_overrun(size_t dynamic_bytes, size_t offset) {
    running.current = nullptr;  // the block has ended: which thread it was is not known
    begin();
    print("block (%u,%u,%u) wrote to byte %zu of a dynamic shared array of %zu bytes",
            running.block_index.x, running.block_index.y, running.block_index.z, offset, dynamic_bytes);
    end();
}

void report_bad_launch(const Kernel& kernel, const char* why) {
    print("\nemulator: kernel %s cannot be launched: %s", kernel.name, why);
    end();
}

void report_trap(Place place) {
    begin();
    print("__trap at %s:%u", place.file, place.line);
    end();
}

}  // namespace emulator
