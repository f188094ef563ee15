//! A step of a request's life that is skipped does not compile, and for the right reason: private fields.

#[test]
fn no_step_of_the_life_of_a_request_can_be_forged() {
    let forgeries = trybuild::TestCases::new();
    forgeries.compile_fail("fail/*.rs");
}
