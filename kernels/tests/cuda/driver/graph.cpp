// Stream capture and graphs: CUDA C++ Programming Guide, "CUDA Graphs".
//
// A captured stream queues nothing: each piece becomes a node that comes after the stream's last ones. Launching queues
// every node as work of its own, so nodes that do not depend on each other run in any order.
#include <algorithm>
#include <thread>

#include "driver.h"

namespace driver {

struct Node {
    NodeWork work;
    std::vector<size_t> after;
};

struct Graph {
    std::vector<std::unique_ptr<Node>> nodes;
    std::thread::id thread;  // that began the capture
    int mode = 0;            // 0 global, 1 thread-local, 2 relaxed
    bool invalid = false;    // something was called that must not be
};

// An instantiated graph: a copy of the nodes, each with the one it was made from.
struct GraphExec {
    struct Copy {
        const Node* original;
        NodeWork work;
        std::vector<size_t> after;
    };
    std::vector<Copy> nodes;
    WorkPointer last;  // launches of one graph do not overlap
};

namespace {

std::set<Graph*> graphs, being_captured;
std::set<GraphExec*> executables;

bool reaches(const Graph& graph, size_t from, size_t to) {
    if (from == to) return true;
    const std::vector<size_t>& after = graph.nodes[from]->after;
    return std::any_of(after.begin(), after.end(), [&](size_t node) { return reaches(graph, node, to); });
}

// Whether all that joined the capture came back to the stream where it began.
bool is_joined(const Graph& graph, const Stream& origin, const Stream& other) {
    return std::all_of(other.capture.tail.begin(), other.capture.tail.end(), [&](size_t node) {
        const std::vector<size_t>& tail = origin.capture.tail;
        return std::any_of(tail.begin(), tail.end(), [&](size_t end) { return reaches(graph, end, node); });
    });
}

std::function<Result()> runner(const NodeWork& work) {
    if (work.launch == nullptr) return work.run;
    // A copy: later changes of the node's parameters are for later launches.
    return [launch = *work.launch] { return execute(launch); };
}

void launch_graph(GraphExec& exec, Stream& stream) {
    std::vector<WorkPointer> made;
    WorkPointer begin = submit(stream, [] { return Success; });
    if (exec.last != nullptr && !exec.last->done) begin->after.push_back(exec.last);
    for (const GraphExec::Copy& node : exec.nodes) {
        std::vector<WorkPointer> after{begin};
        for (size_t earlier : node.after) after.push_back(made[earlier]);
        made.push_back(add_work(after, runner(node.work)));
    }
    exec.last = submit(stream, [] { return Success; });
    for (const WorkPointer& work : made) {
        if (!work->done) exec.last->after.push_back(work);
    }
}

}  // namespace

bool capturing(const Stream& stream) { return stream.capture.graph != nullptr; }

void capture(Stream& stream, NodeWork work) {
    Graph& graph = *stream.capture.graph;
    graph.nodes.push_back(std::make_unique<Node>(Node{std::move(work), stream.capture.tail}));
    stream.capture.tail = {graph.nodes.size() - 1};
}

Result refuse_capture(Stream& stream) {
    if (!capturing(stream)) return Success;
    stream.capture.graph->invalid = true;
    return CaptureUnsupported;
}

Result refuse_while_capturing() {
    for (Graph* graph : being_captured) {
        bool applies = graph->mode == 0 || (graph->mode == 1 && graph->thread == std::this_thread::get_id());
        if (!applies) continue;
        graph->invalid = true;
        return CaptureUnsupported;
    }
    return Success;
}

// A captured event takes the waiting stream into the capture; any other would make the graph depend on what is outside.
Result join_capture(Stream& stream, const Event& event) {
    if (event.captured.graph == nullptr) {
        if (event.recorded == nullptr) return Success;  // never recorded: nothing to wait for
        stream.capture.graph->invalid = true;
        return CaptureIsolation;
    }
    if (being_captured.count(event.captured.graph) == 0) return InvalidValue;
    if (!capturing(stream)) {
        stream.capture = event.captured;
        stream.capture.origin = false;
        return Success;
    }
    if (stream.capture.graph != event.captured.graph) return CaptureIsolation;
    for (size_t node : event.captured.tail) stream.capture.tail.push_back(node);
    return Success;
}

}  // namespace driver

using driver::Graph;
using driver::GraphExec;
using driver::Node;
using namespace driver;

EXPORTED Result cuStreamBeginCapture_v2(Stream* handle, int mode) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    if (mode < 0 || mode > 2) return InvalidValue;
    if (stream == &state().null_stream) return CaptureUnsupported;
    if (capturing(*stream)) return refuse_capture(*stream);
    auto* graph = new Graph;
    graph->thread = std::this_thread::get_id();
    graph->mode = mode;
    stream->capture = {graph, {}, true};
    being_captured.insert(graph);
    return Success;
}

