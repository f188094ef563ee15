// own: rules that only one scheme has, as kernels/src/number/own/*.rs, where their sources stand.
#pragma once

// Where a value stands in a text of digits and capitals; NO_VALUE if nowhere.
__device__ __forceinline__ u32 rank_in(const char* alphabet, u32 count, u32 value) {
    u32 rank = NO_VALUE;
    for (u32 index = 0; index < count; index++) {
        rank = value_of(alphabet[index]) == value ? index : rank;
    }
    return rank;
}

// Half a byte a weight, from the left.
__device__ __forceinline__ u32 times(const Characters& all, u32 from, u32 count, u64 weights) {
    u32 sum = 0;
    for (u32 index = 0; index < count; index++) {
        sum += all.at(from + index) * (u32)(weights >> (count - 1 - index) * 4 & 0xf);
    }
    return sum;
}

__device__ __forceinline__ u32 digits_of(u32 product) {
    return product / 10 + product % 10;
}

// What a letter of that rank, or that digit, counts at an odd place.
__device__ __forceinline__ u32 odd_counts(u32 rank) {
    return (u32)"\x01\x00\x05\x07\x09\x0d\x0f\x11\x13\x15\x02\x04\x12\x14\x0b\x03\x06\x08\x0c\x0e\x10\x0a\x16\x19\x18\x17"[rank];
}

__device__ __forceinline__ bool own_de_idnr(const Characters& all) {
    u32 repeated = 0;
    bool two_or_three = false, in_a_row = false;
    for (u32 digit = 0; digit < 10; digit++) {
        u32 count = 0;
        for (u32 place = 0; place < 10; place++) {
            count += all.at(place) == digit ? 1 : 0;
        }
        repeated += count > 1 ? 1 : 0;
        two_or_three = count > 1 ? count <= 3 : two_or_three;
    }
    for (u32 place = 2; place < 10; place++) {
        in_a_row = in_a_row || (all.at(place) == all.at(place - 1) && all.at(place) == all.at(place - 2));
    }
    return all.at(0) != 0 && repeated == 1 && two_or_three && !in_a_row;
}

__device__ __forceinline__ bool own_de_svnr(const Characters& all) {
    const u32 rank = all.at(8) - 9;
    u32 sum = digits_of(rank / 10 * 2) + rank % 10;
    for (u32 index = 0; index < 8; index++) { // 2 1 2 5 7 1 2 1
        sum += digits_of(all.at(index) * (0x21257121u >> (7 - index) * 4 & 0xf));
    }
    return (sum + digits_of(all.at(9) * 2) + all.at(10)) % 10 == all.at(11);
}

__device__ __forceinline__ bool own_de_kvnr(const Characters& all) {
    const u32 rank = all.at(0) - 9;
    u32 sum = digits_of(rank / 10) + digits_of(rank % 10 * 2);
    for (u32 place = 1; place < 9; place++) {
        sum += digits_of(all.at(place) * (2 - place % 2));
    }
    return sum % 10 == all.at(9);
}

__device__ __forceinline__ bool own_fr_nir(const Characters& all) {
    const u32 tens = all.at(5), ones = all.at(6);
    const bool corsica = tens == 2 && (ones == 10 || ones == 11);
    if (ones >= 10 && !corsica) {
        return false;
    }
    const u32 department = corsica ? (ones == 10 ? 19 : 18) : tens * 10 + ones;
    const u32 head = (remainder(0, all, 0, 5, 97) * 100 + department) % 97;
    return (corsica || department != 0) && 97 - remainder(head, all, 7, 6, 97) == (u32)all.number(13, 2);
}

__device__ __forceinline__ bool own_fr_tva(const Characters& all) {
    const u32 siren = (u32)all.number(4, 9); // below 2^30
    const bool is_siren = all.number(4, 3) == 0 || luhn(all, 4, 9);
    const u32 first = rank_in("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", 34, all.at(2));
    const u32 second = rank_in("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", 34, all.at(3));
    if (first == NO_VALUE || second == NO_VALUE) {
        return false;
    }
    if (first < 10 && second < 10) {
        return is_siren && first * 10 + second == (siren % 97 * 100 + 12) % 97;
    }
    const u32 sum = first < 10 ? first * 24 + second : first * 34 + second, less = first < 10 ? 10 : 100;
    return is_siren && sum >= less && (siren + 1 + (sum - less) / 11) % 11 == (sum - less) % 11;
}

