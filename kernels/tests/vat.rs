//! VAT numbers of every country of the EU with the country in front, as they stand on invoices: drawn by python-stdnum
//! (see `oracle/vat.py`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use inland_kernels::{Engine, Label};

#[test]
fn every_vat_number_of_the_union_is_found_with_its_country_in_front() {
    let (engine, mut found, mut count) = (Engine::cpu(), Vec::new(), 0);
    let mut faults = Vec::new();
    for (country, number) in include_str!("oracle/vat.txt").lines().map(|line| line.split_once('\t').unwrap())
    {
        for written in [format!("{country}{number}"), format!("{country} {number}")] {
            for sentence in ["{}", "Wir haben {} notiert und melden uns.", "Invoice of May, VAT: {}, paid."] {
                let start = sentence.find("{}").unwrap();
                let (number_start, end) = (start + written.len() - number.len(), start + written.len());
                let text = sentence.replace("{}", &written);
                found.clear();
                engine.scan(&text, &mut found);
                // A number that is known without its country may be reported so, if a blank stands between.
                let is_it = |it: &inland_kernels::Finding| {
                    it.end == end && (it.start == start || it.start == number_start && written.contains(' '))
                };
                let labels = [Label::CompanyId, Label::TaxId, Label::NationalId];
                if !found.iter().any(|it| is_it(it) && labels.contains(&it.label)) {
                    faults.push(text);
                }
                count += 1;
            }
        }
    }
    assert!(count > 1000, "{count}");
    assert!(faults.is_empty(), "{} of {count}\n{faults:#?}", faults.len());
}
