//! What rules rest on: adequacy, zones, regimes, the vocabulary, the day of review.

use serde_json::{Value, json};

use super::{Law, Mutant, Scope, beside, words};

pub(super) fn of(law: &Law<'_>, mutants: &mut Vec<Mutant>) {
    adequacy(law, mutants);
    zones(law, mutants);
    vocabulary(law, mutants);
    let review = |file: &mut Value| set(file, "/review_by", json!("2027-12-31"));
    mutants.push(table(law, "meta", "review_by a year later", "REVIEW", review));
}

/// The law with something changed in one of its parts.
fn table(law: &Law<'_>, key: &str, what: &str, near: &str, change: impl FnOnce(&mut Value)) -> Mutant {
    let mut value = law.part(key).clone();
    change(&mut value);
    let (name, pointer) = (format!("{key}: {what}"), format!("/{key}"));
    Mutant { name, pointer, value, scope: Scope::All, near: near.to_owned() }
}

fn set(file: &mut Value, pointer: &str, value: Value) {
    *file.pointer_mut(pointer).unwrap() = value;
}

fn remove_word(file: &mut Value, pointer: &str, word: &str) {
    file.pointer_mut(pointer).unwrap().as_array_mut().unwrap().retain(|known| known != word);
}

fn push(file: &mut Value, pointer: &str, value: Value) {
    file.pointer_mut(pointer).unwrap().as_array_mut().unwrap().push(value);
}

fn adequacy(law: &Law<'_>, mutants: &mut Vec<Mutant>) {
    let regimes = law.part("adequacy").as_object().unwrap();
    for (regime, entries) in regimes {
        let near = format!("ADEQUACY-{}", regime.to_uppercase());
        let list = format!("/{regime}");
        for (index, entry) in entries.as_array().unwrap().iter().enumerate() {
            let at = format!("{list}/{index}");
            let place = entry.get("country").or(entry.get("zone")).and_then(Value::as_str).unwrap();
            let gone = |file: &mut Value| {
                file.pointer_mut(&list).unwrap().as_array_mut().unwrap().remove(index);
            };
            mutants.push(table(law, "adequacy", &format!("{regime}:{place} gone"), &near, gone));
            let mut without = |key: &str, by: Option<Value>| {
                let what =
                    format!("{regime}:{place} {key} {}", by.as_ref().map_or("gone".into(), Value::to_string));
                mutants.push(table(law, "adequacy", &what, &near, |file| {
                    let entry = file.pointer_mut(&at).unwrap().as_object_mut().unwrap();
                    match by {
                        Some(value) => entry.insert(key.to_owned(), value),
                        None => entry.remove(key),
                    };
                }));
            };
            if entry.get("condition").is_some() {
                without("condition", None);
            }
            if let Some(since) = entry.get("since").and_then(Value::as_str).filter(|since| *since > "2022") {
                without("since", Some(json!(beside(since, -1))));
                without("since", Some(json!(beside(since, 1))));
            }
            match entry.get("until").and_then(Value::as_str) {
                Some(until) => {
                    without("until", Some(json!(beside(until, 1))));
                    without("until", Some(json!(beside(until, -1))));
                    without("until", None);
                }
                None => without("until", Some(json!(super::YESTERDAY))),
            }
        }
        let held: Vec<&Value> =
            entries.as_array().unwrap().iter().filter_map(|entry| entry.get("country")).collect();
        for country in ["BR", "MC", "JP", "KR", "GI", "RS", "IN", "TR", "AE"] {
            if !held.contains(&&json!(country)) {
                let entry = json!({"country": country, "confidence": "low"});
                let what = format!("{regime}:{country} added");
                mutants.push(table(law, "adequacy", &what, &near, |file| push(file, &list, entry)));
            }
        }
    }
}

fn zones(law: &Law<'_>, mutants: &mut Vec<Mutant>) {
    for zone in ["EU", "EEA_EFTA", "denied_processing"] {
        let pointer = format!("/{zone}");
        let members = words(law.part("zones").pointer(&pointer).unwrap());
        for country in &members {
            let without = |file: &mut Value| remove_word(file, &pointer, country);
            mutants.push(table(law, "zones", &format!("{zone} without {country}"), "ZONE", without));
        }
        for country in ["CH", "GB", "US"] {
            let with = |file: &mut Value| push(file, &pointer, json!(country));
            mutants.push(table(law, "zones", &format!("{zone} with {country}"), "ZONE", with));
        }
    }
    for (zone, country) in [("EEA_CH", "GB"), ("EEA_CH", "US"), ("EEA_CH_GB", "US"), ("EEA_CH_GB", "IL")] {
        let with = |file: &mut Value| push(file, &format!("/{zone}/add"), json!(country));
        mutants.push(table(law, "zones", &format!("{zone} with {country}"), "ZONE", with));
    }
    for (regime, further) in [("eu", "GB"), ("uk", "RS"), ("ch", "RS")] {
        let pointer = format!("/{regime}/free");
        let mut free = words(law.part("regimes").pointer(&pointer).unwrap());
        free.push(further.to_owned());
        let what = format!("{regime} is free with {further}");
        mutants.push(table(law, "regimes", &what, "ADEQUACY", |file| set(file, &pointer, json!(free))));
        let tool = if regime == "uk" { "scc" } else { "idta" };
        let pointer = format!("/{regime}/tool");
        let what = format!("{regime} has the tool {tool}");
        mutants.push(table(law, "regimes", &what, "TRANSFER", |file| set(file, &pointer, json!(tool))));
    }
}

fn vocabulary(law: &Law<'_>, mutants: &mut Vec<Mutant>) {
    let file = law.data;
    let list = |pointer: &str| words(file.pointer(pointer).unwrap());
    for class in list("/always_remove") {
        let without = |file: &mut Value| remove_word(file, "", &class);
        mutants.push(table(
            law,
            "always_remove",
            &format!("{class} is not always removed"),
            "SECRETS",
            without,
        ));
    }
    for feature in list("/features/permission") {
        let harmless = |file: &mut Value| {
            remove_word(file, "/permission", &feature);
            push(file, "/harmless", json!(feature));
        };
        mutants.push(table(law, "features", &format!("{feature} is harmless"), "FEATURE", harmless));
    }
    for group in ["personal", "special"] {
        for family in list(&format!("/groups/{group}")) {
            for class in list(&format!("/data_classes/{family}")) {
                let elsewhere = |file: &mut Value| {
                    remove_word(file, &format!("/{family}"), &class);
                    push(file, "/non_personal", json!(class));
                };
                mutants.push(table(
                    law,
                    "data_classes",
                    &format!("{class} is not personal"),
                    "CLASS",
                    elsewhere,
                ));
            }
        }
    }
    for (scheme, lower) in [("C5", "C5-T1"), ("ENS", "ENS-medium"), ("ACN", "ACN-QC1"), ("ACN", "ACN-QC2")] {
        let pointer = format!("/{scheme}");
        let further = |file: &mut Value| push(file, &pointer, json!("ISO27001"));
        if lower == "C5-T1" || scheme != "C5" {
            let what = format!("{scheme} has ISO27001 above all");
            mutants.push(table(law, "cert_order", &what, scheme, further));
        }
        let what = format!("{scheme} has {lower} above all");
        mutants.push(table(law, "cert_order", &what, scheme, |file| {
            remove_word(file, &pointer, lower);
            push(file, &pointer, json!(lower));
        }));
    }
}
