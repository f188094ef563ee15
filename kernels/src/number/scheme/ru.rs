//! Russia.

use super::prelude::*;

pub(super) const SCHEMES: &[Scheme] = &[
    // ИНН, ten digits of companies and twelve of persons: one and two check digits modulo 11. Приказ ФНС ЕД-7-14/559@.
    Scheme {
        kind: "ru.inn",
        label: Label::TaxId,
        country: *b"RU",
        forms: &[form("0000000000", &[], OneCheck), form("000000000000", &[shape(&[4, 6, 2])], Strong)],
        checks: &[Check::Any(&[
            &[
                Check::Length(10),
                Check::Sum {
                    weights: weights(&[2, 4, 10, 3, 5, 9, 4, 6, 8]),
                    modulus: 11,
                    expected: REST_ZERO,
                    at: 9,
                },
            ],
            &[
                Check::Length(12),
                Check::Sum {
                    weights: weights(&[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]),
                    modulus: 11,
                    expected: REST_ZERO,
                    at: 10,
                },
                Check::Sum {
                    weights: weights(&[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]),
                    modulus: 11,
                    expected: REST_ZERO,
                    at: 11,
                },
            ],
        ])],
        words: &["ИНН", "инн:", "инн ", "inn", "налогоплательщик", "tax number"],
    },
    // ОГРН, `1022200525819`, and ОГРНИП of fifteen digits: the remainder modulo 11 or 13. Приказ Минфина 165н.
    Scheme {
        kind: "ru.ogrn",
        label: Label::CompanyId,
        country: *b"RU",
        forms: &[form("0000000000000", &[], OneCheck), form("000000000000000", &[], OneCheck)],
        checks: &[Check::Any(&[
            &[
                Check::Length(13),
                Check::Not { from: 0, length: 1, ranges: &[(0, 0)] },
                // Ten to any power is 1 or -1 modulo 11.
                Check::Sum {
                    weights: weights(&[-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1]),
                    modulus: 11,
                    expected: REST_ZERO,
                    at: 12,
                },
            ],
            &[
                Check::Length(15),
                Check::Among { from: 0, length: 1, ranges: &[(3, 4)] },
                Check::Remainder {
                    lead: 0,
                    from: 0,
                    length: 14,
                    modulus: 13,
                    complement: false,
                    at: 14,
                    width: 1,
                },
            ],
        ])],
        words: &["ОГРН", "огрн", "ogrn", "psrn", "регистрационный", "registration number"],
    },
];
