//! Rules that only one scheme has. Their sources stand at the schemes.

mod east;
mod north;
mod south;
mod west;

use super::check::Characters;
pub(crate) use south::italian;

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// DE IdNr, § 139b AO: of the first ten digits one stands twice, or three times but not three in a
    /// row, and no other repeats; the first is not 0.
    DeIdnr,
    /// FR NIR: the key over thirteen characters, 2A counting as 19 and 2B as 18 (décret 82-103).
    FrNir,
    /// IT codice fiscale, D.M. 23.12.1976: omocodia, month letter, date, check letter.
    ItCodiceFiscale,
    /// NO fødselsnummer: the individual number fits the century, and the date is one of it.
    NoCentury,
    /// FI henkilötunnus: the sign between date and serial number, the date of its century.
    FiHetu,
    /// ES NIE: X, Y and Z count as 0, 1 and 2.
    EsNie,
    /// ES NIF with K, L or M in front; any NIF with ES in front.
    EsNif,
    /// ES CIF: Luhn, as a digit or as one of ten letters.
    EsCif,
    /// CY: digits at odd places by a table, modulo 26.
    CyVat,
    /// DE Versicherungsnummer: digit sums, the letter as two digits.
    DeSvnr,
    /// DE Krankenversichertennummer: the same with weights 1 and 2 in turn.
    DeKvnr,
    /// FR TVA: a key of two digits modulo 97, or of letters modulo 11.
    FrTva,
    /// GB: prefixes of National Insurance numbers that are not issued.
    GbNino,
    /// GB VAT: modulo 97, or with 55 added.
    GbVat,
    /// GB UPN: check letter modulo 23 in an alphabet of its own.
    GbUpn,
    /// IE PPS number: check letter modulo 23, the second letter counting too.
    IePps,
    /// IE VAT number: the same after the country's letters, and the old form.
    IeVat,
    /// LU: Verhoeff over the first eleven digits and the last.
    LuVerhoeff,
    /// LV PVN of companies: modulo 11 leaves 3.
    LvPvn,
    /// NL btw and bank accounts: ISO/IEC 7064 MOD 97-10 over all characters, letters as two digits.
    Mod97,
    /// PL NRB: the same with the country's letters, as 2521, and the check digits behind.
    PlNrb,
    /// FR RIB: 89 times the bank, 15 times the branch and 3 times the account add up with the key to a
    /// multiple of 97; letters count by the keys of an old punched card.
    FrRib,
    /// CH ESR: a table carried along, modulo 10 (recursive).
    ChEsr,
    /// BY УНП: letters of persons count by their place in two alphabets.
    ByUnp,
    /// TR VKN: each digit moved and doubled by its place, modulo 9 and 10.
    TrVkn,
    /// RO number in the register of commerce: year and county, the new form with a check digit.
    RoOnrc,
    /// PT cartão de cidadão: Luhn over digits and letters.
    PtCc,
    /// RO CUI: weights from the right, modulo 11, of two to ten digits.
    RoCui,
}

impl Own {
    pub(super) fn holds(self, characters: &Characters) -> bool {
        match self {
            Own::DeIdnr => de_idnr(characters),
            Own::FrNir => west::fr_nir(characters),
            Own::ItCodiceFiscale => south::it_codice_fiscale(characters),
            Own::NoCentury => north::no_century(characters),
            Own::FiHetu => north::fi_hetu(characters),
            Own::EsNie => south::es_nie(characters),
            Own::EsNif => south::es_nif(characters),
            Own::EsCif => south::es_cif(characters),
            Own::CyVat => south::cy_vat(characters),
            Own::DeSvnr => de_svnr(characters),
            Own::DeKvnr => de_kvnr(characters),
            Own::FrTva => west::fr_tva(characters),
            Own::GbNino => west::gb_nino(characters),
            Own::GbVat => west::gb_vat(characters),
            Own::GbUpn => west::gb_upn(characters),
            Own::IePps => west::ie_pps(characters, 0),
            Own::IeVat => west::ie_vat(characters),
            Own::LuVerhoeff => west::lu_verhoeff(characters),
            Own::LvPvn => north::lv_pvn(characters),
            Own::Mod97 => west::mod_97(characters),
            Own::PlNrb => east::pl_nrb(characters),
            Own::FrRib => west::fr_rib(characters),
            Own::ChEsr => west::ch_esr(characters),
            Own::ByUnp => east::by_unp(characters),
            Own::TrVkn => east::tr_vkn(characters),
            Own::RoOnrc => east::ro_onrc(characters),
            Own::PtCc => south::pt_cc(characters),
            Own::RoCui => south::ro_cui(characters),
        }
    }
}

fn de_idnr(characters: &Characters) -> bool {
    let body = characters.values.get(..10).unwrap_or_default();
    let count = |wanted: u8| body.iter().filter(|&&digit| digit == wanted).count();
    let mut repeated = (0..10).map(count).filter(|&times| times > 1);
    let once = matches!((repeated.next(), repeated.next()), (Some(2 | 3), None));
    let three_in_a_row = body.array_windows().any(|[a, b, c]| a == b && b == c);
    characters.at(0) != 0 && once && !three_in_a_row
}

/// Each product's digits are added; the remainder modulo 10 is the check digit. The letter counts as two
/// digits, A being 01.
fn de_svnr(characters: &Characters) -> bool {
    const WEIGHTS: [u32; 12] = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
    let rank = characters.at(8).wrapping_sub(9);
    let body = characters.values.iter().take(8).copied();
    let digits = body.chain([rank / 10, rank % 10]).chain(characters.values.iter().skip(9).take(2).copied());
    digit_sum(digits.zip(WEIGHTS)) % 10 == u32::from(characters.at(11))
}

fn de_kvnr(characters: &Characters) -> bool {
    let rank = characters.at(0).wrapping_sub(9);
    let digits = [rank / 10, rank % 10].into_iter().chain(characters.values.iter().skip(1).take(8).copied());
    digit_sum(digits.zip([1, 2].into_iter().cycle())) % 10 == u32::from(characters.at(9))
}

/// The sum of the digits of each product.
fn digit_sum(products: impl Iterator<Item = (u8, u32)>) -> u32 {
    products.map(|(digit, weight)| u32::from(digit) * weight).map(|product| product / 10 + product % 10).sum()
}

/// The sum of each value times its weight.
fn weighted(values: impl Iterator<Item = u8>, weights: impl IntoIterator<Item = u32>) -> u32 {
    values.zip(weights).map(|(value, weight)| u32::from(value) * weight).sum()
}
