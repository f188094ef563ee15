// number: is a number of some scheme written here? Words around it are the host's to weigh.
// Equals kernels/src/number/{mod,code}.rs, digits.rs and payment/card.rs up to there.
//
// Each lane of a warp reads what stands at its own anchor. Whatever may be a number by its length all lanes
// then look at together, a form each: one lane alone would take as long as all forms of a length take.
// So what is `together` here is called by all lanes of a warp at once.
#pragma once
#include "check.cuh"

__device__ __forceinline__ bool is_separator(u32 byte) {
    return byte == ' ' || byte == '-' || byte == '.' || byte == '/' || byte == '+';
}

// A character each: `0` a digit, `A` a letter, `*` either; a small letter stands for itself.
__device__ __forceinline__ bool is_of_classes(const u32* classes, const Characters& all) {
    bool fits = true;
    for (u32 place = 0; place < all.length && fits; place++) {
        const u32 class_of = byte_of(classes, place), value = all.at(place);
        fits = class_of == '0' ? value < 10 : class_of == 'A' ? value >= 10 : class_of == '*' || value == class_of - 'a' + 10;
    }
    return fits;
}

// A form: length, classes, how many shapes (FORM_FREE: any), where they are, where its program is.
__device__ __forceinline__ bool form_holds(const u32* tables, u32 form, const Characters& all, u64 shape, bool unbroken) {
    const u32* classes = tables + form + 1;
    const u32* rest = classes + FORM_CLASS_WORDS;
    bool written = unbroken || rest[0] == FORM_FREE;
    for (u32 index = 0; !written && index < rest[0]; index++) {
        const u32* one = tables + rest[1] + index * 2;
        written = one[0] == (u32)shape && one[1] == (u32)(shape >> 32);
    }
    return written && is_of_classes(classes, all) && checks_hold(tables, rest[2], all);
}

// A number that one lane has read.
struct Job {
    u32 start, end;  // its bytes
    u32 length;      // characters, at most CHARACTERS_MAX
    u32 sign;        // the separator before its last group, 0 if there is none
    u64 shape;       // the lengths of its groups, a byte each
    u32 first, last; // the forms of this length, in the list
};
static_assert(CHARACTERS_MAX <= 32, "a lane holds one character");

// What a job asks, and what comes of it.
#define ASKS_FORMS 1u
#define ASKS_CARD 2u

__device__ __forceinline__ u32 lanes_of(bool holds) {
    return __ballot_sync(0xffffffffu, holds);
}

__device__ __forceinline__ u32 from_lane(u32 value, int lane) {
    return __shfl_sync(0xffffffffu, value, lane);
}

__device__ __forceinline__ Job job_of(const Job& own, int lane) {
    const u32 low = from_lane((u32)own.shape, lane), high = from_lane((u32)(own.shape >> 32), lane);
    return {from_lane(own.start, lane), from_lane(own.end, lane),   from_lane(own.length, lane), from_lane(own.sign, lane),
            low | (u64)high << 32,      from_lane(own.first, lane), from_lane(own.last, lane)};
}

// May a form of this key have the groups of the job? The key's filter has a bit for each grouping.
__device__ __forceinline__ bool may_be_written(u32 filter, const Job& job) {
    const u32 halves = (u32)job.shape ^ (u32)(job.shape >> 32);
    return job.first < job.last && (job.end - job.start == job.length || (filter >> (halves * 0x9e3779b1u >> 27) & 1) != 0);
}

// Writes the characters of a job, without its separators, where all lanes find them. With its separators a number
// has at most 64 bytes.
__device__ __forceinline__ void gather_together(const Text& text, const Job& job, u8* characters) {
    const u32 lane = threadIdx.x % 32;
    u32 before = 0;
    for (u32 half = 0; half < 64; half += 32) {
        const u32 place = job.start + half + lane;
        const u32 value = place < job.end ? value_of(text.at(place)) : NO_VALUE;
        const u32 members = lanes_of(value != NO_VALUE);
        const u32 slot = before + __popc(members & ((1u << lane) - 1));
        if (value != NO_VALUE && slot < CHARACTERS_MAX) {
            characters[slot] = (u8)value;
        }
        before += __popc(members);
    }
    __syncwarp();
}

// Is it a number of one of the forms? A row of the same characters is an example.
__device__ __forceinline__ bool any_form_together(const u32* tables, const Job& job, const Characters& all) {
    const u32 lane = threadIdx.x % 32;
    if (lanes_of(lane < all.length && all.at(lane) != all.at(0)) == 0) {
        return false;
    }
    const u32* list = tables + tables[TABLE_FORMS];
    const bool unbroken = job.end - job.start == job.length;
    for (u32 entry = job.first; entry < job.last; entry += 32) {
        const bool mine = entry + lane < job.last;
        if (lanes_of(mine && form_holds(tables, list[entry + lane], all, job.shape, unbroken)) != 0) {
            return true;
        }
    }
    return false;
}