__device__ __forceinline__ bool own_fr_rib(const Characters& all) {
    u32 sum = 0; // modulo 97 all along: 89, 15 and 3 times the parts
    for (u32 part = 0; part < 4; part++) {
        const u32 from = part == 0 ? 0 : part == 1 ? 5 : part == 2 ? 10 : 21, to = part == 0 ? 5 : part == 1 ? 10 : part == 2 ? 21 : 23;
        u32 number = 0;
        for (u32 place = from; place < to; place++) {
            const u32 value = all.at(place);
            const u32 digit = value < 10 ? value : value < 28 ? (value - 10) % 9 + 1 : (value - 28) % 8 + 2;
            number = (number * 10 + digit) % 97;
        }
        sum += number * (part == 0 ? 89 : part == 1 ? 15 : part == 2 ? 3 : 1);
    }
    return sum % 97 == 0;
}

// Omocodia: a letter that stands for a digit.
__device__ __forceinline__ u32 omocodia(u32 value) {
    return value < 10 ? value : rank_in("LMNPQRSTUV", 10, value);
}

__device__ __forceinline__ bool own_it_codice_fiscale(const Characters& all) {
    const u32 month = rank_in("ABCDEHLMPRST", 12, all.at(8));
    bool sound = month != NO_VALUE;
    u32 sum = 0;
    for (u32 place = 0; place < 15; place++) {
        const u32 value = all.at(place), rank = value < 10 ? value : value - 10;
        sum += place % 2 == 0 ? odd_counts(rank) : rank;
        const bool digit = place == 6 || place == 7 || place == 9 || place == 10 || place >= 12;
        sound = sound && (!digit || omocodia(value) != NO_VALUE);
    }
    const u32 day = omocodia(all.at(9)) * 10 + omocodia(all.at(10));
    return sound && is_date(omocodia(all.at(6)) * 10 + omocodia(all.at(7)), month + 1, day > 40 ? day - 40 : day) &&
           all.at(15) == 10 + sum % 26;
}

__device__ __forceinline__ bool own_no_century(const Characters& all) {
    const u32 year = (u32)all.number(4, 2), individual = (u32)all.number(6, 3);
    const u32 century = individual < 500                               ? 1900
                        : individual < 750 && year >= 54               ? 1800
                        : year < 40                                    ? 2000
                        : individual >= 900                            ? 1900
                                                                       : 0;
    const u32 day = (u32)all.number(0, 2);
    return century != 0 && is_date_of_year(century + year, (u32)all.number(2, 2) % 40, day > 40 ? day - 40 : day);
}

