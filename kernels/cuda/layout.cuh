// Made from kernels/src/cuda by the test of layout.rs, which says so when it differs:
// INLAND_WRITE=1 cargo test -p inland-kernels --lib layout
#pragma once
#define BLOCK_BYTES 64u
#define TILE_BYTES 4096u
#define ANCHORS_MAX 4096u
#define SCAN_THREADS 256u
#define VERIFY_THREADS 128u
#define REDACT_THREADS 256u
#define MAGIC 1263291977u
#define VERSION 1u
#define LONG_WORD 16u
#define KIND_WORD 4096u
#define KIND_DIGITS 8192u
#define KIND_MARK 16384u
#define TILE_HIGH 1u
#define TILE_LEAD 2u
#define FAILURE_OVERFLOW 1u
#define FAILURE_LAYOUT 2u
#define FAMILY_EMAIL 1u
#define FAMILY_IBAN 2u
#define FAMILY_MRZ 4u
#define FAMILY_PLATE 8u
#define FAMILY_CODES 16u
#define FAMILY_NUMBERS 32u
#define FAMILY_CARD 64u
#define FAMILY_IPV4 128u
#define FAMILY_BIRTH 256u
#define FAMILY_PHONE 512u
#define FAMILY_ADDRESS 1024u
#define FAMILY_SECRET_WORD 2048u
#define FAMILY_SECRET_EQUALS 4096u
#define FAMILY_SECRET_COLON 8192u
#define FAMILY_SECRET_TILDE 16384u
#define FAMILY_SECRET_DIGITS 32768u