// The sum over all characters, the last one first: of each what it counts, or twice that as digits.
__device__ __forceinline__ u32 luhn_together(const Characters& all) {
    const u32 lane = threadIdx.x % 32;
    const u32 value = lane < all.length ? all.at(all.length - 1 - lane) << lane % 2 : 0;
    return __reduce_add_sync(0xffffffffu, value - (value > 9 ? 9 : 0));
}

// GS1: thirteen digits with the check digit of goods are on goods.
__device__ __forceinline__ bool is_goods_together(const Characters& all) {
    const u32 lane = threadIdx.x % 32;
    const u32 value = lane < all.length ? all.at(all.length - 1 - lane) * (lane % 2 == 0 ? 1 : 3) : 0;
    return __reduce_add_sync(0xffffffffu, value) % 10 == 0 && all.length == 13 && all.sign == 0;
}

// Is it a card's, if its length and its groups may be? How many ranges; of each: first and last of the first six
// digits, a bit for each length.
__device__ __forceinline__ bool is_card_together(const u32* tables, const Characters& all) {
    const bool goods = is_goods_together(all);
    if (luhn_together(all) % 10 != 0 || goods) {
        return false;
    }
    const u32* ranges = tables + tables[TABLE_CARDS];
    const u32 issuer = (u32)all.number(0, 6), lane = threadIdx.x % 32;
    bool found = false;
    for (u32 index = lane; index < ranges[0]; index += 32) {
        const u32* range = ranges + 1 + index * 3;
        found = found || (range[0] <= issuer && issuer <= range[1] && (range[2] >> all.length & 1) != 0);
    }
    return lanes_of(found) != 0;
}

// What comes of each lane's own job, of what it asks (ASKS_*).
__device__ __noinline__ u32 answers_together(Text text, const u32* tables, u32 asks, const Job& own, u8* characters) {
    u32 answers = 0;
    for (u32 lanes = lanes_of(asks != 0); lanes != 0; lanes &= lanes - 1) {
        const int from = __ffs((int)lanes) - 1;
        const u32 asked = from_lane(asks, from);
        const Job job = job_of(own, from);
        gather_together(text, job, characters);
        const Characters all = {characters, job.length, job.sign};
        u32 found = (asked & ASKS_FORMS) != 0 && any_form_together(tables, job, all) ? ASKS_FORMS : 0;
        found |= (asked & ASKS_CARD) != 0 && is_card_together(tables, all) ? ASKS_CARD : 0;
        answers = threadIdx.x % 32 == (u32)from ? found : answers;
        __syncwarp();
    }
    return answers;
}

// Does a group of a code start here? One with a digit, or a few capitals.
__device__ __forceinline__ bool continues(const Text& text, u32 start) {
    u32 length = 0;
    bool digit = false, capitals = true;
    for (; length < CHARACTERS_MAX; length++) {
        const u32 byte = text.at(start + length);
        if (!is_alphanumeric(byte)) {
            break;
        }
        digit = digit || is_digit(byte);
        capitals = capitals && is_capital(byte);
    }
    return is_digit(text.at(start)) || (digit && length <= CODE_GROUP_BEFORE_MAX + 2) ||
           (length >= 1 && length <= CODE_LETTER_GROUP_MAX && capitals);
}

// Reads on from `start`, the first digit being at `digit`, and asks about each prefix of groups.
__device__ __forceinline__ bool code_from_together(const Text& text, const u32* tables, bool reads, u32 start, u32 digit,
                                                   u8* characters) {
    Job job = {start, start, 0, 0, 0, 0, 0};
    u32 letters = 0;
    bool found = false;
    for (u32 group = 0; group < CODE_GROUPS_MAX && lanes_of(reads) != 0; group++) {
        u32 asks = 0;
        if (reads) {
            const u32 first = job.length;
            for (u32 value; (value = value_of(text.at(job.end))) != NO_VALUE && job.length <= CHARACTERS_MAX; job.end++) {
                letters += value >= 10 && job.end < digit ? 1 : 0;
                job.length++;
            }
            reads = job.length <= CHARACTERS_MAX;
            job.shape = job.shape << 8 | (job.length - first);
            if (reads && job.end > digit && letters <= CODE_LETTERS_MAX) {
                const u32 key = letters * (CHARACTERS_MAX + 1) + job.length;
                job.first = tables[tables[TABLE_CODES] + key];
                job.last = tables[tables[TABLE_CODES] + key + 1];
                asks = may_be_written(tables[tables[TABLE_CODE_SHAPES] + key], job) ? ASKS_FORMS : 0;
            }
        }
        found = answers_together(text, tables, asks, job, characters) != 0 || found;
        if (reads) {
            job.sign = text.at(job.end);
            reads = !found && is_separator(job.sign) && (job.end < digit || continues(text, job.end + 1));
            job.end++;
        }
    }
    return found;
}

