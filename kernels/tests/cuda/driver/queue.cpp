// Streams and events: work is queued and runs later, in any order that the streams and events allow.
//
// On a real device, work is done at some time between its submission and a synchronisation. Here as well: a
// synchronisation runs pieces of work that may run, chosen by the seed, until the one waited for is done; and if none
// comes, the device's own thread begins after a while. So what is used without waiting for it is, as a rule, not there.
#include <algorithm>
#include <chrono>
#include <thread>

#include "driver.h"

namespace driver {
namespace {

bool may_run(const Work& work) {
    return std::all_of(work.after.begin(), work.after.end(), [](const WorkPointer& w) { return w->done; });
}

// One of the pieces that may run, or null.
WorkPointer choose(Driver& d) {
    std::vector<size_t> possible;
    for (size_t i = 0; i < d.pending.size(); i++) {
        if (may_run(*d.pending[i])) possible.push_back(i);
    }
    if (possible.empty()) return nullptr;
    size_t chosen = possible[d.random.below(possible.size())];
    WorkPointer work = d.pending[chosen];
    d.pending.erase(d.pending.begin() + static_cast<std::ptrdiff_t>(chosen));
    return work;
}

void run_one(Driver& d, const WorkPointer& work, Lock& lock) {
    d.running = true;
    Result result = d.lasting;
    if (result == Success) {
        lock.unlock();
        result = work->run();
        lock.lock();
    }
    if (is_lasting(result)) d.lasting = result;
    work->result = result;
    work->finished_ms = now_ms();
    work->done = true;
    work->after.clear();  // or a chain of all work ever done would stay
    work->run = nullptr;
    d.running = false;
    d.changed.notify_all();
}

// Runs one piece, or waits for another thread that runs one. False when nothing is left.
bool step(Driver& d, Lock& lock) {
    if (d.running) {
        d.changed.wait(lock);
        return true;
    }
    WorkPointer work = choose(d);
    if (work == nullptr) return false;
    run_one(d, work, lock);
    return true;
}

// The device: begins when nobody has submitted anything for INLAND_CUDA_DELAY_US.
void device_thread() {
    Driver& d = state();
    Lock lock(d.lock);
    for (;;) {
        d.changed.wait(lock, [&] { return !d.pending.empty(); });
        double wait_ms = d.woken_ms - now_ms();
        if (wait_ms > 0) {
            d.changed.wait_for(lock, std::chrono::duration<double, std::milli>(wait_ms));
            continue;
        }
        step(d, lock);
    }
}

void wake_later(Driver& d) {
    static bool started = false;
    double delay_ms = static_cast<double>(setting("INLAND_CUDA_DELAY_US", 1000)) / 1000;
    d.woken_ms = now_ms() + delay_ms * (0.5 + static_cast<double>(d.random.below(1000)) / 1000);
    if (!started) std::thread(device_thread).detach();
    started = true;
    d.changed.notify_all();
}

}  // namespace

double now_ms() {
    auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double, std::milli>(since).count();
}

Stream* stream_of(Stream* handle) {
    Driver& d = state();
    // 0 and CU_STREAM_LEGACY (1) are the null stream; we have no per-thread one (2).
    if (handle == nullptr || handle == reinterpret_cast<Stream*>(1)) return &d.null_stream;
    return d.streams.count(handle) != 0 ? handle : nullptr;
}

WorkPointer add_work(std::vector<WorkPointer> after, std::function<Result()> run) {
    Driver& d = state();
    auto work = std::make_shared<Work>();
    for (WorkPointer& w : after) {
        if (w != nullptr && !w->done) work->after.push_back(std::move(w));
    }
    work->run = std::move(run);
    d.pending.push_back(work);
    wake_later(d);
    return work;
}

WorkPointer submit(Stream& stream, std::function<Result()> run) {
    Driver& d = state();
    std::vector<WorkPointer> after{stream.last};
    // CUDA Driver API, "Stream synchronization behavior": the null stream and the blocking ones wait for each other.
    if (&stream == &d.null_stream) {
        for (Stream* other : d.streams) {
            if ((other->flags & 1) == 0) after.push_back(other->last);
        }
    } else if ((stream.flags & 1) == 0) {
        after.push_back(d.null_stream.last);
    }
    stream.last = add_work(std::move(after), std::move(run));
    return stream.last;
}

Result finish(const WorkPointer& work, Lock& lock) {
    Driver& d = state();
    while (work != nullptr && !work->done) {
        if (!step(d, lock)) break;
    }
    return d.lasting;
}

void finish_all(Lock& lock) {
    Driver& d = state();
    while (!d.pending.empty() || d.running) {
        if (!step(d, lock)) break;
    }
}

Result query(const WorkPointer& work, Lock& lock) {
    Driver& d = state();
    if (work == nullptr || work->done) return d.lasting;
    // Time goes by while somebody asks.
    if (!d.running && d.random.below(4) == 0) step(d, lock);
    if (d.lasting != Success) return d.lasting;
    return work->done ? Success : NotReady;
}

}  // namespace driver

