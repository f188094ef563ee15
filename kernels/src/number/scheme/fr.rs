//! France.

use super::prelude::*;

/// The key is what lacks to 97, so it is none of 0, 98 and 99.
pub(crate) const RIB: &[Check] =
    &[Check::Among { from: 21, length: 2, ranges: &[(1, 97)] }, Check::Own(Own::FrRib)];

pub(super) const SCHEMES: &[Scheme] = &[
    // Numéro d'inscription au répertoire (NIR), `2 95 10 99 126 111 93`: sex or register, year, month (20, 30–42, 50–99 where it is not known), département (2A, 2B: Corsica), commune, order, key. INSEE; décret 82-103.
    Scheme {
        kind: "fr.nir",
        label: Label::NationalId,
        country: *b"FR",
        forms: &[free("000000000000000", Strong), free("000000A00000000", Strong)],
        checks: &[
            Check::Among { from: 0, length: 1, ranges: &[(1, 4), (7, 8)] },
            Check::Among { from: 3, length: 2, ranges: &[(1, 12), (20, 20), (30, 42), (50, 99)] },
            Check::Own(Own::FrNir),
        ],
        words: &["nir", "sécu", "sÉcu", "sécurité sociale", "securite sociale", "insee", "assuré", "vitale"],
    },
    // Numéro fiscal de référence, `30 23 217 600 053`: ten digits and their remainder modulo 511. DGFiP.
    Scheme {
        kind: "fr.nif",
        label: Label::TaxId,
        country: *b"FR",
        forms: &[form("0000000000000", &[shape(&[2, 2, 3, 3, 3])], Strong)],
        checks: &[
            Check::Among { from: 0, length: 1, ranges: &[(0, 3)] },
            Check::Remainder {
                lead: 0,
                from: 0,
                length: 10,
                modulus: 511,
                complement: false,
                at: 10,
                width: 3,
            },
        ],
        words: &[
            "numéro fiscal",
            "numero fiscal",
            "spi",
            "impôt",
            "impots",
            "référence fiscale",
            "tax number",
        ],
    },
    // SIREN, `552 008 443`: Luhn. Code de commerce R123-221.
    Scheme {
        kind: "fr.siren",
        label: Label::CompanyId,
        country: *b"FR",
        forms: &[form("000000000", &[shape(&[3, 3, 3])], OneCheck)],
        checks: &[Check::Luhn { from: 0, length: 9 }],
        words: &["siren", "rcs", "registre du commerce", "company number"],
    },
    // SIRET, `732 829 320 00074`: SIREN and five digits, Luhn twice; La Poste's add up to a multiple of five. Code de commerce R123-221.
    Scheme {
        kind: "fr.siret",
        label: Label::CompanyId,
        country: *b"FR",
        forms: &[form("00000000000000", &[shape(&[3, 3, 3, 5]), shape(&[9, 5])], Strong)],
        checks: &[
            Check::Luhn { from: 0, length: 9 },
            Check::Any(&[
                &[Check::Luhn { from: 0, length: 14 }],
                &[
                    Check::Among { from: 0, length: 9, ranges: &[(356000000, 356000000)] },
                    Check::Zero { weights: weights(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]), modulus: 5 },
                ],
            ]),
        ],
        words: &["siret", "établissement", "etablissement"],
    },
    // Numéro de TVA, `FR 40 303 265 045`: key and SIREN. CGI ann. IV Art. 26 ter... BOI-TVA-DECLA.
    Scheme {
        kind: "fr.tva",
        label: Label::CompanyId,
        country: *b"FR",
        forms: &[form(
            "fr**000000000",
            &[
                shape(&[2, 11]),
                shape(&[4, 9]),
                shape(&[4, 3, 3, 3]),
                shape(&[2, 2, 9]),
                shape(&[2, 2, 3, 3, 3]),
            ],
            Strong,
        )],
        // Three zeros are Monaco's.
        checks: &[Check::Not { from: 4, length: 3, ranges: &[(0, 0)] }, Check::Own(Own::FrTva)],
        words: &["tva", "intracommunautaire", "vat"],
    },
    // Numéro d'accise, `FR023004N9448`: year, customs office, kind of trader, order. CGI Art. 302 G; BOI-TCA.
    Scheme {
        kind: "fr.accise",
        label: Label::CompanyId,
        country: *b"FR",
        forms: &[form("fr000000A0000", &[shape(&[2, 11])], Strong)],
        checks: &[
            Check::Among { from: 2, length: 1, ranges: &[(0, 0)] },
            Check::OneOf { at: 8, characters: "ENCB" },
        ],
        words: &["accise", "accises", "entrepositaire", "douane", "excise"],
    },
    // Relevé d'identité bancaire, `30004 00003 00011034577 73`: bank, branch, account, key modulo 97. AFB; CFONB.
    Scheme {
        kind: "fr.rib",
        label: Label::AccountId,
        country: *b"FR",
        forms: &[
            form("00000000000000000000000", &[shape(&[5, 5, 11, 2])], Strong),
            form("0000000000***********00", &[shape(&[5, 5, 11, 2])], Strong),
        ],
        checks: RIB,
        words: &["rib", "relevé d'identité", "compte bancaire", "numéro de compte", "coordonnées bancaires"],
    },
];
