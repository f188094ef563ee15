//! `policy explain`.

use inland_tests::{BANK, HOSPITAL};
use serde_json::Value;

use super::{desk, policy};

#[test]
fn what_may_go_where_is_told_with_rule_law_and_remedy() {
    let desk = desk("explain");
    let said = policy(
        desk.path(),
        &["explain", "--tenant", HOSPITAL, "--data", "email", "--subject", "FR", "--date", "2026-11-23"],
    );
    assert!(said.good, "{}", said.err);
    for expected in [
        "  data      email, health, patient, person_name\n",
        "  persons   FR, and others of unknown country, who count as EU\n",
        " may receive this call: self-hosted/on-premises, stand-in/fr.\n",
        "FR-HDS: CERT_MISSING LOCATION",
        "FR-HDS: Certified health hosting\n  law                  Code de la santé publique L.1111-8",
        "  take out  pseudonymise email\n",
        "  log       partition FR-health; ",
        "FR-HDS            Certified health hosting                  law/rules/fr.yaml\n",
        "Engineering defaults, not legal advice",
    ] {
        assert!(said.out.contains(expected), "{expected}\n{}", said.out);
    }
    let arguments = ["explain", "--tenant", BANK, "--feature", "image", "--date", "2099-01-01", "--json"];
    let told = policy(desk.path(), &arguments).json();
    assert_eq!(
        (&told["features_refused"][0], &told["stale"]),
        (&Value::from("image"), &Value::from(true)),
        "{told}"
    );
    assert_eq!(told["allow"], serde_json::json!([]));
}

#[test]
fn the_pairs_of_a_model_are_explained_in_its_order_without_any_secret_at_hand() {
    let desk = desk("model");
    let text = "[[backend]]\nid = \"ohio\"\nprovider = \"stand-in/us\"\ncredential = { env = \"NOT_SET_HERE\" }\n\
                [[backend]]\nid = \"paris\"\nprovider = \"stand-in/fr\"\n\
                [[model]]\nname = \"clinic\"\noffers = [\"ohio/large\", \"paris/large\"]\n\
                [[model]]\nname = \"broken\"\noffers = [\"rome/large\"]\n";
    std::fs::write(desk.path().join("gateway.toml"), text).unwrap();
    let explain = |model: &str| {
        policy(desk.path(), &["explain", "--tenant", HOSPITAL, "--model", model, "--config", "gateway.toml"])
    };
    let said = explain("clinic");
    let places: Vec<&str> = said.out.lines().filter(|line| line.contains("/large (stand-in/")).collect();
    assert!(places[0].starts_with("ohio/large (stand-in/us)   no   "), "{}", said.out);
    assert!(places[1].starts_with("paris/large (stand-in/fr)  yes"), "{}", said.out);
    explain("clinics")
        .refused("inland: gateway.toml offers no model `clinics`\n  write: one of clinic, broken");
    explain("broken").refused(
        "inland: gateway.toml: `rome/large` names no backend\n  write: \"BACKEND/MODEL\" of a [[backend]] in it",
    );
}

#[test]
fn a_word_that_nobody_knows_is_answered_with_the_words_that_there_are() {
    let desk = desk("words");
    let explain = |more: &[&str]| policy(desk.path(), &[&["explain", "--tenant", HOSPITAL], more].concat());
    policy(desk.path(), &["explain", "--tenant", "nobody"]).refused(
        "inland: there is no tenant `nobody`\n  write: one of bank-zuerich, hopital-lyon, werk-stuttgart",
    );
    explain(&["--purpose", "fun"])
        .refused("inland: `fun` is not a use case\n  write: a word of use_cases in law/vocabulary.yaml");
    explain(&["--subject", "UK"]).refused(
        "inland: `UK` is not a country of ISO 3166-1\n  write: two capital letters, such as FR or NO",
    );
    let class = explain(&["--data", "health,helth"]);
    assert!(
        !class.good && class.err.contains("`helth` is not a data class\n  write: account_id, "),
        "{}",
        class.err
    );
    assert!(explain(&["--date", "1.1.2027"]).err.contains("a date is written as 2027-06-30"));
    assert!(explain(&["--model", "x"]).err.contains("--config <FILE>"));
}
