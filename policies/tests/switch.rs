//! The emergency switch closes places, at once and without new cases, and opens none.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use inland_policies::{Cases, Policies, Tree};

const FILE: &str = "law/adequacy.yaml";

fn switched(off: &str) -> Policies {
    let embedded = Tree::embedded();
    let (_, text) = embedded.below(FILE).next().unwrap();
    let text = text.replace("disabled: []", &format!("disabled: [{off}]"));
    Policies::from_tree(&embedded.clone().with(FILE, text)).unwrap()
}

#[test]
fn every_adequacy_decision_can_be_ended_at_once_and_no_call_gains_a_place_by_it() {
    let law = Policies::embedded().unwrap();
    let (mut compared, mut closed) = (0, 0);
    for off in
        ["\"eu:US\"", "\"uk:US\"", "\"ch:US\"", "\"eu:GB\", \"eu:CH\", \"eu:KR\", \"ch:EEA\", \"uk:EEA\""]
    {
        let emergency = switched(off);
        for cases in Cases::of(law.tree()).unwrap() {
            emergency
                .run(&cases, &mut |result| assert!(result.passed(), "{off}: {:?}", result.differences()))
                .unwrap();
            law.run(&cases, &mut |result| {
                let input = result.input().unwrap();
                let before = law.replay(input).unwrap();
                let after = emergency.replay(input).unwrap();
                let allowed: BTreeSet<&String> = before.allow().iter().collect();
                assert!(after.allow().iter().all(|pair| allowed.contains(pair)), "{}", result.id());
                compared += 1;
                closed += usize::from(after.allow().len() < before.allow().len());
            })
            .unwrap();
        }
    }
    assert!(compared > 600 && closed > 40, "{compared} compared, {closed} with a place less");
}
