//! Documents, dates of birth and licence plates: beside a word about them, and not otherwise.

use std::sync::LazyLock;

use inland_kernels::{Engine, Label};

/// Made once: its tables are shared.
static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::cpu);

fn found(text: &str) -> Vec<(Label, &str)> {
    let mut found = Vec::new();
    ENGINE.scan(text, &mut found);
    found.iter().map(|found| (found.label, text.get(found.start..found.end).unwrap_or("?"))).collect()
}

#[test]
fn a_date_of_birth_is_a_date_that_is_said_to_be_one() {
    for (text, date) in [
        ("born on 1980-03-20 in Graz", "1980-03-20"),
        ("született: 1986. november 5.", "1986. november 5"),
        ("gimęs 1980 m. kovo 20 d.", "1980 m. kovo 20"),
        ("born March 20, 1980 in Leeds", "March 20, 1980"),
        ("DOB: Mar. 20th 1980", "Mar. 20th 1980"),
        ("born on 20th March 1980", "20th March 1980"),
        ("née le 1er mars 1980", "1er mars 1980"),
        ("DOB: 20-Mar-1980", "20-Mar-1980"),
        ("{\"birthDate\": \"1980-03-20\"}", "1980-03-20"),
        ("{\"date_of_birth\":\"1980-03-20T00:00:00Z\"}", "1980-03-20"),
        ("birth_date=19800320", "19800320"),
        ("dob: 03201980", "03201980"),
        ("Geburtsdatum: 20.03.1980", "20.03.1980"),
        ("geb. 20.3.1980", "20.3.1980"),
        ("née le 20/03/1980 à Lyon", "20/03/1980"),
        ("Née le 20/03/1980", "20/03/1980"),
        ("nato il 20 marzo 1980", "20 marzo 1980"),
        ("geboren am 20. März 1980", "20. März 1980"),
        ("nacida el 20 de marzo de 1980", "20 de marzo de 1980"),
        ("DOB 03/20/1980", "03/20/1980"),
        ("urodzony 20-03-80", "20-03-80"),
        ("Születési idő: 1980. 03. 20", "1980. 03. 20"),
    ] {
        assert_eq!(found(text), [(Label::DateOfBirth, date)], "{text}");
    }
    for text in [
        "meeting on 1980-03-20",
        "born on 1980-13-20",
        "born in 1980",
        "born 19801320",
        "born Marchand 20, 1980",
        "met on March 20, 1980",
        "született 1980. Pécs, Kossuth utca 5.",
        "született 1986. november 35.",
        "version 20.03.1980",
        "born 31.02.1980",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn a_licence_plate_is_one_beside_a_word_for_it() {
    for (text, plate) in [
        ("Kennzeichen: M-XY 1234", "M-XY 1234"),
        ("licence plate AB12 CDE", "AB12 CDE"),
        ("с регистрационен номер СА 8326 ВХ, водач", "СА 8326 ВХ"),
        ("immatriculation AB-123-CD", "AB-123-CD"),
        ("targa AB 123 CD, rossa", "AB 123 CD"),
        ("kenteken 12-ABC-3", "12-ABC-3"),
        ("matrícula 1234 BCD", "1234 BCD"),
        ("Kontrollschild ZH 123456", "ZH 123456"),
        // Year, county, number.
        ("registration plate 191-C-1234", "191-C-1234"),
        ("licence plate: 12-D-12345", "12-D-12345"),
        ("licence plate 231 LK 987 was seen", "231 LK 987"),
        ("licence plate 131-D-123456", "131-D-123456"),
        // In letters of Greek, which are the ones that look Latin.
        ("πινακίδα ΙΝΑ-1234", "ΙΝΑ-1234"),
        ("αριθμός κυκλοφορίας: ΥΖΚ1234", "ΥΖΚ1234"),
    ] {
        assert_eq!(found(text), [(Label::LicencePlate, plate)], "{text}");
    }
    for text in [
        "AB 123 CD",
        "gate AB-123-CD",
        "Kennzeichen folgt im Mai 2027",
        "targa 7",
        "ΙΝΑ-1234",
        "πινακίδα ΔΦΓ-1234",
        "191-C-1234",
        "licence plate 1912-C-12345",
        "licence plate 19-ABC-12345",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}