__device__ __forceinline__ bool own_fi_hetu(const Characters& all) {
    const u32 letter = all.at(6);
    u32 century = 0, serial = 7;
    if (all.length == 10) {
        century = all.sign == '+' ? 1800 : all.sign == '-' ? 1900 : 0;
        serial = 6;
    } else if (all.length == 11 && all.sign == 0) {
        century = letter - 30 < 5 ? 1900 : letter - 10 < 6 ? 2000 : 0;
    }
    if (century == 0) {
        return false;
    }
    const u32 number = (u32)(all.number(0, 6) * 1000 + all.number(serial, 3));
    return value_of("0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31]) == all.at(serial + 3) && number % 1000 >= 2 &&
           is_date_of_year(century + (u32)all.number(4, 2), (u32)all.number(2, 2), (u32)all.number(0, 2));
}

__device__ __forceinline__ u32 es_letter(u32 number) {
    return value_of("TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]);
}

__device__ __forceinline__ bool own_es_nie(const Characters& all) {
    const u32 first = all.at(0) - 33;
    return first < 3 && es_letter(first * 10000000 + (u32)all.number(1, 7)) == all.at(8);
}

__device__ __forceinline__ bool own_es_cif(const Characters& all) {
    u32 sum = 0;
    for (u32 place = 1; place < 8; place++) {
        sum += digits_of(all.at(place) * (1 + place % 2));
    }
    const u32 check = (10 - sum % 10) % 10;
    return all.at(8) == check || all.at(8) == value_of("JABCDEFGHI"[check]);
}

__device__ __forceinline__ bool own_es_nif(const Characters& all) {
    const u32 from = all.length < 9 ? 0 : all.length - 9;
    const Characters own = all.behind(from);
    const u32 first = own.at(0);
    if (first >= 20 && first <= 22) {
        return es_letter((u32)own.number(1, 7)) == own.at(8);
    }
    if (from != 2) {
        return false;
    }
    return first < 10   ? es_letter((u32)own.number(0, 8)) == own.at(8)
           : first < 33 ? own_es_cif(own)
                        : own_es_nie(own);
}

__device__ __forceinline__ bool own_cy_vat(const Characters& all) {
    const u32 from = all.length < 9 ? 0 : all.length - 9;
    u32 sum = 0;
    for (u32 place = 0; place < 8; place++) {
        const u32 digit = all.at(from + place);
        sum += place % 2 == 0 ? (digit < 10 ? odd_counts(digit) : 0) : digit;
    }
    return all.number(from, 2) != 12 && all.at(from + 8) == 10 + sum % 26;
}

__device__ __forceinline__ bool own_gb_nino(const Characters& all) {
    const u32 first = all.at(0), second = all.at(1);
    bool never = false;
    for (u32 index = 0; index < 7; index++) {
        never = never || (value_of("BGKNNTZ"[index]) == first && value_of("GBNKTNZ"[index]) == second);
    }
    return !never;
}

__device__ __forceinline__ bool own_gb_vat(const Characters& all) {
    const u32 from = all.at(0) >= 10 ? 2 : 0;
    const u32 rest = (times(all, from, 7, 0x8765432) + all.at(from + 7) * 10 + all.at(from + 8)) % 97;
    return all.number(from, 3) >= 100 ? rest == 0 || rest == 42 || rest == 55 : rest == 0 && all.number(from, 9) != 0;
}

__device__ __forceinline__ bool own_gb_upn(const Characters& all) {
    u32 sum = 0;
    bool sound = true;
    for (u32 place = 1; place < 13; place++) {
        const u32 rank = rank_in("ABCDEFGHJKLMNPQRTUVWXYZ0123456789", 33, all.at(place));
        sound = sound && rank != NO_VALUE;
        sum += rank * (place + 1);
    }
    return sound && all.number(1, 3) - 201 <= 938 - 201 && value_of("ABCDEFGHJKLMNPQRTUVWXYZ0123456789"[sum % 23]) == all.at(0);
}

// The alphabet in which W is 0.
__device__ __forceinline__ u32 ie_letter(u32 sum) {
    return value_of("WABCDEFGHIJKLMNOPQRSTUV"[sum % 23]);
}

__device__ __forceinline__ bool own_ie_pps(const Characters& all) {
    const u32 letter = all.at(8);
    u32 second = 0;
    if (all.length == 9 && (letter == 10 || letter == 11 || letter == 17)) {
        second = letter - 9;
    } else if (all.length != 8 && letter != 29 && letter != 32 && letter != 33) {
        return false;
    }
    return ie_letter(times(all, 0, 7, 0x8765432) + 9 * second) == all.at(7);
}

__device__ __forceinline__ bool own_ie_vat(const Characters& all) {
    if (all.at(3) < 10) {
        const u32 rank = rank_in("WABCDEFGHIJKLMNOPQRSTUV", 23, all.at(10));
        const u32 more = all.length == 11 && rank != NO_VALUE ? 9 * rank : 0;
        return ie_letter(times(all, 2, 7, 0x8765432) + more) == all.at(9);
    }
    return ie_letter(times(all, 4, 5, 0x76543) + 2 * all.at(2)) == all.at(9);
}

// The dihedral group D5: below five the digits turn, from five on they mirror.
__device__ __forceinline__ u32 d5_times(u32 left, u32 right) {
    const u32 l = left % 5, r = right % 5;
    return left < 5 ? (right < 5 ? (l + r) % 5 : 5 + (l + r) % 5) : right < 5 ? 5 + (l + 5 - r) % 5 : (l + 5 - r) % 5;
}

__device__ __forceinline__ bool own_lu_verhoeff(const Characters& all) {
    u32 product = 0;
    for (u32 place = 0; place < 12; place++) {
        u32 digit = place == 0 ? all.at(12) : all.at(11 - place);
        for (u32 turn = 0; turn < place % 8; turn++) { // 1 5 7 6 2 8 3 0 9 4
            digit = (u32)(0x4903826751ull >> digit * 4 & 0xf);
        }
        product = d5_times(product, digit);
    }
    return product == 0;
}

__device__ __forceinline__ bool own_lv_pvn(const Characters& all) {
    const u32 from = all.length < 11 ? 0 : all.length - 11;
    const u32 sum = times(all, from, 4, 0x9148) + all.at(from + 4) * 3 + all.at(from + 5) * 10 + times(all, from + 6, 5, 0x25761);
    return sum % 11 == 3;
}

__device__ __forceinline__ bool own_pl_nrb(const Characters& all) {
    const u32 account = remainder(0, all, 2, 24, 97);
    return remainder((account * 10000 + 2521) % 97, all, 0, 2, 97) == 1;
}

__device__ __forceinline__ bool own_ch_esr(const Characters& all) {
    u32 carry = 0;
    for (u32 place = 0; place + 1 < all.length; place++) { // 0 9 4 6 8 2 7 1 3 5
        carry = (u32)(0x5317286490ull >> (all.at(place) + carry) % 10 * 4 & 0xf);
    }
    return (10 - carry) % 10 == all.at(all.length - 1);
}

__device__ __forceinline__ bool own_by_unp(const Characters& all) {
    const u32 first = all.at(0), rank = rank_in("ABCEHKMOPT", 10, first);
    const bool region = (first >= 1 && first <= 7) || rank < 7;
    const u32 second = first < 10 ? all.at(1) : rank_in("ABCEHKMOPT", 10, all.at(1));
    if (!region || second == NO_VALUE) {
        return false;
    }
    const u32 sum = first * 29 + second * 23 + all.at(2) * 19 + all.at(3) * 17 + times(all, 4, 4, 0xd753);
    return sum % 11 == all.at(8);
}

__device__ __forceinline__ bool own_tr_vkn(const Characters& all) {
    u32 sum = 0;
    for (u32 place = 1; place < 10; place++) {
        const u32 moved = (all.at(9 - place) + place) % 10, rest = (moved << place) % 9;
        sum += moved == 0 ? 0 : rest == 0 ? 9 : rest;
    }
    return (10 - sum % 10) % 10 == all.at(9);
}

__device__ __forceinline__ bool own_ro_onrc(const Characters& all) {
    if (all.length < 14) {
        const u32 year = (u32)all.number(all.length < 4 ? 0 : all.length - 4, 4);
        return (all.sign == '/' || all.sign == '-') && year - 1990 <= 2024 - 1990;
    }
    const u32 year = (u32)all.number(1, 4), county = (u32)all.number(11, 2);
    const bool is_county = county - 1 < 40 || county == 51 || county == 52;
    const bool placed = year - 1990 <= 2023 - 1990 ? is_county
                        : year == 2024             ? is_county || county == 0
                                                   : year - 2025 <= 2069 - 2025 && county == 0;
    u32 sum = (all.at(0) + 5) % 10;
    for (u32 place = 1; place < 13; place++) {
        sum += all.at(place);
    }
    return placed && sum % 10 == all.at(13);
}

__device__ __forceinline__ bool own_pt_cc(const Characters& all) {
    u32 sum = 0;
    for (u32 place = 0; place < all.length; place++) {
        const u32 doubled = all.at(all.length - 1 - place) << place % 2;
        sum += doubled - (doubled > 9 && place % 2 == 1 ? 9 : 0);
    }
    return sum % 10 == 0;
}

__device__ __forceinline__ bool own_ro_cui(const Characters& all) {
    const u32 from = all.at(0) >= 10 ? 2 : 0;
    const u32 body = all.length < from + 1 ? 0 : all.length - from - 1;
    u32 sum = 0;
    for (u32 index = 0; index < body && index < 9; index++) { // 2 3 5 7 1 2 3 5 7, from the right
        sum += all.at(from + body - 1 - index) * (u32)(0x753217532ull >> index * 4 & 0xf);
    }
    return all.at(from) != 0 && sum * 10 % 11 % 10 == all.at(from + body);
}

__device__ __forceinline__ bool own_holds(u32 own, const Characters& all) {
    switch (own) {
    case OWN_DE_IDNR: return own_de_idnr(all);
    case OWN_DE_SVNR: return own_de_svnr(all);
    case OWN_DE_KVNR: return own_de_kvnr(all);
    case OWN_FR_NIR: return own_fr_nir(all);
    case OWN_FR_TVA: return own_fr_tva(all);
    case OWN_FR_RIB: return own_fr_rib(all);
    case OWN_IT_CODICE_FISCALE: return own_it_codice_fiscale(all);
    case OWN_NO_CENTURY: return own_no_century(all);
    case OWN_FI_HETU: return own_fi_hetu(all);
    case OWN_ES_NIE: return own_es_nie(all);
    case OWN_ES_NIF: return own_es_nif(all);
    case OWN_ES_CIF: return own_es_cif(all);
    case OWN_CY_VAT: return own_cy_vat(all);
    case OWN_GB_NINO: return own_gb_nino(all);
    case OWN_GB_VAT: return own_gb_vat(all);
    case OWN_GB_UPN: return own_gb_upn(all);
    case OWN_IE_PPS: return own_ie_pps(all);
    case OWN_IE_VAT: return own_ie_vat(all);
    case OWN_LU_VERHOEFF: return own_lu_verhoeff(all);
    case OWN_LV_PVN: return own_lv_pvn(all);
    case OWN_MOD_97: return remainder(0, all, 0, all.length, 97) == 1;
    case OWN_PL_NRB: return own_pl_nrb(all);
    case OWN_CH_ESR: return own_ch_esr(all);
    case OWN_BY_UNP: return own_by_unp(all);
    case OWN_TR_VKN: return own_tr_vkn(all);
    case OWN_RO_ONRC: return own_ro_onrc(all);
    case OWN_PT_CC: return own_pt_cc(all);
    case OWN_RO_CUI: return own_ro_cui(all);
    default: return true; // a rule that the device does not know: the host asks it
    }
}
