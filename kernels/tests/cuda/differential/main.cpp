// Runs the kernels of ../../../cuda over the emulator, for the tests of src/cuda/differential.rs.
//
// A request is words on the standard input, an answer is words on the standard output, all little-endian:
//   1 (tables):  words, then as many words                            -> nothing
//   2 (scan):    seed, blocks, hits_max, wanted, then the slot         -> hits and failure; then the places in
//                order if none failed
//   3 (redact):  seed, blocks, edits, replacements, replacement_bytes, out_blocks, then the slot, the edits,
//                the offsets and the bytes, padded to a multiple of four -> failure, then the new slot
//   4 (checks):  seed, count, then the candidates, 14 words each        -> a word each
// Every buffer has exactly the bytes that the kernel may touch; the emulator guards its ends.
#include "../../../cuda/common.cuh"
#include "candidate.h"
#include "launch.h"

extern "C" const emulator::Kernel emulator_kernel_pii_scan;
extern "C" const emulator::Kernel emulator_kernel_redact;
extern "C" const emulator::Kernel emulator_kernel_checks;

static bool read_words(u32* words, size_t count) {
    return fread(words, sizeof(u32), count, stdin) == count;
}

static void write_words(const u32* words, size_t count) {
    if (fwrite(words, sizeof(u32), count, stdout) != count) {
        exit(3);
    }
}

static void need(bool had) {
    if (!had) {
        fprintf(stderr, "differential: the request ends too early\n");
        exit(2);
    }
}

static void need_that(bool holds, const char* what) {
    if (!holds) {
        fprintf(stderr, "differential: %s\n", what);
        exit(2);
    }
}

static void scan(const Buffer<u32>& tables) {
    u32 request[4];
    need(read_words(request, 4));
    const u32 seed = request[0], blocks = request[1], hits_max = request[2];
    const u32 tiles = (blocks + TILE_BYTES / BLOCK_BYTES - 1) / (TILE_BYTES / BLOCK_BYTES);
    // More tiles than the slot has, as a grid for a larger slot would launch.
    const u32 grid = tiles / (SCAN_THREADS / 32) + 1;
    Buffer<Sixteen> text(blocks * 4);
    need(read_words((u32*)text.data, blocks * 16));
    Buffer<Header> header(1);
    *header.data = {MAGIC, VERSION, blocks, hits_max, seed + 1, request[3], 0, 0, 0, 0};
    Buffer<Outcome> outcome(1);
    *outcome.data = {0, 0, 0};
    Buffer<u32> hits(hits_max);
    Buffer<Span> spans(tiles);
    for (u32 tile = 0; tile < tiles; tile++) {
        spans.data[tile] = {0, 0};
    }
    Buffer<Answer> answer(1);
    launch(emulator_kernel_pii_scan, grid, SCAN_THREADS, seed, text.data, header.data, tables.data, hits.data, spans.data, outcome.data,
           answer.data);
    const Answer& said = *answer.data;
    need_that(said.sequence == seed + 1 && said.blocks == blocks, "the answer is another launch's");
    need_that(outcome.data->hits == 0 && outcome.data->failure == 0 && outcome.data->ended == 0, "the next launch begins with this one's outcome");
    write_words(&said.hits, 2);
    if (said.failure == 0) {
        // In order of place, as the spans say.
        for (u32 tile = 0; tile < tiles; tile++) {
            write_words(&hits.data[spans.data[tile].first], spans.data[tile].count);
        }
    }
}

static void redact_once() {
    u32 request[6];
    need(read_words(request, 6));
    const u32 seed = request[0], blocks = request[1], edits = request[2], replacements = request[3];
    const u32 replacement_bytes = request[4], out_blocks = request[5];
    Buffer<u32> text(blocks * 16), offsets(replacements + 1), packed((replacement_bytes + 3) / 4);
    Buffer<Edit> list(edits);
    need(read_words(text.data, blocks * 16) && read_words((u32*)list.data, edits * 4) &&
         read_words(offsets.data, replacements + 1) && read_words(packed.data, (replacement_bytes + 3) / 4));
    Buffer<u8> bytes(replacement_bytes);
    for (u32 index = 0; index < replacement_bytes; index++) {
        bytes.data[index] = ((const u8*)packed.data)[index];
    }
    Buffer<Header> header(1);
    *header.data = {MAGIC, VERSION, blocks, 0, 1, 0, edits, out_blocks, replacements, replacement_bytes};
    Buffer<Sixteen> out(out_blocks * 4);
    Buffer<Outcome> outcome(1);
    *outcome.data = {0, 0, 0};
    launch(emulator_kernel_redact, out_blocks * 4 / REDACT_THREADS + 1, REDACT_THREADS, seed, text.data, header.data, list.data,
           offsets.data, bytes.data, out.data, outcome.data);
    write_words(&outcome.data->failure, 1);
    write_words((const u32*)out.data, out_blocks * 16);
}

static void check(const Buffer<u32>& tables) {
    u32 request[2];
    need(read_words(request, 2));
    const u32 count = request[1];
    Buffer<Candidate> candidates(count);
    need(read_words((u32*)candidates.data, count * (sizeof(Candidate) / 4)));
    Buffer<u32> holds(count);
    launch(emulator_kernel_checks, count / SCAN_THREADS + 1, SCAN_THREADS, request[0], tables.data, candidates.data,
           holds.data, count);
    write_words(holds.data, count);
}

int main() {
    Buffer<u32> tables(0);
    for (u32 kind; read_words(&kind, 1);) {
        if (kind == 1) {
            u32 words = 0;
            need(read_words(&words, 1));
            tables.resize(words);
            need(read_words(tables.data, words));
        } else if (kind == 2) {
            scan(tables);
        } else if (kind == 3) {
            redact_once();
        } else if (kind == 4) {
            check(tables);
        } else {
            fprintf(stderr, "differential: no request of kind %u\n", kind);
            return 2;
        }
        fflush(stdout);
    }
    return 0;
}