// The group of capitals that ends before `start`, one separator between; `start` if there is none.
__device__ __forceinline__ u32 group_before(const Text& text, u32 start) {
    if (!is_separator(text.before(start))) {
        return start;
    }
    u32 group = start - 1, length = 0;
    for (; length < CODE_GROUP_BEFORE_MAX && is_capital(text.before(group)); length++) {
        group--;
    }
    return length > 0 && !is_alphanumeric(text.before(group)) ? group : start;
}

// Is there a code whose first digit is at `digit`, which is the first of its group? It starts there, at the letters
// before it, or up to two groups of capitals before those.
__device__ __noinline__ bool is_code_together(Text text, const u32* tables, bool reads, u32 digit, u8* characters) {
    u32 start = digit;
    while (reads && digit - start < CODE_LETTERS_MAX + 1 && is_letter(text.before(start))) {
        start--;
    }
    bool from = reads && !is_alphanumeric(text.before(start)) && digit - start <= CODE_LETTERS_MAX;
    bool found = false;
    for (u32 group = 0; group < 3 && lanes_of(reads) != 0; group++) {
        found = code_from_together(text, tables, from, start, digit, characters) || found;
        const u32 first = reads ? group_before(text, start) : start;
        reads = reads && !found && first != start && digit - first <= CODE_LETTERS_MAX + 2;
        from = reads;
        start = first;
    }
    return found;
}

// All groups but the last have four digits, or it is one of the groupings that cards show, which stand behind the
// ranges: how many, and those.
__device__ __forceinline__ bool is_card_grouping(const u32* tables, const Job& job) {
    const u32* ranges = tables + tables[TABLE_CARDS];
    const u32* shapes = ranges + 1 + ranges[0] * 3;
    const u64 shape = job.shape;
    u64 rest = shape >> 8;
    bool fours = true;
    for (u32 group = 0; group < 7; group++) {
        fours = fours && ((rest & 0xff) == 0 || (rest & 0xff) == 4);
        rest >>= 8;
    }
    bool shown = false;
    for (u32 index = 0; index < shapes[0]; index++) {
        shown = shown || (shapes[1 + index * 2] == (u32)shape && shapes[2 + index * 2] == (u32)(shape >> 32));
    }
    return job.length - 12 <= 19 - 12 && (job.sign == 0 || (fours && (shape & 0xff) <= 7) || shown);
}

// Which of the families that are asked for the numbers of digits alone are of that begin with the group at `start`; asks
// no more once there is one.
__device__ __noinline__ u32 families_of_digits_together(Text text, const u32* tables, bool reads, u32 start, u32 wanted,
                                                        u8* characters) {
    reads = reads && !(text.before(start) == '.' && is_digit(text.before(start - 1)));
    Job job = {start, start, 0, 0, 0, 0, 0};
    u32 families = 0;
    for (u32 group = 0; group < NUMBER_GROUPS_MAX && lanes_of(reads) != 0; group++) {
        u32 asks = 0;
        if (reads) {
            const u32 first = job.length;
            while (job.length <= NUMBER_DIGITS_MAX && is_digit(text.at(job.end))) {
                job.length++;
                job.end++;
            }
            reads = job.length <= NUMBER_DIGITS_MAX;
            job.shape = job.shape << 8 | (job.length - first);
            // One group in front of a point and more digits is a decimal number.
            const bool decimal = group == 0 && text.at(job.end) == '.' && is_digit(text.at(job.end + 1));
            if (reads && !is_alphanumeric(text.at(job.end)) && !decimal) {
                job.first = tables[tables[TABLE_NUMBERS] + job.length];
                job.last = tables[tables[TABLE_NUMBERS] + job.length + 1];
                const bool may_be = may_be_written(tables[tables[TABLE_NUMBER_SHAPES] + job.length], job);
                const bool bank = job.sign == '/' && job.length - first == 4;
                families |= bank || job.length >= LONG_NUMBER_MIN ? FAMILY_LONG_NUMBER & wanted : 0;
                asks = (wanted & FAMILY_NUMBERS) != 0 && families == 0 && may_be ? ASKS_FORMS : 0;
                asks |= (wanted & FAMILY_CARD) != 0 && families == 0 && is_card_grouping(tables, job) ? ASKS_CARD : 0;
            }
        }
        const u32 answers = answers_together(text, tables, asks, job, characters);
        families |= (answers & ASKS_FORMS) != 0 ? FAMILY_NUMBERS : 0;
        families |= (answers & ASKS_CARD) != 0 ? FAMILY_CARD : 0;
        if (reads) {
            job.sign = text.at(job.end);
            reads = families == 0 && is_separator(job.sign) && is_digit(text.at(job.end + 1));
            job.end++;
        }
    }
    return families;
}
