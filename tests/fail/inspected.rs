//! Nothing counts as inspected that was not.
fn main() {
    let _forged = inland::inspect::Inspected {};
}
