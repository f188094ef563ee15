//! Nobody is a caller without a credential that was checked.
fn main() {
    let _forged = inland::authenticate::Caller {};
}
