// What is in a module's image: a fatbin (the container that nvcc makes) or PTX text.
//
// The container is not documented; this is what fatbinary of CUDA 13.0 writes, and anything else is refused.
//   u32 magic ba55ed50, u16 version 1, u16 header bytes, u64 bytes that follow
//   then images: u16 kind (1 PTX, 2 ELF), u16 version, u32 header bytes, u64 bytes that follow the header,
//                u32 compressed bytes (0: not compressed), …, u32 at 28: architecture (80 for sm_80),
//                u64 at 40: flags (2000: compressed by LZ4), u64 at 56: bytes once decompressed
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "driver.h"

namespace driver {
namespace {

constexpr uint32_t fatbin_magic = 0xba55ed50;
constexpr size_t image_header_min = 64;
constexpr size_t image_bytes_max = 64 << 20;
constexpr uint64_t lz4_flag = 0x2000;

struct Image {
    bool is_ptx;
    unsigned architecture;
    std::string bytes;
};

template <class T>
T read(std::string_view bytes, size_t at) {
    T value = 0;
    if (at + sizeof value <= bytes.size()) memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

Result refuse(Result result, const char* why) {
    fprintf(stderr, "stand-in driver: module refused: %s\n", why);
    return result;
}

// A length that goes on in further bytes while they are 255.
size_t extended(std::string_view in, size_t& at, size_t length) {
    if (length != 15) return length;
    unsigned char more = 255;
    while (more == 255 && at < in.size()) length += more = static_cast<unsigned char>(in[at++]);
    return length;
}

// One LZ4 block (lz4_Block_format.md of the LZ4 project): literals, then a match in what was written. False if damaged.
bool decompress(std::string_view in, size_t bytes, std::string& out) {
    for (size_t at = 0; at < in.size() && out.size() <= bytes;) {
        unsigned token = static_cast<unsigned char>(in[at++]);
        size_t literals = extended(in, at, token >> 4);
        if (literals > in.size() - at) return false;
        out += in.substr(at, literals);
        at += literals;
        if (at == in.size()) break;  // the last sequence has no match
        size_t distance = read<uint16_t>(in, at);
        at += 2;
        size_t length = extended(in, at, token & 15) + 4;
        if (distance == 0 || distance > out.size() || length > bytes - std::min(bytes, out.size())) return false;
        while (length-- > 0) out += out[out.size() - distance];  // byte by byte: a match may overlap itself
    }
    return out.size() == bytes;
}

// The bytes of one image of a fatbin, decompressed.
Result read_image(std::string_view header, std::string_view bytes, Image& image) {
    image.is_ptx = read<uint16_t>(header, 0) == 1;
    image.architecture = read<uint32_t>(header, 28);
    size_t compressed = read<uint32_t>(header, 16);
    if (compressed == 0) {
        image.bytes = bytes;
        return Success;
    }
    if ((read<uint64_t>(header, 40) & lz4_flag) == 0 || compressed > bytes.size()) {
        return refuse(InvalidImage, "the fatbin is compressed in a way that is not known here");
    }
    size_t size = read<uint64_t>(header, 56);
    if (size > image_bytes_max || !decompress(bytes.substr(0, compressed), size, image.bytes)) {
        return refuse(InvalidImage, "a compressed image of the fatbin is damaged");
    }
    return Success;
}

Result read_fatbin(std::string_view bytes, std::vector<Image>& images) {
    size_t at = read<uint16_t>(bytes, 6);
    while (at < bytes.size()) {
        std::string_view rest = bytes.substr(at);
        uint16_t kind = read<uint16_t>(rest, 0);
        uint64_t header = read<uint32_t>(rest, 4), size = read<uint64_t>(rest, 8);
        if ((kind != 1 && kind != 2) || header < image_header_min || header > rest.size() || size > rest.size() - header) {
            return refuse(InvalidImage, "the fatbin is damaged");
        }
        images.emplace_back();
        Result refused = read_image(rest.substr(0, header), rest.substr(header, size), images.back());
        if (refused != Success) return refused;
        at += header + size;
    }
    return images.empty() ? refuse(InvalidImage, "the fatbin is empty") : Success;
}

// A cubin runs on its architecture and later ones of the same generation, PTX on its and all later ones.
bool runs_here(const Image& image) {
    unsigned here = static_cast<unsigned>(capability());
    if (image.is_ptx) return image.architecture <= here;
    return image.architecture / 10 == here / 10 && image.architecture <= here;
}

std::string_view word(std::string_view text, size_t& at) {
    while (at < text.size() && isspace(static_cast<unsigned char>(text[at]))) at++;
    size_t start = at;
    auto part = [](unsigned char c) { return isalnum(c) || c == '_' || c == '$' || c == '.'; };
    while (at < text.size() && part(static_cast<unsigned char>(text[at]))) at++;
    return text.substr(start, at - start);
}

// Bytes of a PTX type, 0 for what is none: .u32, .b8, .f64 …
size_t type_bytes(std::string_view type) {
    if (type.size() < 3 || type[0] != '.' || strchr("busf", type[1]) == nullptr) return 0;
    size_t bits = 0;
    for (char c : type.substr(2)) bits = isdigit(static_cast<unsigned char>(c)) ? bits * 10 + static_cast<size_t>(c - '0') : 0;
    return bits / 8;
}

// ".param .u64 k_param_0" or ".param .align 4 .b8 k_param_1[24]".
size_t parameter_bytes(std::string_view text) {
    size_t bytes = 0;
    for (size_t at = 0; at < text.size();) {
        std::string_view w = word(text, at);
        if (size_t of_type = type_bytes(w)) bytes = of_type;
        if (!w.empty()) continue;
        if (at < text.size() && text[at] == '[') return bytes * strtoul(text.data() + at + 1, nullptr, 10);
        at++;
    }
    return bytes;
}

// The parameters between `at`, behind an entry's name, and the closing bracket.
bool parse_parameters(std::string_view ptx, size_t& at, Entry& entry) {
    size_t open = ptx.find_first_not_of(" \t\r\n", at);
    if (open == std::string_view::npos) return false;
    at = open;
    if (ptx[open] != '(') return true;  // none
    size_t close = ptx.find(')', open);
    if (close == std::string_view::npos) return false;
    std::string_view list = ptx.substr(open + 1, close - open - 1);
    at = close + 1;
    while (list.find(".param") != std::string_view::npos) {
        size_t comma = list.find(',');
        size_t bytes = parameter_bytes(list.substr(0, comma));
        if (bytes == 0) return false;
        entry.parameters.push_back(bytes);
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    }
    return true;
}

// ".maxntid 256, 1, 1" between the parameters and the body: how many threads the launch bounds allow.
unsigned threads_allowed(std::string_view head) {
    size_t at = head.find(".maxntid");
    if (at == std::string_view::npos) return emulator::threads_max;
    unsigned x = 1, y = 1, z = 1;
    sscanf(std::string(head.substr(at)).c_str(), ".maxntid %u , %u , %u", &x, &y, &z);
    return x * y * z;
}

// The sum of ".shared .align 4 .b8 name[128];" in an entry's body; what lies between them is not known here.
size_t shared_bytes(std::string_view body) {
    constexpr std::string_view keyword = ".shared .align";
    size_t bytes = 0;
    for (size_t at = body.find(keyword); at != std::string_view::npos; at = body.find(keyword, at + 1)) {
        bytes += parameter_bytes(body.substr(at, body.find(';', at) - at));
    }
    return bytes;
}

bool parse_ptx(std::string_view ptx, std::vector<Entry>& entries) {
    constexpr std::string_view keyword = ".entry";
    for (size_t at = ptx.find(keyword); at != std::string_view::npos; at = ptx.find(keyword, at)) {
        at += keyword.size();
        Entry entry;
        entry.name = word(ptx, at);
        if (entry.name.empty() || !parse_parameters(ptx, at, entry)) return false;
        size_t body = ptx.find('{', at);
        if (body == std::string_view::npos) return false;
        entry.threads_max = threads_allowed(ptx.substr(at, body - at));
        entry.shared_bytes = shared_bytes(ptx.substr(body, ptx.find(keyword, body) - body));
        entries.push_back(entry);
        at = body;
    }
    return true;
}

// A cubin has a section ".text.NAME" for each kernel.
bool has_kernels(const Image& cubin, const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
        std::string section = ".text." + entry.name + '\0';
        if (cubin.bytes.find(section) == std::string::npos) return false;
    }
    return true;
}

Result read_images(const char* start, std::vector<Image>& images) {
    uint32_t magic;
    memcpy(&magic, start, sizeof magic);
    if (magic == fatbin_magic) {
        uint64_t follows;
        memcpy(&follows, start + 8, sizeof follows);
        return read_fatbin({start, 16 + follows}, images);
    }
    if (memcmp(start, "\x7f" "ELF", 4) == 0) return refuse(InvalidImage, "a cubin without PTX cannot be checked");
    std::string_view text(start);
    if (text.find(".version") == std::string_view::npos) return refuse(InvalidImage, "neither a fatbin nor PTX");
    images.push_back({true, 80, std::string(text)});
    return Success;
}

}  // namespace

Result parse_image(const void* image, std::vector<Entry>& entries) {
    if (image == nullptr) return InvalidValue;
    std::vector<Image> images;
    if (Result refused = read_images(static_cast<const char*>(image), images)) return refused;
    const Image* ptx = nullptr;
    bool runs = false;
    for (const Image& i : images) {
        if (i.is_ptx) ptx = &i;
        runs |= runs_here(i);
    }
    if (!runs) return refuse(NoBinaryForGpu, "no image for this device");
    if (ptx == nullptr) return refuse(InvalidImage, "a fatbin without PTX cannot be checked");
    if (!parse_ptx(ptx->bytes, entries) || entries.empty()) return refuse(InvalidPtx, "the PTX has no kernel");
    for (const Image& i : images) {
        if (!i.is_ptx && !has_kernels(i, entries)) return refuse(InvalidImage, "a cubin lacks a kernel of the PTX");
    }
    return Success;
}

}  // namespace driver
