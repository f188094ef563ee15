//! Nothing is recorded before its INTENT is durable.
fn main() {
    let _forged = inland::record::Recorded {};
}