EXPORTED Result cuStreamEndCapture(Stream* handle, Graph** made) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    if (!capturing(*stream)) return InvalidValue;
    if (!stream->capture.origin) return CaptureUnmatched;
    Graph* graph = stream->capture.graph;
    if (graph->mode != 2 && graph->thread != std::this_thread::get_id()) return CaptureWrongThread;
    Result result = graph->invalid ? CaptureInvalidated : Success;
    for (Stream* other : state().streams) {
        if (other == stream || other->capture.graph != graph) continue;
        if (result == Success && !is_joined(*graph, *stream, *other)) result = CaptureUnjoined;
        other->capture = {};
    }
    stream->capture = {};
    being_captured.erase(graph);
    for (Event* event : state().events) {
        if (event->captured.graph == graph) event->captured = {};
    }
    *made = nullptr;
    if (result != Success) {
        delete graph;
        return result;
    }
    graphs.insert(graph);
    *made = graph;
    return Success;
}

EXPORTED Result cuStreamIsCapturing(Stream* handle, int* status) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    *status = !capturing(*stream) ? 0 : stream->capture.graph->invalid ? 2 : 1;
    return Success;
}

EXPORTED Result cuThreadExchangeStreamCaptureMode(int* mode) {
    ENTER(Initialised);
    thread_local int current = 0;
    if (mode == nullptr || *mode < 0 || *mode > 2) return InvalidValue;
    std::swap(*mode, current);
    return Success;
}

EXPORTED Result cuGraphInstantiateWithFlags(GraphExec** made, Graph* graph, unsigned long long) {
    ENTER(Context);
    if (made == nullptr || graphs.count(graph) == 0) return InvalidValue;
    *made = new GraphExec;
    for (const auto& node : graph->nodes) {
        GraphExec::Copy copy{node.get(), node->work, node->after};
        if (copy.work.launch != nullptr) copy.work.launch = std::make_shared<Launch>(*copy.work.launch);
        (*made)->nodes.push_back(std::move(copy));
    }
    executables.insert(*made);
    return Success;
}

EXPORTED Result cuGraphUpload(GraphExec* exec, Stream* handle) {
    ENTER(Context);
    return executables.count(exec) == 0 || stream_of(handle) == nullptr ? InvalidHandle : Success;
}

EXPORTED Result cuGraphLaunch(GraphExec* exec, Stream* handle) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (executables.count(exec) == 0 || stream == nullptr) return InvalidHandle;
    if (Result refused = refuse_capture(*stream)) return refused;
    launch_graph(*exec, *stream);
    return Success;
}

EXPORTED Result cuGraphExecDestroy(GraphExec* exec) {
    ENTER(Context);
    if (executables.erase(exec) == 0) return InvalidHandle;
    delete exec;
    return Success;
}

EXPORTED Result cuGraphDestroy(Graph* graph) {
    ENTER(Context);
    if (graphs.erase(graph) == 0) return InvalidHandle;
    delete graph;
    return Success;
}

// Without room for handles: how many there are.
EXPORTED Result cuGraphGetNodes(Graph* graph, const Node** nodes, size_t* count) {
    ENTER(Context);
    if (graphs.count(graph) == 0 || count == nullptr) return InvalidValue;
    for (size_t i = 0; nodes != nullptr && i < *count; i++) {
        nodes[i] = i < graph->nodes.size() ? graph->nodes[i].get() : nullptr;
    }
    *count = nodes == nullptr ? graph->nodes.size() : std::min(*count, graph->nodes.size());
    return Success;
}

// CUgraphNodeType: 0 a kernel; 1, a copy, stands for all others.
EXPORTED Result cuGraphNodeGetType(const Node* node, int* type) {
    ENTER(Context);
    if (node == nullptr || type == nullptr) return InvalidValue;
    *type = node->work.launch != nullptr ? 0 : 1;
    return Success;
}

// CUDA_KERNEL_NODE_PARAMS of the CUDA Driver API.
struct KernelNodeParameters {
    Function* function;
    unsigned grid[3], block[3];
    unsigned dynamic_bytes;
    void** parameters;
    void** extra;
    void* kernel;
    void* context;
};

EXPORTED Result cuGraphExecKernelNodeSetParams_v2(GraphExec* exec, const Node* node, const KernelNodeParameters* to) {
    ENTER(Context);
    if (executables.count(exec) == 0 || to == nullptr) return InvalidValue;
    for (GraphExec::Copy& copy : exec->nodes) {
        if (copy.original != node || copy.work.launch == nullptr) continue;
        Launch launch;
        Result refused = prepare_launch(to->function, to->grid, to->block, to->dynamic_bytes, to->parameters, to->extra, launch);
        if (refused != Success) return refused;
        *copy.work.launch = launch;
        return Success;
    }
    return InvalidValue;
}

EXPORTED Result cuGraphExecKernelNodeSetParams(GraphExec* exec, const Node* node, const KernelNodeParameters* to) {
    return cuGraphExecKernelNodeSetParams_v2(exec, node, to);
}
