//! Nothing is cleared that the policy did not allow.
fn main() {
    let _forged = inland::decide::Cleared {};
}