using namespace driver;

EXPORTED Result cuStreamCreateWithPriority(Stream** stream, unsigned flags, int) {
    ENTER(Context);
    if (stream == nullptr || flags > 1) return InvalidValue;
    *stream = new Stream;
    (*stream)->flags = flags;
    state().streams.insert(*stream);
    return Success;
}

EXPORTED Result cuStreamCreate(Stream** stream, unsigned flags) {
    ENTER(Context);
    if (stream == nullptr || flags > 1) return InvalidValue;
    *stream = new Stream;
    (*stream)->flags = flags;
    state().streams.insert(*stream);
    return Success;
}

// Work that is still queued goes on: only the handle is gone.
EXPORTED Result cuStreamDestroy_v2(Stream* stream) {
    ENTER(Context);
    if (state().streams.erase(stream) == 0) return InvalidHandle;
    delete stream;
    return Success;
}

EXPORTED Result cuStreamSynchronize(Stream* handle) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    if (Result refused = refuse_capture(*stream)) return refused;
    return finish(stream->last, lock);
}

EXPORTED Result cuStreamQuery(Stream* handle) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    if (Result refused = refuse_capture(*stream)) return refused;
    return query(stream->last, lock);
}

EXPORTED Result cuStreamWaitEvent(Stream* handle, Event* event, unsigned flags) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr || state().events.count(event) == 0) return InvalidHandle;
    if (flags != 0) return InvalidValue;
    if (capturing(*stream) || event->captured.graph != nullptr) return join_capture(*stream, *event);
    if (event->recorded != nullptr) stream->last = add_work({stream->last, event->recorded}, [] { return Success; });
    return Success;
}

EXPORTED Result cuStreamGetPriority(Stream* handle, int* priority) {
    ENTER(Context);
    if (stream_of(handle) == nullptr) return InvalidHandle;
    *priority = 0;
    return Success;
}

EXPORTED Result cuStreamGetFlags(Stream* handle, unsigned* flags) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    *flags = stream->flags;
    return Success;
}

EXPORTED Result cuLaunchHostFunc(Stream* handle, void (*function)(void*), void* data) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    auto run = [=] {
        function(data);
        return Success;
    };
    if (capturing(*stream)) {
        capture(*stream, {run, nullptr});
    } else {
        submit(*stream, run);
    }
    return Success;
}

EXPORTED Result cuEventCreate(Event** event, unsigned flags) {
    ENTER(Context);
    if (event == nullptr || flags > 7) return InvalidValue;
    *event = new Event;
    (*event)->flags = flags;
    state().events.insert(*event);
    return Success;
}

EXPORTED Result cuEventDestroy_v2(Event* event) {
    ENTER(Context);
    if (state().events.erase(event) == 0) return InvalidHandle;
    delete event;
    return Success;
}

EXPORTED Result cuEventRecord(Event* event, Stream* handle) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr || state().events.count(event) == 0) return InvalidHandle;
    if (capturing(*stream)) {
        event->captured = stream->capture;
        event->recorded = nullptr;
        return Success;
    }
    event->captured = {};
    event->recorded = submit(*stream, [] { return Success; });
    return Success;
}

EXPORTED Result cuEventRecordWithFlags(Event* event, Stream* handle, unsigned flags) {
    return flags > 1 ? InvalidValue : cuEventRecord(event, handle);
}

EXPORTED Result cuEventSynchronize(Event* event) {
    ENTER(Context);
    if (state().events.count(event) == 0) return InvalidHandle;
    if (event->captured.graph != nullptr) return CaptureUnsupported;
    return finish(event->recorded, lock);
}

EXPORTED Result cuEventQuery(Event* event) {
    ENTER(Context);
    if (state().events.count(event) == 0) return InvalidHandle;
    if (event->captured.graph != nullptr) return CaptureUnsupported;
    return query(event->recorded, lock);
}

EXPORTED Result cuEventElapsedTime_v2(float* milliseconds, Event* start, Event* end) {
    ENTER(Context);
    auto known = [](Event* e) { return state().events.count(e) != 0; };
    if (!known(start) || !known(end)) return InvalidHandle;
    if (((start->flags | end->flags) & 2) != 0 || !start->recorded || !end->recorded) return InvalidHandle;
    if (!start->recorded->done || !end->recorded->done) return NotReady;
    *milliseconds = static_cast<float>(end->recorded->finished_ms - start->recorded->finished_ms);
    return Success;
}

EXPORTED Result cuEventElapsedTime(float* milliseconds, Event* start, Event* end) {
    return cuEventElapsedTime_v2(milliseconds, start, end);
}
