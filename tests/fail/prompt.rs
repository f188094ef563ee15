//! Nothing is a prompt that was not parsed strictly.
fn main() {
    let _forged = inland::read::Prompt {};
}
